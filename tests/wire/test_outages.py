"""A database that is there and cannot work: each answer meanwhile says so, and all is well as soon as it can again."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from tests.support.database_servers import DatabaseServer
from tests.support.outages import crowded, frozen, kill_connections, locked, ordinary, read_only, small_disk
from tests.support.site import Site
from tests.wire.bad.request import CREDENTIALS, PASSWORD
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, Received, post_json
from tests.wire.traffic import verdict

_THREADS = 4

Outage = Callable[[DatabaseServer, str], AbstractContextManager[None]]


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """A database server."""
    server: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
    return server


@pytest.fixture(scope="module")
def site(server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of ours that has an ordinary account there."""
    url = server.new_database()
    database = Database(url)
    schema.upgrade(database)
    database.dispose()
    site = Site(tmp_path_factory.mktemp("site"), "7.10.2", ordinary(url), {"THREADS": str(_THREADS)})
    site.fill(fill_as_recorded)
    with site:
        yield site


def ask(site: Site) -> list[Received]:
    """Ask for as many tokens as there are threads, all at once."""
    requests = (PASSWORD, CREDENTIALS) * (_THREADS // 2)
    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(lambda sent: post_json(site.url, TOKEN_PATH, sent), requests))


def assert_clean(answers: list[Received]) -> None:
    """Check that each answer says to come again later, and nothing about why."""
    for answer in answers:
        assert answer.status == 503, answer
        assert answer.headers["content-type"] == "application/json"
        assert int(answer.headers["retry-after"]) > 0
        assert answer.document["error"] == "temporarily_unavailable"
        assert not [tale for tale in ("sql", "lock", "host", "disk", "error 1") if tale in answer.document["message"]]


@pytest.mark.parametrize("outage", [frozen, locked, read_only, crowded])
def test_outage_is_told_and_over_at_once(site: Site, server: DatabaseServer, outage: Outage) -> None:
    """While the database cannot work token requests are clean 503s; afterwards each is granted at the first try."""
    url = server.url_of(site.database_url)
    assert {answer.status for answer in ask(site)} == {200}
    with outage(server, url):
        assert_clean(ask(site))
    assert {answer.status for answer in ask(site)} == {200}


def test_killed_connections_go_unnoticed(site: Site, server: DatabaseServer) -> None:
    """Connections that an administrator ends between two requests are replaced, and nobody is refused for it."""
    for _ in range(3):
        assert {answer.status for answer in ask(site)} == {200}
        assert kill_connections(server.url_of(site.database_url)) > 0


def test_tokens_are_checked_while_nothing_can_be_written(site: Site, server: DatabaseServer) -> None:
    """A replica is enough to tell whether a bearer may pass."""
    token = post_json(site.url, TOKEN_PATH, CREDENTIALS).document["access_token"]
    with read_only(server, server.url_of(site.database_url)):
        assert verdict(site, token) == 204


def test_a_locked_file(tmp_path: Path) -> None:
    """An SQLite file that somebody else holds too long is a clean 503, and is used again once it is free."""
    site = Site(tmp_path, "7.10.2", settings={"THREADS": str(_THREADS)})
    site.fill(fill_as_recorded)
    with site:
        with locked(None, site.database_url):
            assert_clean(ask(site))
        assert {answer.status for answer in ask(site)} == {200}


def test_a_full_disk(tmp_path: Path) -> None:
    """A disk without room is a clean 503; tokens that are out still count, and with room all is well again."""
    with small_disk(tmp_path / "disk") as disk:
        site = Site(tmp_path, "7.10.2", f"sqlite:///{disk}/test.db", {"THREADS": str(_THREADS)})
        site.fill(fill_as_recorded)
        with site:
            token = post_json(site.url, TOKEN_PATH, CREDENTIALS).document["access_token"]
            ballast = disk / "ballast"
            try:
                with ballast.open("wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))
            except OSError:
                assert_clean([answer for answer in ask(site) if answer.status != 200])
                while post_json(site.url, TOKEN_PATH, CREDENTIALS).status == 200:
                    pass  # pages of the log that were made before are filled first
                assert_clean(ask(site))
                assert verdict(site, token) == 204
            ballast.unlink()
            assert {answer.status for answer in ask(site)} == {200}
            assert verdict(site, token) == 204

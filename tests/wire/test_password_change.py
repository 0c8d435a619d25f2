"""A new password ends what the old one began, also what it is beginning at that very moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import User
from crm_oauth.store.ports import Repositories, TokenFilter
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, post_json

CLIENT = {"grant_type": "password", "client_id": "pw-client", "client_secret": "pw-secret"}


def _add_anna(stores: Repositories) -> None:
    # A hash that takes its time, as real ones do: most of a login is spent between reading it and the token's row.
    stores.users.add(User(id="anna", user_name="anna", user_hash=hash_user_password("old", rounds=10), status="Active"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Run a server with the user `anna`."""
    site = Site(tmp_path, "7.10.2")
    site.fill(fill_as_recorded)
    site.fill(_add_anna)
    with site:
        yield site


def test_no_login_by_the_old_password_survives(site: Site) -> None:
    """Of those who log in by the old password again and again while it is changed, nobody has a good token after it."""
    over, begun = Event(), Event()

    def log_in() -> list[int]:
        statuses = []
        while not over.is_set():
            statuses.append(post_json(site.url, TOKEN_PATH, CLIENT | {"username": "anna", "password": "old"}).status)
            begun.set()
        return statuses

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(log_in) for _ in range(2)]
        begun.wait(30)
        site.command("users", "passwd", "anna", "--password-stdin", stdin="new\n").check_returncode()
        over.set()
        assert 200 in running[0].result() + running[1].result()
    with site.database.unit_of_work() as stores:
        assert stores.tokens.list(TokenFilter(user_id="anna", active_at=datetime.now(UTC))) == []
    assert post_json(site.url, TOKEN_PATH, CLIENT | {"username": "anna", "password": "new"}).status == 200

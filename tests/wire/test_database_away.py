"""While the database is away the answers say so, and all is well when it is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database_servers import DatabaseServer
from tests.support.site import Site
from tests.wire.bad.request import PASSWORD
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, Received, post_json, send

# What a driver or SQLAlchemy would tell.
_TALES = ("psycopg", "pymysql", "sqlalche", "OperationalError", "SELECT", "127.0.0.1", "socket", "password", "-secret")


@pytest.fixture(params=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """A database server that the test may stop: it runs again afterwards, as other tests expect it."""
    server: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
    yield server
    server.stop()
    server.start()


def _get(site: Site, path: str) -> Received:
    return send(site.url, "GET", path, {}, None)


def _sign_in(site: Site) -> Received:
    return post_json(site.url, TOKEN_PATH, PASSWORD)


def _assert_away(site: Site) -> None:
    for _ in range(6):  # more than there are pooled connections
        answer = _sign_in(site)
        assert answer.status == 503
        assert answer.headers["content-type"] == "application/json"
        assert int(answer.headers["retry-after"]) > 0
        assert answer.document["error"] == "temporarily_unavailable"
        assert not [tale for tale in _TALES if tale.lower() in answer.body.lower()]
    assert _get(site, "/readyz").status == 503
    assert _get(site, "/healthz").status == 200


def test_a_table_that_is_not_there(tmp_path: Path, server: DatabaseServer) -> None:
    """While a table is missing, as in the midst of a restore, the answer is the same, and the log has no traceback."""
    site = Site(tmp_path, "7.10.2", server.new_database())
    site.fill(fill_as_recorded)
    with site:
        for statement in ("RENAME TO kept", "RENAME TO oauth2tokens"):
            name = "kept" if statement.endswith("oauth2tokens") else "oauth2tokens"
            with site.database.connection() as connection:
                connection.exec_driver_sql(f"ALTER TABLE {name} {statement}")
            assert _sign_in(site).status == (503 if name == "oauth2tokens" else 200)
    assert "Traceback" not in site.log


def test_stop_and_start(tmp_path: Path, server: DatabaseServer) -> None:
    """A stopped server is a 503 with Retry-After and no tales; a started one serves again without a restart of ours."""
    site = Site(tmp_path, "7.10.2", server.new_database(), {"THREADS": "4"})
    site.fill(fill_as_recorded)
    with site:
        bearer = {"Authorization": f"Bearer {_sign_in(site).document['access_token']}"}
        assert _get(site, "/readyz").status == 200
        server.stop()
        _assert_away(site)
        for path in ("/Api/V8/current-user", "/api/v8/nothing"):
            answer = send(site.url, "GET", path, bearer, None)
            assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        server.start()
        assert _get(site, "/readyz").status == 200
        assert {_sign_in(site).status for _ in range(6)} == {200}
    assert "admin-pw" not in site.log
    assert "pw-secret" not in site.log

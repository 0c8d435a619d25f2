"""Pooled connections that died while nobody used them are replaced, whenever they were used last."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine.interfaces import DBAPIConnection

from crm_oauth.store import liveness, schema
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import Client
from tests.support.database_servers import DatabaseServer
from tests.support.plans import statements

CUTS = {
    "mysql": ("KILL {}", "SELECT COUNT(*) FROM information_schema.processlist WHERE id = {}"),
    "postgresql": ("SELECT pg_terminate_backend({})", "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = {}"),
}
"""How a connection is cut, and how to see whether it is still there, by kind of database."""


@pytest.fixture(params=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """A server that a test may stop."""
    server: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
    yield server
    server.stop()
    server.start()


@pytest.fixture
def served(server: DatabaseServer) -> Iterator[Database]:
    """A database of it, with one pooled connection, so that the test knows which one is lent."""
    url = server.new_database()
    database = Database(url, pool_size=1)
    schema.upgrade(database)
    yield database
    database.dispose()


def connection_id(database: Database) -> object:
    """Return the server's name of the connection that is lent."""
    with database.reading() as connection:
        name = "CONNECTION_ID()" if connection.dialect.name == "mysql" else "pg_backend_pid()"
        return connection.scalar(text(f"SELECT {name}"))


def write(database: Database) -> None:
    """Write in a unit of work of its own."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client())


@pytest.mark.parametrize("quiet", [3600.0, 0.0], ids=["used a moment ago", "used long ago"])
def test_restart_goes_unnoticed(
    served: Database, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, quiet: float
) -> None:
    """After a restart the next reading and the next writing succeed, by the news on the socket or by asking."""
    # However long the restart takes here, the connection counts as just used, or as idle for long.
    monkeypatch.setattr(liveness, "_QUIET", quiet)
    for use in (write, connection_id):
        write(served)
        server.stop()
        server.start()
        use(served)


def cut(database: Database, connection_id: object) -> None:
    """Have the server close a connection, and wait until it has."""
    kill, there = CUTS[database.url.get_backend_name()]
    with database.reading() as connection:
        connection.execute(text(kill.format(connection_id)))
        while connection.scalar(text(there.format(connection_id))):
            time.sleep(0.01)


@pytest.mark.parametrize("quiet", [3600.0, 0.0], ids=["used a moment ago", "used long ago"])
def test_a_connection_that_was_cut_is_replaced(served: Database, monkeypatch: pytest.MonkeyPatch, quiet: float) -> None:
    """A connection that the server closed, as it does with idle ones, is replaced by another; a good one is kept."""
    monkeypatch.setattr(liveness, "_QUIET", quiet)
    first = connection_id(served)
    assert connection_id(served) == first
    other = Database(served.url.render_as_string(hide_password=False))
    cut(other, first)
    other.dispose()
    write(served)
    assert connection_id(served) != first


def test_a_frozen_server_is_given_up(served: Database, server: DatabaseServer) -> None:
    """However long a statement may take, neither an idle connection nor a new one waits so long to be answered."""
    url = served.url.render_as_string(hide_password=False)
    database = Database(url, pool_size=1, statement_timeout=60)
    write(database)
    time.sleep(1.1)  # idle for so long, it is asked
    began = time.monotonic()
    server.freeze()
    try:
        with pytest.raises(DatabaseUnavailable):
            write(database)
        assert time.monotonic() - began < 30
    finally:
        server.thaw()
    write(database)
    with database.reading() as connection:
        # Longer than a greeting: what has been connected is waited for.
        connection.execute(text("SELECT SLEEP(4)" if connection.dialect.name == "mysql" else "SELECT pg_sleep(4)"))
    database.dispose()


def test_a_good_connection_is_not_asked(served: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection used a moment ago is lent without a statement, and asked after a pause."""
    pings: list[object] = []
    with served.reading() as connection:
        dialect = connection.dialect
    really_ping = dialect.do_ping

    def ping(connection: DBAPIConnection) -> bool:
        pings.append(connection)
        return really_ping(connection)

    monkeypatch.setattr(dialect, "do_ping", ping)
    monkeypatch.setattr(liveness, "_QUIET", 3600.0)
    with statements(served) as seen:
        connection_id(served)
    assert (len(seen), pings) == (1, [])
    monkeypatch.setattr(liveness, "_QUIET", 0.0)
    connection_id(served)
    assert len(pings) == 1

"""A database that is away, full, locked or read-only is told from a mistake, and used again once it is well."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from crm_oauth.faults import StartupError
from crm_oauth.store import engine, patience, schema
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import Client, Token
from tests.support.database_servers import DatabaseServer

from .conftest import TokenMaker, redeem


@pytest.fixture(params=["mariadb", "mysqlclient", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """A server that a test may stop."""
    server: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
    yield server
    server.stop()
    server.start()


def add_client(database: Database, client_id: str) -> None:
    """Write in a unit of work of its own."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id=client_id))


def test_stopped_server_is_unavailable_until_it_is_back(server: DatabaseServer) -> None:
    """Every use fails as unavailable while the server is away, and the same object works when it is back."""
    database = Database(server.new_database())
    schema.upgrade(database)
    add_client(database, "before")
    server.stop()
    for use in (database.ping, lambda: add_client(database, "during"), lambda: schema.fit(database).is_good):
        with pytest.raises(DatabaseUnavailable):
            use()
    server.start()
    database.ping()
    add_client(database, "after")
    with database.unit_of_work() as stores:
        assert {client.id for client in stores.clients.list()} == {"before", "after"}
    database.dispose()


def test_restart_between_units_of_work_goes_unnoticed(server: DatabaseServer) -> None:
    """Connections that died while nobody used them are replaced before the next unit of work begins."""
    database = Database(server.new_database())
    schema.upgrade(database)
    add_client(database, "before")
    server.stop()
    server.start()
    add_client(database, "after")
    database.dispose()


def test_server_stopped_within_a_unit_of_work(server: DatabaseServer) -> None:
    """A unit of work whose server goes before the commit is unavailable, and nothing of it is kept."""
    database = Database(server.new_database())
    schema.upgrade(database)

    def lose_the_server() -> None:
        with database.unit_of_work() as stores:
            stores.clients.add(Client(id="lost"))
            server.stop()

    with pytest.raises(DatabaseUnavailable):
        lose_the_server()
    server.start()
    with database.unit_of_work() as stores:
        assert stores.clients.list() == []
    database.dispose()


def test_waiting_for_a_lock_ends(
    database_url: str, client: Client, add_token: TokenMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that another holds too long makes the work unavailable; it succeeds once the row is free."""
    add_token(access_token="access", refresh_token="refresh")
    monkeypatch.setattr(engine, "LOCK_TIMEOUT", 1)
    database = Database(database_url)

    def redeem_it() -> bool:
        with database.unit_of_work() as stores:
            return redeem(stores, client)

    def redeem_while_another_holds_the_row() -> None:
        with database.connection() as other:
            other.execute(update(Token).values(name="held"))
            redeem_it()

    with pytest.raises(DatabaseUnavailable):
        redeem_while_another_holds_the_row()
    assert redeem_it()
    database.dispose()


@pytest.mark.parametrize("database_url", ["mariadb", "postgresql"], indirect=True)
def test_the_server_ends_what_takes_too_long(database_url: str, client: Client, add_token: TokenMaker) -> None:
    """A statement at its limit is ended by the server, before we give up a connection on which it would go on."""
    add_token(access_token="access", refresh_token="refresh")
    database = Database(database_url, statement_timeout=1)
    with database.reading() as connection:
        lent = connection.connection.dbapi_connection
        # Were it the same, whoever looks first would win, by chance.
        assert max(getattr(lent, limit, 0) for limit in patience.LIMITS) > 1

    def redeem_while_another_holds_the_row() -> None:
        with database.connection() as other:
            other.execute(update(Token).values(name="held"))
            with database.unit_of_work() as stores:
                redeem(stores, client)

    with pytest.raises(DatabaseUnavailable, match=r"max_statement_time exceeded|statement timeout"):
        redeem_while_another_holds_the_row()
    database.dispose()


def test_waiting_for_a_connection_ends(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool with no connection left makes the work unavailable, and lends again once one is back."""
    monkeypatch.setattr(engine, "CONNECT_TIMEOUT", 1)
    database = Database(database_url, pool_size=1)
    with database.connection(), pytest.raises(DatabaseUnavailable):
        database.ping()
    database.ping()
    database.dispose()


def test_read_only_database_is_unavailable(postgresql_server: DatabaseServer) -> None:
    """A database that takes no writes, as a standby does, is unavailable rather than wrong."""
    url = postgresql_server.new_database()
    database = Database(url)
    schema.upgrade(database)
    with database.connection() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    database.dispose()
    with pytest.raises(DatabaseUnavailable):
        add_client(database, "1")
    database.dispose()


def test_connection_to_a_server_that_takes_no_writes_is_given_up(postgresql_server: DatabaseServer) -> None:
    """What was connected while the server was read-only is not used again, for it would stay so for ever."""
    database = Database(postgresql_server.new_database(), pool_size=1)
    schema.upgrade(database)
    with database.reading() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    database.dispose()
    with database.reading() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = off"))
        connection.execute(text("SET default_transaction_read_only = on"))
    with pytest.raises(DatabaseUnavailable):
        add_client(database, "1")
    add_client(database, "1")
    database.dispose()


@pytest.mark.parametrize("database_url", ["mariadb", "mysqlclient"], indirect=True)
def test_connection_that_is_read_only_is_given_up(upgraded_url: str) -> None:
    """What was connected while MariaDB began each transaction as a reader is not used again, for it would stay so."""
    database = Database(upgraded_url, pool_size=1)
    with database.reading() as connection:
        connection.execute(text("SET SESSION TRANSACTION READ ONLY"))
    with pytest.raises(DatabaseUnavailable):
        add_client(database, "1")
    add_client(database, "1")
    database.dispose()


def test_mistake_is_no_outage(database: Database) -> None:
    """A statement that breaks a rule of the schema fails as itself, without the values that it was given."""
    add_client(database, "a-client-id")
    with pytest.raises(IntegrityError) as fault:
        add_client(database, "a-client-id")
    assert "parameters hidden" in str(fault.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "oracle://localhost/x", "mssql://x"])
def test_unsupported_database_is_refused(url: str) -> None:
    """A database on which the server could not keep its promises is refused by name."""
    with pytest.raises(StartupError, match=r"SQLite needs a file|not a database that is supported"):
        Database(url)

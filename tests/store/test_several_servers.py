"""Several servers that stand in for each other, and pieces of work that get in each other's way."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import make_url, select, text, update

from crm_oauth.faults import StartupError
from crm_oauth.store import schema
from crm_oauth.store.db import Conflict, Database, DatabaseUnavailable
from crm_oauth.store.models import Client
from tests.support.database_servers import DatabaseServer
from tests.support.ports import free_port


def beside(url: str, other: str) -> str:
    """Name another place before the one of a URL; for PostgreSQL both are folders of sockets."""
    made = make_url(url)
    if "host" in made.query:
        return made.update_query_dict({"host": [other, str(made.query["host"])]}).render_as_string()
    return url.replace("@", f"@{other},")


@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_the_server_that_works_is_found(kind: str, request: pytest.FixtureRequest) -> None:
    """Where the first of two servers does not answer, the second does the work; where none does, that is told."""
    server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
    dead = f"127.0.0.1:{free_port()}" if kind == "mariadb" else "/nowhere"
    database = Database(beside(server.new_database(), dead))
    schema.upgrade(database)
    assert schema.fit(database).is_good
    database.dispose()
    server.stop()
    with pytest.raises(DatabaseUnavailable):
        database.ping()
    server.start()
    database.ping()
    database.dispose()


def test_a_port_must_be_a_number() -> None:
    """Of several servers each is looked at before any is asked."""
    with pytest.raises(StartupError):
        Database("mysql://h1:3306,h2:x/d")


@pytest.mark.parametrize("kind", ["mariadb", "mysqlclient", "postgresql"])
def test_who_has_to_give_way_is_told_so(kind: str, request: pytest.FixtureRequest) -> None:
    """Of two pieces of work that each hold the row that the other wants, one is done, the other may be done again."""
    server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
    database = Database(server.new_database())
    schema.upgrade(database)
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="a"))
        stores.clients.add(Client(id="b"))
    both_hold_one = Barrier(2)

    def change(ids: str) -> str:
        try:
            with database.connection() as connection:
                for number, client_id in enumerate(ids):
                    connection.execute(update(Client).where(Client.id == client_id).values(name=ids))
                    if number == 0:
                        both_hold_one.wait()
        except Conflict:
            return "conflict"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(change, ("ab", "ba"))) == ["conflict", "done"]
    database.dispose()


@pytest.mark.parametrize("database_url", ["mariadb", "postgresql"], indirect=True)
def test_what_others_commit_is_seen_at_once(upgraded_url: str) -> None:
    """Within a piece of work each statement sees what is committed by then, also where the server would freeze it."""
    database = Database(upgraded_url)
    with database.reading() as connection:
        if connection.dialect.name == "postgresql":  # MariaDB does so by itself
            name = connection.scalar(text("SELECT current_database()"))
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"))
    database.dispose()
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="a", name="before"))
    with database.connection() as connection:
        assert connection.scalar(select(Client.name)) == "before"
        with database.connection() as other:
            other.execute(update(Client).values(name="after"))
        assert connection.scalar(select(Client.name)) == "after"
    database.dispose()

"""A unit of work is done wholly or not at all, and needs no retry because another was quicker."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import event

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client
from crm_oauth.store.ports import TokenFilter
from tests.support.drivers import EVERY_DRIVER
from tests.support.plans import statements

from .conftest import NOW, TokenMaker, redeem

pytestmark = EVERY_DRIVER

DIE_AFTER_WRITES = """
import os, sys
from datetime import datetime
from sqlalchemy import Engine, event
from crm_oauth.store.db import Database
from tests.support.new_tokens import new_token

url, writes, now = sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])

def after(connection, cursor, statement, *_):
    global writes
    writes -= statement.partition(" ")[0] != "SELECT" and statement not in ("BEGIN", "BEGIN IMMEDIATE")
    writes or os._exit(9)

with Database(url).unit_of_work() as stores:
    session, client = stores.tokens.find_refreshable("refresh"), stores.clients.get("client-1")
    event.listen(Engine, "after_cursor_execute", after)
    stores.tokens.refresh(session, client, new_token(access_token="access-2"), now=now)
    os._exit(9)
"""


WRITES = {"sqlite": "BEGIN UPDATE INSERT INSERT COMMIT", "mysql": "BEGIN", "postgresql": "WITH"}
"""The first word of each statement that a refresh writes by; over MariaDB all of them are in one block."""


def names(database: Database) -> list[str | None]:
    """Names of the clients that a new unit of work sees."""
    with database.unit_of_work() as stores:
        return [client.name for client in stores.clients.list()]


def test_end_of_the_block_commits(database: Database) -> None:
    """What a block wrote is there for others once it ends, and its rows stay readable."""
    with database.unit_of_work() as stores:
        client = Client(name="a")
        stores.clients.add(client)
        client.name = "b"
    assert names(database) == ["b"]
    assert client.name == "b"


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_exception_rolls_back(database: Database, fault: type[BaseException]) -> None:
    """Any exception undoes all that the block wrote, goes on to the caller, and leaves nothing in others' way."""

    def write_and_fail() -> None:
        with database.unit_of_work() as stores:
            stores.clients.add(Client(name="a"))
            raise fault

    with pytest.raises(fault):
        write_and_fail()
    assert names(database) == []
    with database.unit_of_work() as stores:
        stores.clients.add(Client(name="b"))
    assert names(database) == ["b"]


def test_uncommitted_writes_are_invisible(database: Database) -> None:
    """Nobody sees what a unit of work wrote before its end, and reading does not wait for it."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(name="a"))
        assert names(database) == []


def test_read_then_write_after_the_commit_of_another(database: Database) -> None:
    """A unit of work that has read may write though another committed meanwhile."""
    with database.unit_of_work() as first:
        assert first.clients.list() == []
        with database.unit_of_work() as second:
            second.clients.add(Client(name="b"))
        first.clients.add(Client(name="a"))
    assert names(database) == ["a", "b"]


def test_many_writers_wait_for_each_other(database: Database) -> None:
    """Units of work that read and write at once all succeed."""

    def write(number: int) -> None:
        with database.unit_of_work() as stores:
            stores.clients.list()
            stores.clients.add(Client(name=f"{number:02}"))

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(write, range(40)))
    assert names(database) == [f"{number:02}" for number in range(40)]


def test_reading_needs_no_transaction(database: Database, client: Client, add_token: TokenMaker) -> None:
    """A unit of work sends nothing but its SELECTs until it writes; then BEGIN and COMMIT stand around the writes."""
    add_token(access_token="access", refresh_token="refresh")
    with statements(database) as seen, database.unit_of_work() as stores:
        stores.clients.list()
        stores.tokens.find_session("access")
        stores.tokens.list(TokenFilter(), limit=1)
    assert [statement.split()[0] for statement, _ in seen] == ["SELECT"] * 3
    with statements(database) as seen, database.unit_of_work() as stores:
        assert redeem(stores, client)
    writes = WRITES[database.url.get_backend_name()]
    assert [statement.split()[0] for statement, _ in seen] == ["SELECT", *writes.split()]


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_crash_leaves_one_of_two_tokens(
    database: Database, database_url: str, client: Client, add_token: TokenMaker, writes: int
) -> None:
    """A process that dies after any statement of a rotation leaves the old token good, or the new one in its place."""
    add_token(access_token="access", refresh_token="refresh")
    command = [sys.executable, "-c", DIE_AFTER_WRITES, database_url, str(writes), NOW.isoformat()]
    assert subprocess.run(command, check=False).returncode == 9
    with database.unit_of_work() as stores:
        is_there = stores.tokens.find_session("access-2") is not None
        assert redeem(stores, client) is not is_there
    # One statement is done when it is sent, several are not until the last.
    assert is_there is (" " not in WRITES[database.url.get_backend_name()])


def test_threads_connect_beside_each_other(database: Database) -> None:
    """While one thread waits for its connection another gets as far: it may be a server that answers nobody."""
    both = Barrier(2, timeout=20)
    with database.reading() as connection:

        def meet(*_: object) -> None:
            both.wait()

        event.listen(connection.engine, "do_connect", meet)
        with ThreadPoolExecutor(2) as threads:
            for waiting in [threads.submit(database.ping) for _ in range(2)]:
                waiting.result()

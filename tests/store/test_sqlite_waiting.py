"""Those who write to SQLite wait for each other, and not for ever."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from crm_oauth.store import engine, schema
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import User
from crm_oauth.store.ports import Repositories
from tests.support.new_tokens import new_token

from .conftest import NOW, add_client, redeem


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """SQLite with the schema in place, whose writers give up after two seconds."""
    monkeypatch.setattr(engine, "LOCK_TIMEOUT", 2)
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    schema.upgrade(database)
    yield database
    database.dispose()


@contextmanager
def held_by_another(database: Database) -> Iterator[sqlite3.Connection]:
    """Another program, which knows nothing of us, writes until the end of the block."""
    connection = sqlite3.connect(str(database.url.database), isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_the_next_one_waits(database: Database) -> None:
    """Who writes while another does waits for the other's commit, and then writes too."""
    with held_by_another(database) as other, ThreadPoolExecutor(1) as thread:
        writing = thread.submit(add_client, database, "client")
        with pytest.raises(TimeoutError):
            writing.result(0.2)
        other.execute("COMMIT")
        writing.result(10)


def test_waiting_ends(database: Database) -> None:
    """Whoever waits in vain is told that the database is not to be had, may read, and is in nobody's way later."""
    with held_by_another(database):
        with pytest.raises(DatabaseUnavailable, match="locked"):
            add_client(database, "client")
        with database.unit_of_work() as stores:
            assert stores.clients.get("client") is None
    add_client(database, "client")


def test_threads_wait_together(database: Database) -> None:
    """All threads of a process give up in time, not one after the other."""
    # One after the other would take eight times two seconds.
    with held_by_another(database), ThreadPoolExecutor(8) as threads:
        tries = [threads.submit(add_client, database, str(number)) for number in range(8)]
        in_time = wait(tries, timeout=8).done
        faults = [type(attempt.exception()) for attempt in in_time]
    assert faults == [DatabaseUnavailable] * 8


def test_those_who_write_together_wait_together(database: Database) -> None:
    """Tokens for clients and for users, and refreshes, give up in time as well, though each kind waits for its turn."""
    client = add_client(database, "client-1")
    user = User(id="user-1", user_name="joe", status="Active")
    with database.unit_of_work() as stores:
        stores.users.add(user)
        stores.tokens.issue(new_token(access_token="a", refresh_token="r", refresh_token_expires=NOW), client, None)
    before = NOW - timedelta(seconds=1)
    works: list[Callable[[Repositories], object]] = [
        lambda stores: stores.tokens.issue(new_token(access_token="b"), client, None),
        lambda stores: stores.tokens.issue(new_token(access_token="c"), client, user),
        lambda stores: redeem(stores, client, "r", now=before),
    ]

    def do(work: Callable[[Repositories], object]) -> None:
        with database.unit_of_work() as stores:
            work(stores)

    # One kind after the other would take thrice two seconds.
    with held_by_another(database), ThreadPoolExecutor(3) as threads:
        tries = [threads.submit(do, work) for work in works]
        in_time = wait(tries, timeout=5).done
        faults = [type(attempt.exception()) for attempt in in_time]
    assert faults == [DatabaseUnavailable] * 3
    for work in works:
        do(work)


def test_other_faults_are_told_at_once(database: Database) -> None:
    """A statement that fails for another reason is not tried again, and leaves the database to others."""
    add_client(database, "client")
    with pytest.raises(IntegrityError):
        add_client(database, "client")
    with held_by_another(database):
        pass
    add_client(database, "another")


def test_many_writers_lose_nothing(database: Database) -> None:
    """Eight threads that write as quickly as they can all get through, each time."""
    with ThreadPoolExecutor(8) as threads:
        for writing in [threads.submit(add_client, database, str(number)) for number in range(200)]:
            writing.result(30)
    with database.unit_of_work() as stores:
        assert len(stores.clients.list()) == 200


def test_a_commit_is_on_the_disk(database: Database) -> None:
    """Each commit waits for the disk and for no reader, however SQLite was built."""
    with database.reading() as connection:
        kept = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")]
    assert kept == [2, "wal"]

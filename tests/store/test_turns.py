"""Those who write to SQLite take turns."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy.exc import IntegrityError

from crm_oauth.store import schema
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import Client
from crm_oauth.store.turns import WriteTurns

HOLD = """
import sys
from crm_oauth.store.turns import WriteTurns
WriteTurns(sys.argv[1]).take()
print("taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """SQLite with the schema in place."""
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    schema.upgrade(database)
    yield database
    database.dispose()


@contextmanager
def held_elsewhere(database: Database) -> "Iterator[subprocess.Popen[str]]":
    """Another process has its turn until the end of the block."""
    command = [sys.executable, "-c", HOLD, str(database.url.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "taken\n"
        yield process
        process.kill()


def add_client(database: Database, key: str) -> None:
    """Write something."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id=key))


def assert_waits_for(first: WriteTurns, second: WriteTurns) -> None:
    """The second turn begins when the first has ended, and not before."""
    first.take()
    waiting = Thread(target=second.take)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    first.give_back()
    waiting.join(2)
    assert not waiting.is_alive()


def test_the_next_one_waits(tmp_path: Path) -> None:
    """Of two processes that share a file, the second gets its turn when the first has ended its own, and not before."""
    one, other = (WriteTurns(str(tmp_path / "test.db")) for _ in range(2))
    assert_waits_for(one, other)


def test_a_turn_ends_with_its_process(database: Database) -> None:
    """A process that is killed within its turn keeps nobody from writing."""
    with held_elsewhere(database) as process:
        process.kill()
        process.wait()
        add_client(database, "client")


def test_waiting_ends(database: Database) -> None:
    """Whoever gets no turn is told that the database is not to be had, may read, and is in nobody's way later."""
    with held_elsewhere(database):
        with pytest.raises(DatabaseUnavailable, match="locked by other processes"):
            add_client(database, "client")
        with database.unit_of_work() as stores:
            assert stores.clients.get("client") is None
    add_client(database, "client")


def test_threads_wait_together(database: Database) -> None:
    """All threads of a process give up in time, not one after the other."""
    with held_elsewhere(database), ThreadPoolExecutor(4) as threads:
        tries = [threads.submit(add_client, database, str(number)) for number in range(4)]
        faults = [attempt.exception(5) for attempt in tries]
    assert [type(fault) for fault in faults] == [DatabaseUnavailable] * 4


def test_a_fault_ends_the_turn(database: Database) -> None:
    """A statement that fails leaves the turn to others, in this thread and elsewhere."""
    add_client(database, "client")
    with pytest.raises(IntegrityError):
        add_client(database, "client")
    with held_elsewhere(database):
        pass
    add_client(database, "another")


def test_without_a_lock_there_are_turns_of_threads(tmp_path: Path) -> None:
    """Where the folder cannot be locked, here because it is not there, threads wait for each other all the same."""
    turns = WriteTurns(str(tmp_path / "missing" / "test.db"))
    assert_waits_for(turns, turns)

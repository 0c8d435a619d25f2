"""Who is signed in at the panel lasts as long as it shall, and no longer."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

from sqlalchemy import func, select

from crm_oauth.store.admin_sessions import AdminSessionStore, end_sign_ins
from crm_oauth.store.db import Database
from crm_oauth.store.own_models import AdminSession

from .conftest import NOW

SECOND, IDLE, LONGEST = timedelta(seconds=1), timedelta(minutes=30), timedelta(minutes=70)


@contextmanager
def sessions(database: Database) -> Iterator[AdminSessionStore]:
    """Lend the store within a unit of work of its own."""
    with database.work() as unit:
        yield AdminSessionStore(unit, idle=IDLE, longest=LONGEST)


def begin(database: Database, now: datetime = NOW, user_id: str = "user-1") -> str:
    """Sign in."""
    with sessions(database) as store:
        return store.begin(user_id, password_mark="mark", address="192.0.2.1", now=now)


def is_there(database: Database, name: str, now: datetime = NOW) -> bool:
    """Make a request."""
    with sessions(database) as store:
        return store.find(name, now=now) is not None


def count(database: Database) -> int:
    """Count the rows, of sessions that are over too."""
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(AdminSession)) or 0


def test_a_session_ends_unless_it_is_used(database: Database) -> None:
    """Each request gives a session as long again as it may rest, up to the longest that any lasts."""
    assert not is_there(database, begin(database), NOW + IDLE + SECOND)
    name = begin(database)
    assert not is_there(database, name + "x")
    for later in (IDLE, 2 * IDLE, LONGEST):
        assert is_there(database, name, NOW + later)
    assert not is_there(database, name, NOW + LONGEST + SECOND)


def test_signing_in_forgets_what_is_over(database: Database) -> None:
    """Rows of sessions that are over go when somebody signs in, and no others."""
    first = begin(database)
    second = begin(database, NOW + IDLE)
    assert count(database) == 2
    begin(database, NOW + IDLE + SECOND)
    assert count(database) == 2, "the first was idle for too long"
    assert not is_there(database, first)
    for later in (2 * IDLE, 3 * IDLE, IDLE + LONGEST):
        assert is_there(database, second, NOW + later)
    begin(database, NOW + IDLE + LONGEST + SECOND)
    assert count(database) == 1, "the second lasted too long, the third was idle"


def test_ending_one_leaves_the_others(database: Database) -> None:
    """Signing out ends one session, and what happens to a user all of that user's."""
    names = [begin(database), begin(database), begin(database, user_id="user-2")]

    def left() -> list[bool]:
        return [is_there(database, name) for name in names]

    with sessions(database) as store:
        found = store.find(names[0], now=NOW)
        assert found is not None
        store.end(found.id_hash)
    assert left() == [False, True, True]
    with database.work() as unit:
        end_sign_ins(unit.session, "user-1")
    assert left() == [False, False, True]


def test_of_two_changes_at_once_none_is_lost(database: Database) -> None:
    """What is kept for the next page has all that both requests added; of a session that is over nothing is kept."""
    name, both = begin(database), Barrier(2)

    def add(held: str | None, text: str) -> str:
        time.sleep(0.2)  # without a lock the other would read before this one writes
        return (held or "") + text

    def keep(text: str) -> None:
        with sessions(database) as store:
            found = store.find(name, now=NOW)
            assert found is not None
            both.wait(10)
            store.change_held(found.id_hash, partial(add, text=text))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(keep, "ab"))
    with sessions(database) as store:
        store.change_held("of none", partial(add, text="c"))
        found = store.find(name, now=NOW)
    assert found is not None
    assert sorted(found.held or "") == ["a", "b"]

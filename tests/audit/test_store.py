"""The trail in the database, on each kind of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crm_oauth.store.audit_entries import AuditEntry, AuditFilter
from crm_oauth.store.db import Database

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


@pytest.fixture
def database(upgraded_url: str) -> Iterator[Database]:
    """An empty database of the newest schema."""
    database = Database(upgraded_url)
    yield database
    database.dispose()


def append(database: Database, *entries: AuditEntry) -> None:
    """Add entries in one unit of work."""
    with database.unit_of_work() as stores:
        stores.audit.append(entries)


def search(database: Database, which: AuditFilter, limit: int = 100, before: int | None = None) -> list[AuditEntry]:
    """Return what a search finds."""
    with database.unit_of_work() as stores:
        return [record.entry for record in stores.audit.search(which, limit=limit, before=before)]


def test_entries_come_back_as_they_went_in(database: Database) -> None:
    """What was appended is found, whole, the newest first."""
    whole = AuditEntry("a", "détail", "g", "client", "user", "cli:root", "::1", "request", NOW)
    append(database, whole, AuditEntry("b", at=NOW))
    assert search(database, AuditFilter()) == [AuditEntry("b", at=NOW), whole]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (AuditFilter(events=("refused", "other")), "r"),
        (AuditFilter(client_id="c1"), "i"),
        (AuditFilter(user_id="u2"), "r"),
        (AuditFilter(address="192.0.2.1"), "r"),
        (AuditFilter(request_id="q1"), "i"),
        (AuditFilter(actor="cli:x"), "d"),
        (AuditFilter(since=NOW), "r"),
        (AuditFilter(client_id="C1"), ""),
        (AuditFilter(client_id="c1", user_id="u2"), ""),
    ],
    ids=str,
)
def test_a_search_finds_what_meets_every_condition(database: Database, which: AuditFilter, found: str) -> None:
    """Each condition chooses, exactly, and several choose what meets them all."""
    append(
        database,
        AuditEntry("deleted", "d", actor="cli:x", at=NOW - timedelta(hours=1)),
        AuditEntry("issued", "i", client_id="c1", user_id="u1", request_id="q1", at=NOW - timedelta(minutes=1)),
        AuditEntry("refused", "r", client_id="c2", user_id="u2", address="192.0.2.1", at=NOW),
    )
    assert [entry.detail for entry in search(database, which)] == list(found)


def test_pages_leave_nothing_out(database: Database) -> None:
    """Page by page, forwards and backwards, every entry is seen once."""
    append(database, *(AuditEntry("a", str(number), at=NOW) for number in range(25)))
    backwards, before = [], None
    forwards, after = [], 0
    with database.unit_of_work() as stores:
        while page := stores.audit.search(AuditFilter(), limit=10, before=before):
            backwards += [record.entry.detail for record in page]
            before = page[-1].number
        while page := stores.audit.follow(AuditFilter(), after=after, limit=10):
            forwards += [record.entry.detail for record in page]
            after = page[-1].number
    assert forwards == [str(number) for number in range(25)]
    assert backwards == forwards[::-1]


def test_purge_removes_what_is_old(database: Database) -> None:
    """At most a batch of older entries goes, and no younger one ever."""
    append(database, *(AuditEntry("a", str(days), at=NOW - timedelta(days=days)) for days in range(5)))
    removed = []
    for _ in range(3):
        with database.unit_of_work() as stores:
            removed.append(stores.audit.purge(before=NOW - timedelta(days=1), batch=2))
    assert removed == [2, 1, 0]
    assert [entry.detail for entry in search(database, AuditFilter())] == ["1", "0"]


def test_long_text_is_cut(database: Database) -> None:
    """Text that its column cannot hold, or no database, costs its end and not the entry."""
    append(database, AuditEntry("e" * 50, "d\0" * 300, address="a" * 100, at=NOW))
    [entry] = search(database, AuditFilter())
    assert (entry.event, entry.detail, entry.address) == ("e" * 40, "d" * 255, "a" * 64)

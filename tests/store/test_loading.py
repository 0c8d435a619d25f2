"""Very many rows at once, as an import brings them: the same on every database."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from crm_oauth.store import schema
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.many_rows import insert_rows
from crm_oauth.store.models import Base, Client

CLIENTS = Base.metadata.tables[Client.__tablename__]
ENTERED = datetime(2026, 3, 14, 16, 9, 26, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def filled(database_url: str) -> Iterator[Database]:
    """A database of our own, without rows."""
    database = Database(database_url)
    schema.upgrade(database)
    yield database
    database.dispose()


def _insert(database: Database, *rows: dict[str, Any]) -> None:
    with database.connection() as connection:
        insert_rows(connection, CLIENTS, rows)


def test_rows_arrive_as_they_are(filled: Database) -> None:
    """Any text, times of any zone, flags and NULL stay as they are; columns left out get the model's defaults."""
    texts = ["a\tb", "a\nb", "\\N", "\\", '"', "", "日本", " "]
    rows = [
        {"id": str(number), "name": text, "date_entered": ENTERED, "deleted": False, "secret": None}
        for number, text in enumerate(texts)
    ]
    _insert(filled, *rows)
    with filled.connection() as connection:
        there = [dict(row) for row in connection.execute(select(CLIENTS).order_by(CLIENTS.c.id)).mappings()]
    assert [{name: row[name] for name in rows[0]} for row in there] == rows
    assert {(row["allowed_grant_type"], row["is_confidential"], row["duration_value"]) for row in there} == {
        ("password", True, 60)
    }


def test_a_row_that_is_there_is_told_as_ever(filled: Database) -> None:
    """A second row of one id is refused with the fault that any INSERT meets, and nothing of its page stays."""
    _insert(filled, {"id": "1", "name": "first"})
    with pytest.raises(IntegrityError):
        _insert(filled, {"id": "2", "name": "new"}, {"id": "1", "name": "second"})
    with filled.connection() as connection:
        assert list(connection.scalars(select(CLIENTS.c.name))) == ["first"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_is_told_as_ever(filled: Database) -> None:
    """A connection that the server ends is the database's absence, by whatever way rows are sent."""
    with pytest.raises(DatabaseUnavailable):
        _insert_on_an_ended_connection(filled)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_takes_no_rows_is_left(filled: Database) -> None:
    """A connection that refused rows, as one to a demoted primary does, is not used again."""
    with filled.reading() as connection:
        connection.execute(text("SET default_transaction_read_only = on"))
    with pytest.raises(DatabaseUnavailable):
        _insert(filled, {"id": "1"})
    _insert(filled, {"id": "1"})


def _insert_on_an_ended_connection(database: Database) -> None:
    with database.connection() as connection:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
        with database.connection() as other:
            other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
        insert_rows(connection, CLIENTS, [{"id": "1"}])

"""A database with the schema in place, and rows to fill it with."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.models import Token, new_id

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)

TokenMaker = Callable[..., Token]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database of the newest schema."""
    database = Database(database_url)
    schema.upgrade(database)
    yield database
    database.dispose()


@pytest.fixture
def add_token(database: Database) -> TokenMaker:
    """Insert a token that is good for an hour after NOW, and to refresh for a day; arguments are columns."""

    def add(**columns: object) -> Token:
        row_id = new_id()
        token = Token(
            **{
                "id": row_id,
                "client": "client-1",
                "assigned_user_id": "user-1",
                "access_token": f"access-{row_id}",
                "refresh_token": f"refresh-{row_id}",
                "date_entered": NOW,
                "access_token_expires": NOW + timedelta(hours=1),
                "refresh_token_expires": NOW + timedelta(days=1),
                **columns,
            }
        )
        with database.unit_of_work() as stores:
            stores.tokens.add(token)
        return token

    return add

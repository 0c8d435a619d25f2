"""A database with the schema in place, and rows to fill it with."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crm_oauth.store.db import Database
from crm_oauth.store.ids import new_token_id
from crm_oauth.store.models import Client, Token
from crm_oauth.store.ports import Repositories
from tests.support.new_tokens import new_token

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)

TokenMaker = Callable[..., Token]

CLIENT_CHANGES: list[tuple[str, object]] = [
    ("secret", "another"),
    ("secret", None),
    ("is_confidential", False),
    ("is_confidential", None),
    ("allowed_grant_type", "client_credentials"),
    ("allowed_grant_type", None),
    ("assigned_user_id", "user-2"),
    ("assigned_user_id", None),
    ("deleted", True),
    ("deleted", None),
]
"""Columns of `client`, each with what it may be changed to."""


@pytest.fixture
def database(upgraded_url: str) -> Iterator[Database]:
    """An empty database of the newest schema."""
    database = Database(upgraded_url)
    yield database
    database.dispose()


def add_client(database: Database, key: str) -> Client:
    """Insert a client, and return it as it is read."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id=key, secret="hash", assigned_user_id="user-1"))
    with database.unit_of_work() as stores:
        client, _user = stores.clients.get_with_user(key) or (None, None)
    assert client is not None
    return client


@pytest.fixture
def client(database: Database) -> Client:
    """The client of every token that `add_token` inserts, as it was read."""
    return add_client(database, "client-1")


@pytest.fixture
def add_token(database: Database) -> TokenMaker:
    """Insert a token that is good for an hour after NOW, and to refresh for a day; arguments are columns."""

    def add(**columns: object) -> Token:
        row_id = new_token_id()
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


def redeem(stores: Repositories, client: Client, refresh_token: str = "refresh", now: datetime = NOW) -> bool:
    """Find the session of a refresh token, as the grant does, and redeem it for another pair."""
    session = stores.tokens.find_refreshable(refresh_token)
    assert session is not None
    return stores.tokens.refresh(session, client, new_token(), now=now)

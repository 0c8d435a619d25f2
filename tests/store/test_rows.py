"""What is written is what is read, on every database."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token
from crm_oauth.store.ports import TokenFilter


def test_datetimes_are_stored_in_utc(database: Database) -> None:
    """A datetime of any zone is naive UTC in the database, whole seconds, and aware UTC in Python."""
    moment = datetime(2026, 7, 1, 1, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=2)))
    with database.unit_of_work() as stores:
        stores.tokens.add(Token(access_token="a", access_token_expires=moment))
    with database.unit_of_work() as stores:
        [token] = stores.tokens.list(TokenFilter(access_token="a"))
        assert token.access_token_expires == datetime(2026, 6, 30, 23, 30, 15, tzinfo=UTC)
        assert token.access_token_expires.tzinfo is UTC
        assert token.refresh_token_expires is None
    with database.connection() as connection:
        stored = connection.scalar(text("SELECT access_token_expires FROM oauth2tokens"))
        assert str(stored).startswith("2026-06-30 23:30:15")


def test_naive_datetimes_are_refused(database: Database) -> None:
    """A datetime without a zone is a mistake of the caller, never taken for UTC."""
    naive = datetime(2026, 7, 1)  # noqa: DTZ001 - the very mistake
    with pytest.raises(StatementError, match="time zone"), database.unit_of_work() as stores:
        stores.tokens.add(Token(access_token_expires=naive))


def test_new_token_row_holds_what_suitecrm_writes(database: Database) -> None:
    """The columns that nobody gave hold what SuiteCRM's own insert writes; the id is a random UUID."""
    with database.unit_of_work() as stores:
        stores.tokens.add(Token(access_token="a"))
    with database.unit_of_work() as stores:
        [token] = stores.tokens.list(TokenFilter(access_token="a"))
        assert UUID(token.id).version == 4
        assert (token.name, token.token_type, token.grant_type, token.created_by) == ("", "", "", "")
        assert (token.deleted, token.token_is_revoked, token.modified_user_id) == (False, False, "1")
        assert (token.state, token.description, token.refresh_token) == (None, None, None)
        assert token.date_entered == token.date_modified is not None


def test_text_of_any_script_survives(database: Database) -> None:
    """Names keep every character, beyond the basic plane too."""
    name = "Zoé \\ ' \" % 山田 \U0001f600 "
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="1", name=name))
    with database.unit_of_work() as stores:
        assert [client.name for client in stores.clients.list()] == [name]

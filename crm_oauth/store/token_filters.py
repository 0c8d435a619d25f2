"""Which token rows: a TokenFilter as conditions of SQL."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from crm_oauth.store.models import Token
from crm_oauth.store.ports import TokenFilter

LIVE = Token.deleted.is_(False)
NOT_REVOKED = Token.token_is_revoked.is_not(true())


def exactly(column: InstrumentedAttribute[Any], value: str) -> ColumnElement[bool]:
    """Equality that counts trailing blanks, which MySQL's does not; the index still finds the rows."""
    return and_(column == value, func.length(column) == func.length(value))


def selected(which: TokenFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a filter's rows meet, live or used."""
    for column, value in (
        (Token.id, which.row_id),
        (Token.access_token, which.access_token),
        (Token.client, which.client_id),
        (Token.assigned_user_id, which.user_id),
    ):
        if value is not None:
            yield exactly(column, value)
    if which.active_at is not None:
        yield NOT_REVOKED
        yield or_(Token.access_token_expires > which.active_at, Token.refresh_token_expires > which.active_at)

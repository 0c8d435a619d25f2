"""Which token rows: a TokenFilter as conditions of SQL."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from crm_oauth.store.models import Token
from crm_oauth.store.ports import TokenFilter

LIVE = Token.deleted.is_(False)
NOT_REVOKED = Token.token_is_revoked.is_not(true())

# MySQL's 0000-00-00, which is read as no date at all, is less than any.
_ANY_DATE = datetime(1000, 1, 1, tzinfo=UTC)


def exactly(column: InstrumentedAttribute[Any] | ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """Equality that counts trailing blanks, which MySQL's does not; the index still finds the rows."""
    return and_(column == value, func.length(column) == func.length(value))


def by_no_index(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """Return a column's text so that no database looks it up: where a key names one row, its owner may have millions.

    Not all count how many, SQLite and a PostgreSQL that was just filled or restored do not.
    """
    return column.concat(literal_column("''"))


def selected(which: TokenFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a filter's rows meet, live or used."""
    for key, value in ((Token.id, which.row_id), (Token.access_token, which.access_token)):
        if value is not None:
            yield exactly(key, value)
    for owner, value in ((Token.client, which.client_id), (Token.assigned_user_id, which.user_id)):
        if value is not None:
            yield exactly(by_no_index(owner) if which.names_one_row else owner, value)
    if which.entered_from is not None:
        yield Token.date_entered >= which.entered_from
    if which.active_at is not None:
        yield NOT_REVOKED
        yield or_(Token.access_token_expires > which.active_at, Token.refresh_token_expires > which.active_at)


def newest_first(after: Token | None) -> Iterator[tuple[ColumnElement[bool], Sequence[InstrumentedAttribute[Any]]]]:
    """Yield the stretches of rows that follow one, or of all rows, each with the columns whose descent orders it.

    A comparison with the date and the id together would be shorter, but MariaDB serves it by no index, and nothing is
    beyond NULL.
    """
    entered, undated = Token.date_entered, or_(Token.date_entered.is_(None), Token.date_entered < _ANY_DATE)
    by_date, by_id = (Token.date_entered, Token.id), (Token.id,)
    if after is None:
        yield entered >= _ANY_DATE, by_date
    elif after.date_entered is None or after.date_entered < _ANY_DATE:
        yield and_(undated, Token.id < after.id), by_id
        return
    else:
        yield and_(entered == after.date_entered, Token.id < after.id), by_id
        yield and_(entered >= _ANY_DATE, entered < after.date_entered), by_date
    yield undated, by_id

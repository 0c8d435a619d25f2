"""Rows of SuiteCRM's as rows of ours."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, String, Table, Text

from crm_oauth.store.columns import UtcDateTime

Values = Sequence[Any]
"""A row as the driver gives it."""

Row = dict[str, Any]
"""A row as our tables take it, by column."""

_UTC = ZoneInfo("UTC")
_TEXT_BYTES = 65_535  # that a TEXT of MySQL's holds
_LOCAL_COLUMNS = {"access_token_expires", "refresh_token_expires"}


class RowFaultError(ValueError):
    """A row cannot be taken; the text says why, without its values.

    Args:
        reason: that text.
        row_id: of the row, once it is known.
    """

    def __init__(self, reason: str, row_id: str = "") -> None:
        super().__init__(reason)
        self.row_id = row_id


class RowConverter:
    """Turns rows as the driver gives them into values for a table of ours.

    Args:
        ours: the table.
        columns: those of its columns that the rows have, in their order; `id` is one.
        zone: of the tokens' expiry columns, PHP's default one; SuiteCRM keeps all other times in UTC.
    """

    def __init__(self, ours: Table, columns: Sequence[str], zone: ZoneInfo) -> None:
        self._columns = [(name, _converter(ours.c[name], zone)) for name in columns]
        self._id = columns.index("id")

    def convert(self, values: Values) -> Row:
        """Return the row.

        Raises:
            RowFaultError: a value does not fit.
        """
        try:
            return {
                name: None if value is None else convert(value)
                for (name, convert), value in zip(self._columns, values, strict=True)
            }
        except RowFaultError as fault:
            raise RowFaultError(str(fault), str(values[self._id])) from None


def _converter(column: Column[Any], zone: ZoneInfo) -> Callable[[Any], object]:
    match column.type:
        case UtcDateTime():
            return partial(_moment, name=column.name, zone=zone if column.name in _LOCAL_COLUMNS else _UTC)
        case Boolean():
            return bool
        case Text():
            return partial(_long_text, name=column.name)
        case String() as text:  # Text is one, too
            return partial(_text, name=column.name, limit=text.length)
    return int


def _moment(value: object, name: str, zone: ZoneInfo) -> datetime | None:
    if not isinstance(value, datetime):
        return None  # 0000-00-00, MySQL's way to say that there is none
    try:
        # Of an hour that comes twice the later: the token itself tells its end exactly.
        return value.replace(microsecond=0, tzinfo=zone, fold=1).astimezone(UTC)
    except OverflowError:
        raise RowFaultError(f"{name} is no time") from None


def _text(value: str, name: str, limit: int | None) -> str:
    if limit is not None and len(value) > limit:
        raise RowFaultError(f"{name} is longer than {limit} characters")
    if "\0" in value:
        raise RowFaultError(f"{name} holds NUL")
    return value


def _long_text(value: str, name: str) -> str:
    # Only descriptions are that long, which nothing here reads: no reason to do without the row.
    return _text(value.encode()[:_TEXT_BYTES].decode(errors="ignore"), name, limit=None)

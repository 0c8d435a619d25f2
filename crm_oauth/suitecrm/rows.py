"""Rows of SuiteCRM's as rows of ours."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, String, Table

from crm_oauth.store.columns import UtcDateTime

Row = dict[str, Any]

_UTC = ZoneInfo("UTC")
_LOCAL_COLUMNS = {"access_token_expires", "refresh_token_expires"}


class RowFaultError(ValueError):
    """A row cannot be taken; the text says why, without its values."""


class RowConverter:
    """Turns rows as the driver gives them into values for a table of ours.

    Args:
        ours: the table.
        columns: those of its columns that the rows have.
        zone: of the tokens' expiry columns, PHP's default one; SuiteCRM keeps all other times in UTC.
    """

    def __init__(self, ours: Table, columns: Iterable[str], zone: ZoneInfo) -> None:
        self._converters = {name: _converter(ours.c[name], zone) for name in columns}

    def convert(self, row: Row) -> Row:
        """Return the values.

        Raises:
            RowFaultError: a value does not fit.
        """
        return {name: None if row[name] is None else convert(row[name]) for name, convert in self._converters.items()}


def _converter(column: Column[Any], zone: ZoneInfo) -> Callable[[Any], object]:
    match column.type:
        case UtcDateTime():
            return partial(_moment, name=column.name, zone=zone if column.name in _LOCAL_COLUMNS else _UTC)
        case Boolean():
            return bool
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

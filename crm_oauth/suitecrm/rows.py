"""Rows of SuiteCRM's as rows of ours."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, String, Table

from crm_oauth.store.columns import UtcDateTime

_UTC = ZoneInfo("UTC")
_LOCAL_COLUMNS = {"access_token_expires", "refresh_token_expires"}


class RowFaultError(ValueError):
    """A row cannot be taken; the text says why, without its values."""


def converted(row: Mapping[str, object], ours: Table, zone: ZoneInfo) -> dict[str, object]:
    """Turn a row as the driver gives it into values for our table.

    Args:
        row: values by column.
        ours: the table that they are for.
        zone: of the tokens' expiry columns, PHP's default one; SuiteCRM keeps all other times in UTC.

    Raises:
        RowFaultError: a value does not fit.
    """
    return {name: _value(value, ours.c[name], zone) for name, value in row.items()}


def _value(value: object, column: Column[object], zone: ZoneInfo) -> object:
    if value is None:
        return None
    match column.type:
        case UtcDateTime():
            return _moment(value, column, zone if column.name in _LOCAL_COLUMNS else _UTC)
        case Boolean():
            return bool(value)
        case String() as type_:  # Text is one, too
            return _text(value, column, type_.length)
    return value


def _moment(value: object, column: Column[object], zone: ZoneInfo) -> datetime | None:
    if not isinstance(value, datetime):
        return None  # 0000-00-00, MySQL's way to say that there is none
    try:
        # Of an hour that comes twice the later: the token itself tells its end exactly.
        return value.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise RowFaultError(f"{column.name} is no time") from None


def _text(value: object, column: Column[object], limit: int | None) -> str:
    text = str(value)
    if limit is not None and len(text) > limit:
        raise RowFaultError(f"{column.name} is longer than {limit} characters")
    if "\0" in text:
        raise RowFaultError(f"{column.name} holds NUL")
    return text

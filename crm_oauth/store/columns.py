"""Column types that mean the same on SQLite, MariaDB, MySQL and PostgreSQL."""

from datetime import UTC, datetime, tzinfo
from weakref import WeakKeyDictionary

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.types import TypeDecorator, TypeEngine

_zones: WeakKeyDictionary[Dialect, tzinfo] = WeakKeyDictionary()


def keep_local_times(dialect: Dialect, zone: tzinfo) -> None:
    """Set in which zone one engine keeps `LocalDateTime`; UTC unless it is set.

    Args:
        dialect: the engine's, which is all that a column's type gets to see of it.
        zone: of the database's values.
    """
    _zones[dialect] = zone


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.replace(tzinfo=zone)  # in the first or the last hours that there are, which zone says nothing


class UtcDateTime(TypeDecorator[datetime]):
    """Whole seconds in UTC: naive in the database, as SuiteCRM writes them, aware in Python.

    Fractions are cut on every database alike, because a `datetime` of SuiteCRM's MySQL tables holds none.

    Raises:
        ValueError: a naive datetime was given; it says nothing about its zone.
    """

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into what the column stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        return _in_zone(value, self._zone(dialect)).replace(microsecond=0, tzinfo=None)

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Turn what the column stores into an aware datetime."""
        if not isinstance(value, datetime):
            return None  # also 0000-00-00, MySQL's way to say that there is none
        # Of an hour that comes twice the later: the token itself tells its end exactly.
        return _in_zone(value.replace(tzinfo=self._zone(dialect), fold=1), UTC)

    def _zone(self, dialect: Dialect) -> tzinfo:  # noqa: ARG002  # the next class needs it
        return UTC


class LocalDateTime(UtcDateTime):
    """The same in another zone, daylight saving and all, in a database that is SuiteCRM's own.

    Its PHP writes there when tokens expire, by the clock on the wall.
    """

    cache_ok = True

    def _zone(self, dialect: Dialect) -> tzinfo:
        return _zones.get(dialect, UTC)


def exact_text(length: int) -> TypeEngine[str]:
    """Text of at most `length` characters that differs by case and accent everywhere.

    MySQL's default collations take `ABC` for `abc`; `utf8mb4_bin` does not (but still ignores trailing
    blanks, so that look-ups compare once more in Python).
    """
    return String(length).with_variant(VARCHAR(length, collation="utf8mb4_bin"), "mysql")


def folded_text(length: int) -> TypeEngine[str]:
    """Text of at most `length` characters whose case can be ignored, in any script, by `folded()`.

    PostgreSQL's `lower()` follows the column's collation, and the usual `C` knows ASCII only.
    """
    return (
        String(length)
        .with_variant(VARCHAR(length, collation="utf8mb4_general_ci"), "mysql")
        .with_variant(String(length, collation="und-x-icu"), "postgresql")
    )

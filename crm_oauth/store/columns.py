"""Column types that mean the same on SQLite, MariaDB, MySQL and PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """Whole seconds in UTC: naive in the database, as SuiteCRM writes them, aware in Python.

    Fractions are cut on every database alike, because a `datetime` of SuiteCRM's MySQL tables holds none.

    Raises:
        ValueError: a naive datetime was given; it says nothing about its zone.
    """

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn an aware datetime into what the column stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        return value.astimezone(UTC).replace(microsecond=0, tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn what the column stores into an aware datetime."""
        return value and value.replace(tzinfo=UTC)


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

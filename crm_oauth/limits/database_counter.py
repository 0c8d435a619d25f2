"""Counts failures in the database, where there is no Redis."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count

from sqlalchemy import ColumnElement, Connection, Double, case, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from crm_oauth.rates import Rate
from crm_oauth.store.db import Conflict, Database
from crm_oauth.store.own_models import GuessRow

_FORGOTTEN_AFTER = 2 * 86_400  # seconds after which a row is removed whatever its rate
_CLEAN_EVERY = 100  # new rows of a process between two looks for old ones
_BATCH = 1000


class DatabaseCounter:
    """`FailureCounter` over a table of ours; each call is a transaction of its own.

    Args:
        database: the one of all processes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._new_rows = count(1)

    def read(self, rates: Mapping[str, Rate], now: float) -> Sequence[float]:
        """Return what is left of each subject's failures."""
        query = select(GuessRow.subject, GuessRow.level, GuessRow.updated_at).where(GuessRow.subject.in_(rates))
        with self._database.reading() as connection:
            rows = {row.subject: row for row in connection.execute(query)}
        return [
            rate.left(rows[name].level, rows[name].updated_at, now) if name in rows else 0.0
            for name, rate in rates.items()
        ]

    def add(self, subject: str, rate: Rate, now: float) -> float:
        """Count a failure by one UPDATE, or by an INSERT that another process may win."""
        while True:  # where both were on other nodes, either may have to give way
            with suppress(IntegrityError, Conflict), self._database.connection() as connection:
                if not _raise_level(connection, subject, rate, now):
                    connection.execute(insert(GuessRow).values(subject=subject, level=1.0, updated_at=now))
                    if next(self._new_rows) % _CLEAN_EVERY == 0:
                        _remove_old(connection, now)
                level = connection.scalar(select(GuessRow.level).where(GuessRow.subject == subject))
                return float(level or 0.0)

    def forget(self, subject: str) -> None:
        """Forget a subject's failures."""
        with self._database.connection() as connection:
            connection.execute(delete(GuessRow).where(GuessRow.subject == subject))


def _raise_level(connection: Connection, subject: str, rate: Rate, now: float) -> bool:
    # A clock may have gone back, which must not add to the level.
    passed = _positive(literal(now, Double) - GuessRow.updated_at)
    left = _positive(GuessRow.level - passed / rate.pause)
    # In this order: MySQL sets one column after the other, and the level depends on when it was the old one.
    values = (GuessRow.level, left + 1), (GuessRow.updated_at, now)
    statement = update(GuessRow).where(GuessRow.subject == subject).ordered_values(*values)
    return bool(connection.execute(statement).rowcount)


def _positive(number: ColumnElement[float]) -> ColumnElement[float]:
    # GREATEST is not the name of such a function everywhere.
    return case((number > 0, number), else_=0.0)


def _remove_old(connection: Connection, now: float) -> None:
    old = select(GuessRow.subject).where(GuessRow.updated_at < now - _FORGOTTEN_AFTER).limit(_BATCH)
    connection.execute(delete(GuessRow).where(GuessRow.subject.in_(connection.scalars(old).all())))

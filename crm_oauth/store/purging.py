"""The end of rows whose tokens expired long ago, while the database goes on serving."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.own_models import Refresh
from crm_oauth.store.token_counts import count_stretches

RETENTION = timedelta(days=30)
"""How long after the end of both its tokens a row is kept when nothing else is said."""

_Expiry = InstrumentedAttribute[datetime | None]
_Range = tuple[_Expiry, ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Purge:
    """Which rows are removed for good, and how gently.

    Used and revoked rows stay as long as others: until its end a refresh token that comes back must be told from one
    that never was.

    Args:
        database: where the rows are.
        expired_before: aware; both tokens of a row have expired before then.
        batch: rows in one transaction, 30,000 at most.
        rest: how many times as long as a batch took the database is left alone after it.
    """

    database: Database
    expired_before: datetime
    batch: int = 1000
    rest: float = 4

    def due(self, *, at_most: int) -> int:
        """Count the rows that would be removed, no further than a number: reads that many entries of an index.

        Raises:
            DatabaseUnavailable: the database is away.
        """
        return count_stretches(self.database, [dead for _, dead in self._ranges()], at_most=at_most)

    def batches(self) -> Iterator[int]:
        """Remove the rows, and yield after each commit how many were removed.

        Whoever stops half-way has lost nothing: what is left is found again.

        Raises:
            DatabaseUnavailable: the database is away, or a row is held too long by another.
        """
        for expires, dead in self._ranges():
            reached: datetime | None = None
            while True:
                began = time.monotonic()
                found, removed, reached = self._remove(expires, dead, reached)
                yield removed
                if found < self.batch:
                    break
                time.sleep(self.rest * (time.monotonic() - began))

    def _ranges(self) -> tuple[_Range, _Range]:
        """Return the two stretches of the index on expiry, each with the column that it is sorted by."""
        access, refresh = Token.access_token_expires, Token.refresh_token_expires
        access_expired = access < self.expired_before
        return (access, refresh.is_(None) & access_expired), (refresh, (refresh < self.expired_before) & access_expired)

    def _remove(
        self, expires: _Expiry, dead: ColumnElement[bool], reached: datetime | None
    ) -> tuple[int, int, datetime | None]:
        """Remove a batch of a range from the time on that was reached: what was removed is not read over again."""
        query: Any = select(Token.id, expires).where(dead).order_by(expires).limit(self.batch)
        if reached is not None:
            query = query.where(expires >= reached)  # of one second there may be more than a batch
        # Two statements, for MariaDB knows no LIMIT in the subquery of a DELETE; what has expired stays so.
        with self.database.connection() as connection:
            rows = connection.execute(query).all()
            ids = [row.id for row in rows]
            connection.execute(delete(Refresh).where(Refresh.token_id.in_(ids)))
            removed = connection.execute(delete(Token).where(Token.id.in_(ids))).rowcount
        return len(rows), removed, rows[-1][1] if rows else None

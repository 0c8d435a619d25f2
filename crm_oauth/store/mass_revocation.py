"""All tokens of a client, of a user or of everybody revoked, however many there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_oauth.store.bulk_revocation import BATCH, BEHIND, every_row, revoke_rows
from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.ports import TokenFilter
from crm_oauth.store.token_filters import selected


@dataclass(frozen=True, slots=True)
class MassRevocation:
    """Which tokens are revoked, and in which steps.

    Args:
        database: where they are.
        which: a filter that names no single row.
        now: aware.
        batch: rows of a transaction.
    """

    database: Database
    which: TokenFilter
    now: datetime
    batch: int = BATCH

    def is_needed(self) -> bool:
        """Tell whether there are more rows, live or not, than one transaction should change.

        Raises:
            DatabaseUnavailable: the database is away.
        """
        query = select(Token.id).where(*selected(self.which)).offset(self.batch).limit(1)
        with self.database.reading() as connection:
            return connection.scalar(query) is not None

    def batches(self) -> Iterator[int]:
        """Revoke the rows, and yield after each commit how many live ones were revoked.

        Whoever stops half-way has lost nothing: what is left is found again.

        Raises:
            DatabaseUnavailable: the database is away, or a row is held too long by another.
        """
        for rows in every_row(self._units, self.batch):
            with self._units() as session:
                revoked = revoke_rows(session, (rows, *selected(self.which)), self.now)
            yield revoked
        # No row that was there before can be refreshed any more. What refreshes had made of them by then, perhaps
        # where the walk had passed already, was issued meanwhile.
        meanwhile = replace(self.which, entered_from=self.now - BEHIND)
        with self.database.unit_of_work() as stores:
            revoked = stores.tokens.revoke(meanwhile, now=self.now)
        yield revoked

    @contextmanager
    def _units(self) -> Iterator[Session]:
        with self.database.work() as unit:
            yield unit.session

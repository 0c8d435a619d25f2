"""Copies SuiteCRM's rows into our own database: again and again if need be, each time only what is new."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Table

from crm_oauth.store.db import Database
from crm_oauth.store.loading import bulk_load, is_empty
from crm_oauth.store.models import Token
from crm_oauth.suitecrm.plans import MirrorPlanner, SessionPlanner
from crm_oauth.suitecrm.rows import Row, RowConverter, RowFaultError, Values
from crm_oauth.suitecrm.source import Source


@dataclass(slots=True)
class Tally:
    """What became of a table's rows.

    Args:
        table: its name.
        read: all of them.
        added: new here.
        changed: here already, and brought up to date.
        kept: here already, and left as they are.
        not_needed: dead ones: deleted, revoked, or expired.
        refused: those that could not be taken.
    """

    table: str
    read: int = 0
    added: int = 0
    changed: int = 0
    kept: int = 0
    not_needed: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Copying:
    """One run of an import.

    Killed at any moment it loses and doubles nothing: what is added of a page is a transaction, and the next run passes
    by what is there.

    Args:
        source: SuiteCRM's database.
        target: ours, with a current schema.
        zone: of the tokens' expiry columns.
        now: the moment by which tokens have expired.
        dry_run: whether nothing is written.
        refused: told the table, the id and the reason of each row that cannot be taken.
        advanced: told the number of rows after each page.
    """

    source: Source
    target: Database
    zone: ZoneInfo
    now: datetime
    dry_run: bool
    refused: Callable[[str, str, str], object]
    advanced: Callable[[int], object]

    def copy(self, ours: Table) -> Tally:
        """Copy a table.

        Raises:
            DatabaseUnavailable: one of the two databases is away.
        """
        tally = Tally(ours.name)
        columns = self.source.columns(ours)
        converter = RowConverter(ours, columns, self.zone)
        planner_of = SessionPlanner if ours.name == Token.__tablename__ else MirrorPlanner
        planner = planner_of(self.target, ours, columns, now=self.now, empty=is_empty(self.target, ours))
        with self._loading(ours):
            for page in self.source.pages(ours):
                plan = planner.plan(self._converted(ours, page, converter, tally), tally)
                if not self.dry_run:
                    planner.write(plan)
                tally.read += len(page)
                tally.added += len(plan.add)
                tally.changed += len(plan.change)
                self.advanced(len(page))
        return tally

    def _loading(self, ours: Table) -> AbstractContextManager[None]:
        # Of clients and users there are too few for that to be worth it.
        if self.dry_run or ours.name != Token.__tablename__:
            return nullcontext()
        return bulk_load(self.target, ours)

    def _converted(self, ours: Table, page: Iterable[Values], converter: RowConverter, tally: Tally) -> list[Row]:
        rows = []
        for values in page:
            try:
                rows.append(converter.convert(values))
            except RowFaultError as fault:
                tally.refused += 1
                self.refused(ours.name, fault.row_id, str(fault))
        return rows

"""Copies SuiteCRM's rows into our own database: again and again if need be, each time only what is new."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, insert, select, update

from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.ports import TokenFilter
from crm_oauth.suitecrm.rows import Row, RowConverter, RowFaultError
from crm_oauth.suitecrm.source import Source

_MARKS = ("id", "token_is_revoked")


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


@dataclass(slots=True)
class _Plan:
    """What to do about one page of rows."""

    add: list[Row] = field(default_factory=list)
    change: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Copying:
    """One run of an import.

    Killed at any moment it loses and doubles nothing: each page is a transaction, and the next run passes by what
    is there.

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
        converter = RowConverter(ours, self.source.columns(ours), self.zone)
        for page in self.source.pages(ours):
            rows = self._converted(ours, page, converter, tally)
            if ours.name == Token.__tablename__:
                plan = self._plan_sessions(ours, rows, tally)
                work = self._write_sessions
            else:
                plan = self._plan_mirror(ours, rows, tally)
                work = self._write_mirror
            if not self.dry_run:
                work(ours, plan)
            tally.read += len(page)
            tally.added += len(plan.add)
            tally.changed += len(plan.change)
            self.advanced(len(page))
        return tally

    def _converted(self, ours: Table, page: Iterable[Row], converter: RowConverter, tally: Tally) -> list[Row]:
        rows = []
        for row in page:
            try:
                rows.append(converter.convert(row))
            except RowFaultError as fault:
                tally.refused += 1
                self.refused(ours.name, str(row["id"]), str(fault))
        return rows

    def _plan_mirror(self, ours: Table, rows: list[Row], tally: Tally) -> _Plan:
        """Take over live rows, and whatever SuiteCRM changed since, unless it was changed here later."""
        here = self._here(ours, rows, self.source.columns(ours))
        plan = _Plan()
        for row in rows:
            mine = here.get(row["id"])
            if mine is None and row["deleted"] is False:
                plan.add.append(row)
            elif mine is None:
                tally.not_needed += 1
            elif mine == row or _is_later(mine, row):
                tally.kept += 1
            else:
                plan.change.append(row)
        return plan

    def _plan_sessions(self, ours: Table, rows: list[Row], tally: Tally) -> _Plan:
        """Take over live sessions and the end of those that ended there; what ended here never comes back."""
        unexpired = [row for row in rows if self._is_unexpired(row)]
        here = self._here(ours, unexpired, _MARKS)
        plan = _Plan()
        for row in unexpired:
            mine = here.get(row["id"])
            live = row["deleted"] is False and not row["token_is_revoked"]
            if mine is None and live:
                plan.add.append(row)
            elif mine is None:
                tally.not_needed += 1
            elif live or mine["token_is_revoked"]:
                tally.kept += 1
            else:
                plan.change.append(row)
        tally.not_needed += len(rows) - len(unexpired)
        return plan

    def _is_unexpired(self, row: Row) -> bool:
        ends = row["access_token_expires"], row["refresh_token_expires"]
        return any(end is not None and end > self.now for end in ends)

    def _here(self, ours: Table, rows: list[Row], columns: Iterable[str]) -> dict[str, Row]:
        query = select(*(ours.c[name] for name in columns)).where(ours.c.id.in_([row["id"] for row in rows]))
        with self.target.connection() as connection:
            return {row["id"]: dict(row) for row in connection.execute(query).mappings()}

    def _write_mirror(self, ours: Table, plan: _Plan) -> None:
        columns = self.source.columns(ours)
        changing = update(ours).where(ours.c.id == bindparam("row_id"))
        with self.target.connection() as connection:
            if plan.add:
                connection.execute(insert(ours), plan.add)
            if plan.change:
                values: dict[str, Any] = {name: bindparam(name) for name in columns if name != "id"}
                changes = [{**row, "row_id": row["id"]} for row in plan.change]
                connection.execute(changing.values(values), changes)

    def _write_sessions(self, ours: Table, plan: _Plan) -> None:
        if plan.add:
            with self.target.connection() as connection:
                connection.execute(insert(ours), plan.add)
        with self.target.unit_of_work() as stores:
            for row in plan.change:
                stores.tokens.revoke(TokenFilter(row_id=row["id"]), now=self.now)


def _is_later(mine: Row, theirs: Row) -> bool:
    # Changing a password, SuiteCRM leaves date_modified as it was: the same moment is theirs to have changed.
    return mine["date_modified"] is not None and (
        theirs["date_modified"] is None or mine["date_modified"] > theirs["date_modified"]
    )

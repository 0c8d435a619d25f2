"""What to do about a page of SuiteCRM's rows, by what there is of them here."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Table, bindparam, select, update

from crm_oauth.store.db import Database
from crm_oauth.store.many_rows import insert_rows
from crm_oauth.store.ports import TokenFilter
from crm_oauth.suitecrm.rows import Row


class Count(Protocol):
    """Where a plan counts the rows that it leaves alone: those that are here already, and dead ones."""

    kept: int
    not_needed: int


@dataclass(slots=True)
class Plan:
    """Rows that are new here, and rows that bring others up to date."""

    add: list[Row] = field(default_factory=list)
    change: list[Row] = field(default_factory=list)


class Planner(ABC):
    """Decides about the rows of one table, and does what was decided.

    Args:
        target: our database.
        ours: the table.
        columns: those of its columns that SuiteCRM has, too.
        now: the moment by which tokens have expired.
        empty: whether the table has no rows yet, so that none need be looked for; whoever adds one meanwhile makes up
            an id of its own.
    """

    def __init__(self, target: Database, ours: Table, columns: Sequence[str], *, now: datetime, empty: bool) -> None:
        self._target, self._ours, self._columns, self._now, self._empty = target, ours, columns, now, empty

    @abstractmethod
    def plan(self, rows: list[Row], count: Count) -> Plan:
        """Decide what to do about SuiteCRM's rows.

        Raises:
            DatabaseUnavailable: our database is away.
        """

    @abstractmethod
    def write(self, plan: Plan) -> None:
        """Do it, all or nothing.

        Raises:
            DatabaseUnavailable: our database is away.
        """

    def _here(self, rows: list[Row], columns: Iterable[str]) -> Mapping[str, Row]:
        if self._empty or not rows:
            return {}
        ours = self._ours.c
        query = select(*(ours[name] for name in columns)).where(ours.id.in_([row["id"] for row in rows]))
        with self._target.reading() as connection:
            return {row["id"]: dict(row) for row in connection.execute(query).mappings()}

    def _add(self, rows: list[Row]) -> None:
        if rows:
            with self._target.connection() as connection:
                insert_rows(connection, self._ours, rows)


class MirrorPlanner(Planner):
    """Takes over live rows, and whatever SuiteCRM changed since, unless it was changed here later."""

    def plan(self, rows: list[Row], count: Count) -> Plan:
        """Compare each row with the one that is here."""
        here = self._here(rows, self._columns)
        plan = Plan()
        for row in rows:
            mine = here.get(row["id"])
            if mine is None and row["deleted"] is False:
                plan.add.append(row)
            elif mine is None:
                count.not_needed += 1
            elif mine == row or _is_later(mine, row):
                count.kept += 1
            else:
                plan.change.append(row)
        return plan

    def write(self, plan: Plan) -> None:
        """Add new rows, and change others in each of SuiteCRM's columns."""
        self._add(plan.add)
        if plan.change:
            values: dict[str, Any] = {name: bindparam(name) for name in self._columns if name != "id"}
            changing = update(self._ours).where(self._ours.c.id == bindparam("row_id")).values(values)
            with self._target.connection() as connection:
                connection.execute(changing, [{**row, "row_id": row["id"]} for row in plan.change])


class SessionPlanner(Planner):
    """Takes over live sessions and the end of those that ended there; what ended here never comes back."""

    def plan(self, rows: list[Row], count: Count) -> Plan:
        """Compare each row that has not expired with the one that is here."""
        unexpired = [row for row in rows if self._is_unexpired(row)]
        here = self._here(unexpired, ("id", "token_is_revoked"))
        plan = Plan()
        for row in unexpired:
            mine = here.get(row["id"])
            live = row["deleted"] is False and not row["token_is_revoked"]
            if mine is None and live:
                plan.add.append(row)
            elif mine is None:
                count.not_needed += 1
            elif live or mine["token_is_revoked"]:
                count.kept += 1
            else:
                plan.change.append(row)
        count.not_needed += len(rows) - len(unexpired)
        return plan

    def write(self, plan: Plan) -> None:
        """Add new sessions; end others with all that came of them here."""
        self._add(plan.add)
        with self._target.unit_of_work() as stores:
            for row in plan.change:
                stores.tokens.revoke(TokenFilter(row_id=row["id"]), now=self._now)

    def _is_unexpired(self, row: Row) -> bool:
        ends = row["access_token_expires"], row["refresh_token_expires"]
        return any(end is not None and end > self._now for end in ends)


def _is_later(mine: Row, theirs: Row) -> bool:
    # Changing a password, SuiteCRM leaves date_modified as it was: the same moment is theirs to have changed.
    return mine["date_modified"] is not None and (
        theirs["date_modified"] is None or mine["date_modified"] > theirs["date_modified"]
    )

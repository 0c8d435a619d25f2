"""The audit trail in the database."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from crm_oauth.store.audit_entries import AuditEntry, AuditFilter, AuditRecord
from crm_oauth.store.many_rows import insert_rows
from crm_oauth.store.models import Base
from crm_oauth.store.own_models import AuditRow
from crm_oauth.store.unit_of_work import UnitOfWork

_FIELDS = tuple(field.name for field in fields(AuditEntry))
_TABLE = Base.metadata.tables[AuditRow.__tablename__]
_LIMITS = {name: length for name in _FIELDS if (length := getattr(_TABLE.columns[name].type, "length", None))}
_ROW_COLUMNS = (AuditRow.id, *(getattr(AuditRow, name) for name in _FIELDS))


class SqlAuditStore:
    """`AuditStore` over one unit of work."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries; text that does not fit its column is cut."""
        if entries:
            self._unit.begin()
            insert_rows(self._unit.connection, _TABLE, [_values(entry) for entry in entries])

    def search(self, which: AuditFilter, *, limit: int = 100, before: int | None = None) -> Sequence[AuditRecord]:
        """At most `limit` entries, the newest first."""
        query = select(*_ROW_COLUMNS).where(*_conditions(which)).order_by(AuditRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditRow.id < before)
        return [_record(row) for row in self._unit.session.execute(query)]

    def follow(self, which: AuditFilter, *, after: int, limit: int = 1000) -> Sequence[AuditRecord]:
        """At most `limit` entries numbered higher than `after`, the oldest first."""
        query = select(*_ROW_COLUMNS).where(*_conditions(which), AuditRow.id > after)
        return [_record(row) for row in self._unit.session.execute(query.order_by(AuditRow.id).limit(limit))]

    def purge(self, *, before: datetime, batch: int) -> int:
        """Remove at most `batch` entries that are older."""
        # Two statements, for MariaDB knows no LIMIT in the subquery of a DELETE; what is old stays so.
        old = select(AuditRow.id).where(AuditRow.at < before).order_by(AuditRow.at).limit(batch)
        numbers = self._unit.session.scalars(old).all()
        return self._unit.write(delete(AuditRow).where(AuditRow.id.in_(numbers)))


def _values(entry: AuditEntry) -> dict[str, Any]:
    values: dict[str, Any] = {"at": entry.at}
    for name, length in _LIMITS.items():
        value: str = getattr(entry, name)
        # NUL is what no database takes.
        values[name] = value.replace("\0", "")[:length] if len(value) > length or "\0" in value else value
    return values


def _record(row: Any) -> AuditRecord:  # noqa: ANN401  # a row of the columns above
    return AuditRecord(row[0], AuditEntry(**dict(zip(_FIELDS, row[1:], strict=True))))


def _conditions(which: AuditFilter) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (AuditRow.client_id, which.client_id),
        (AuditRow.user_id, which.user_id),
        (AuditRow.actor, which.actor),
        (AuditRow.address, which.address),
        (AuditRow.request_id, which.request_id),
    ):
        if value is not None:
            yield column == value
    if which.events:
        yield AuditRow.event.in_(which.events)
    if which.since is not None:
        yield AuditRow.at >= which.since

"""What an upgrade of the schema will do: each migration tells it of itself, the database how much there is to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from crm_oauth.store import schema
from crm_oauth.store.db import Database

if TYPE_CHECKING:
    from alembic.script import Script

# Rows as each database's own statistics have them, for counting a hundred million takes minutes.
_ROWS = {
    "sqlite": "SELECT max(rowid) FROM {table}",
    "mysql": "SELECT table_rows FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name = '{table}'",
    "postgresql": "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = to_regclass('{table}')",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A migration that is to come.

    Args:
        revision: that it leads to.
        does: what it does, a sentence.
        servers_go_on: whether servers of the present revision may run meanwhile, and after it.
        seconds: how long it takes, roughly, with the rows that there are.
    """

    revision: str
    does: str
    servers_go_on: bool
    seconds: int


def pending(database: Database) -> list[Step]:
    """Return what an upgrade will do, in order; nothing is changed.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    with database.reading() as connection:
        return list(_steps(connection))


def _steps(connection: Connection) -> Iterator[Step]:
    revision = schema.revision_of(connection)
    scripts = schema.scripts(connection)
    for script in reversed(list(scripts.iterate_revisions("head", revision))):
        yield Step(
            revision=script.revision,
            does=script.doc,
            servers_go_on=revision is not None and schema.oldest_program(script) <= revision,
            seconds=round(_seconds(connection, script)),
        )


def _seconds(connection: Connection, script: "Script") -> float:
    # What migrations do to large tables they do to those of our own databases alone.
    if schema.version_table(connection) != schema.OWN_VERSION_TABLE:
        return 0
    costs: Mapping[str, float] = getattr(script.module, "seconds_per_million_rows", {})
    return sum(seconds * _rows(connection, table) / 1_000_000 for table, seconds in costs.items())


def _rows(connection: Connection, table: str) -> float:
    if not inspect(connection).has_table(table):
        return 0
    return float(connection.scalar(text(_ROWS[connection.dialect.name].format(table=table))) or 0)

"""What a migration may do to the tables under servers that do not know it: only add, and nothing that binds them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from crm_oauth.shipped import shipped
from crm_oauth.store import schema
from crm_oauth.store.db import Database


@dataclass(frozen=True)
class Column:
    """How a program sees a column.

    Args:
        kind: its type.
        nullable: whether it may be empty.
        fills_itself: whether a row may be inserted without a word about it.
    """

    kind: str
    nullable: bool
    fills_itself: bool


@dataclass(frozen=True)
class Table:
    """How a program sees a table.

    Args:
        columns: by name.
        bonds: what may refuse a row: primary key, unique sets of columns, foreign keys, checks.
    """

    columns: dict[str, Column]
    bonds: frozenset[str]


def upgrade_to(database: Database, revision: str, migrations: Path | None = None) -> None:
    """Bring an empty or older schema to a revision, with migrations that need not be the program's."""
    config = Config()
    config.set_main_option("script_location", str(migrations or shipped("migrations")))
    with schema.alone(database) as connection:
        config.attributes.update(connection=connection, version_table=schema.OWN_VERSION_TABLE)
        command.upgrade(config, revision)


def tables(database: Database) -> dict[str, Table]:
    """Look at the tables that there are."""
    with database.reading() as connection:
        names = set(inspect(connection).get_table_names()) - {schema.OWN_VERSION_TABLE}
        return {name: _look(connection, name) for name in names}


def breaches(before: dict[str, Table], after: dict[str, Table]) -> Iterator[str]:
    """Name whatever would disturb a program that was written for the tables as they were before."""
    for name, old in before.items():
        if name not in after:
            yield f"{name} is gone"
            continue
        new = after[name]
        yield from (f"{name}.{column} is gone" for column in old.columns if column not in new.columns)
        yield from (f"{name} is bound by {bond}" for bond in new.bonds - old.bonds)
        for column, now in new.columns.items():
            was = old.columns.get(column)
            if was is None and not now.nullable and not now.fills_itself:
                yield f"{name}.{column} must be filled"
            if was is not None and was != now:
                yield f"{name}.{column} is another"


def _look(connection: Connection, name: str) -> Table:
    there = inspect(connection)
    columns = {
        column["name"]: Column(
            str(column["type"]),
            bool(column["nullable"]),
            column.get("default") is not None or bool(column.get("autoincrement") is True),
        )
        for column in there.get_columns(name)
    }
    bonds = {f"the primary key {there.get_pk_constraint(name)['constrained_columns']}"}
    bonds |= {f"unique {each['column_names']}" for each in there.get_unique_constraints(name)}
    bonds |= {f"unique {each['column_names']}" for each in there.get_indexes(name) if each["unique"]}
    bonds |= {f"foreign key {each['constrained_columns']}" for each in there.get_foreign_keys(name)}
    bonds |= {f"check {each['sqltext']}" for each in there.get_check_constraints(name)}
    return Table(columns, frozenset(bonds))

"""Whether a database is SuiteCRM's, what sharing it takes, and which indexes its tables lack."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Inspector, Table, inspect, text

from crm_oauth.faults import StartupError
from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token, User
from crm_oauth.store.own_models import OwnBase
from crm_oauth.store.sharing import SUITECRM_TABLES, VERSION_TABLE, lacking_columns

_OWN_TABLES = sorted({VERSION_TABLE, *OwnBase.metadata.tables} - {table.name for table in SUITECRM_TABLES})

# One of these without our stamp, and all tables are our own: Alembic makes the other stamp first of all.
_TELLING = {schema.OWN_VERSION_TABLE, *_OWN_TABLES}

# What every version has, and nothing can be done without: signing in least of all without what bars a user.
_NEEDED = {
    Client.__tablename__: {"id", "secret", "is_confidential", "deleted"},
    Token.__tablename__: {
        *("id", "client", "token_is_revoked", "date_entered", "date_modified", "deleted"),
        *("access_token", "access_token_expires", "refresh_token", "refresh_token_expires"),
    },
    User.__tablename__: {
        *("id", "user_name", "user_hash", "status", "deleted"),
        *("portal_only", "is_group", "external_auth_only"),
    },
}

# Longer text is indexed by its first letters, as many as an identifier of a token has.
_LONGEST_WHOLE, _PREFIX = 255, 80


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found in a database of SuiteCRM's.

    Args:
        lacking: columns that came in later versions, each as `table.column`.
        to_make: tables of ours that are not there yet.
        indexes: a statement for each index without which a look-up reads a whole table.
    """

    lacking: frozenset[str]
    to_make: tuple[str, ...]
    indexes: tuple[str, ...]


def survey(database: Database) -> Survey:
    """Look at a database; nothing is changed.

    Raises:
        StartupError: it is not SuiteCRM's.
        DatabaseUnavailable: it is away.
    """
    if database.url.get_backend_name() != "mysql":
        raise StartupError(["SuiteCRM's database is on MySQL or MariaDB: mysql://USER:PASSWORD@HOST/DATABASE"])
    with database.reading() as connection:
        there = inspect(connection)
        tables = set(there.get_table_names())
        if VERSION_TABLE not in tables and not tables.isdisjoint(_TELLING):
            raise StartupError(["This database is crm-oauth's own already, not SuiteCRM's."])
        columns = {
            table.name: {each["name"] for each in there.get_columns(table.name)}
            for table in SUITECRM_TABLES
            if table.name in tables
        }
        _check(columns)
        lacking = lacking_columns(columns)
        return Survey(
            lacking,
            to_make=tuple(name for name in _OWN_TABLES if name not in tables),
            indexes=tuple(_missing_indexes(there, lacking)),
        )


def make_indexes(database: Database, statements: Iterable[str]) -> None:
    """Make indexes; MariaDB and MySQL let others read and write meanwhile.

    Args:
        database: SuiteCRM's.
        statements: of its `Survey`.

    Raises:
        DatabaseUnavailable: it is away, or the account may not make indexes.
    """
    with schema.alone(database) as connection:
        for statement in statements:
            connection.execute(text(statement))


def _check(columns: Mapping[str, set[str]]) -> None:
    missing = [
        name if name not in columns else f"{name}.{column}"
        for name, needed in _NEEDED.items()
        for column in (sorted(needed - columns[name]) if name in columns else [""])
    ]
    if missing:
        raise StartupError([f"This is no SuiteCRM database: it lacks {', '.join(missing)}."])


def _missing_indexes(there: Inspector, lacking: frozenset[str]) -> Iterator[str]:
    for table in SUITECRM_TABLES:
        lengths = {each["name"]: getattr(each["type"], "length", None) or 0 for each in there.get_columns(table.name)}
        indexed = {each["name"]: each["column_names"] for each in there.get_indexes(table.name)}
        for name, columns in _indexes(table):
            # One of the columns that are left would be another index, in the way once the others have come.
            can_be = lacking.isdisjoint(f"{table.name}.{each}" for each in columns)
            if can_be and columns not in [each[: len(columns)] for each in indexed.values()]:
                parts = ", ".join(f"{each}({_PREFIX})" if lengths[each] > _LONGEST_WHOLE else each for each in columns)
                yield _making(name, table.name, parts, anew=name in indexed)


def _making(name: str, table: str, parts: str, *, anew: bool) -> str:
    if anew:
        return f"ALTER TABLE {table} DROP INDEX {name}, ADD INDEX {name} ({parts})"
    return f"CREATE INDEX {name} ON {table} ({parts})"


def _indexes(table: Table) -> Iterator[tuple[str, list[str]]]:
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        # One on an expression is another database's.
        columns = [each.name for each in index.expressions if isinstance(each, Column)]
        if columns:
            yield str(index.name), columns

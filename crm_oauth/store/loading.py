"""A table that very many rows go into: without its indexes, which are made once all are there."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Index, Table, exc, inspect, select

from crm_oauth.store import schema
from crm_oauth.store.db import Database, DatabaseUnavailable


def is_empty(database: Database, table: Table) -> bool:
    """Tell whether a table has no rows.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    with database.reading() as connection:
        return connection.execute(select(table.c.id).limit(1)).first() is None


@contextmanager
def bulk_load(database: Database, table: Table) -> Iterator[None]:
    """Have a table filled: an empty one without its indexes, which cost more than the rows when kept up row by row.

    At the end all are there, also those that a run before this one left out, because it was killed.

    Args:
        database: one of our own; in SuiteCRM's this may not be done.
        table: one whose indexes are on columns alone.

    Raises:
        DatabaseUnavailable: from the block too.
    """
    if is_empty(database, table):
        _drop_indexes(database, table)
    yield
    make_indexes(database, table)


def missing_indexes(connection: Connection, table: Table) -> list[Index]:
    """Return which of a table's indexes are not there."""
    there = {each["name"] for each in inspect(connection).get_indexes(table.name)}
    return sorted((index for index in table.indexes if index.name not in there), key=lambda index: str(index.name))


def make_indexes(database: Database, table: Table) -> None:
    """Make those of a table's indexes that are not there.

    Raises:
        DatabaseUnavailable: the database is away, or the account may not make indexes.
    """
    with database.reading() as connection:
        if not missing_indexes(connection, table):
            return
    try:
        with schema.alone(database) as connection:
            for index in missing_indexes(connection, table):
                index.create(connection)
    except exc.ProgrammingError as error:
        raise DatabaseUnavailable(str(error.orig)) from error


def _drop_indexes(database: Database, table: Table) -> None:
    try:
        with database.connection() as connection:
            for index in table.indexes:
                index.drop(connection, checkfirst=True)
    except (DatabaseUnavailable, exc.ProgrammingError):
        return  # An account that may not do so, or a table in use: it takes longer with them, no more.

"""Very many rows at once: into a table without its indexes, which are made once all rows are there."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Index, Table, exc, insert, inspect, select
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from crm_oauth.store import schema
from crm_oauth.store.db import Database, DatabaseUnavailable

Row = Mapping[str, Any]


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


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows by the quickest way that the database has.

    Args:
        connection: in a transaction.
        table: whose rows they are.
        rows: values by column; all have the same ones, and the model's defaults come in for the others.
    """
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        connection.execute(insert(table), rows)


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


def _copy(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Send rows by PostgreSQL's COPY, which takes a fraction of the time of any INSERT."""
    given = rows[0].keys()
    default_values = {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in given and isinstance(column.default, ScalarElementColumnDefault)
    }
    columns = [*given, *default_values]
    dialect = connection.dialect
    processors = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in given}
    quoted = dialect.identifier_preparer.quote
    statement = f"COPY {quoted(table.name)} ({', '.join(map(quoted, columns))}) FROM STDIN"
    try:
        with closing(connection.connection.cursor()) as cursor, cursor.copy(statement) as copy:
            for row in rows:
                values = (process(row[name]) if process else row[name] for name, process in processors.items())
                copy.write_row((*values, *default_values.values()))
    except dialect.loaded_dbapi.Error as error:
        # As SQLAlchemy does for statements that go through it.
        raise exc.DBAPIError.instance(statement, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error

"""Rows by the quickest way into a table that each database has."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Table, exc, insert
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Row = Mapping[str, Any]


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
        # SQLAlchemy, which knows what errors end a connection's use, does not see this one.
        connection.invalidate(error)
        # As SQLAlchemy does for statements that go through it.
        raise exc.DBAPIError.instance(statement, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error

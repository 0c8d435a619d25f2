"""Writes whose SQL and whose parameters' types are worked out once, instead of at each execution.

SQLAlchemy's own way through a statement of twenty parameters costs a token as much as its driver's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Connection, Dialect, Insert, Update, select
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]
"""The parameters of a write; they may be more than it has."""


class PreparedText:
    """A text in one dialect's words, and how to give its parameters to the driver.

    Args:
        sql: the text, with parameters by their position.
        parts: what it was made of, in this order.
        rows: how often the same parameters follow each other.
    """

    def __init__(self, sql: str, parts: Sequence[SQLCompiler], rows: int = 1) -> None:
        self._sql = sql
        processors = {
            name: bind.type.dialect_impl(part.dialect).bind_processor(part.dialect)
            for part in parts
            for name, bind in part.binds.items()
        }
        names = [name for part in parts for name in part.positiontup or ()]
        self._of_a_row = [(name, processors[name]) for name in names[: len(names) // rows]]

    def execute(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Execute it and return how many rows it matched."""
        arguments = [process(row[name]) if process else row[name] for row in rows for name, process in self._of_a_row]
        return connection.exec_driver_sql(self._sql, tuple(arguments)).rowcount


class PreparedWrite:
    """An INSERT or UPDATE, or several, that go to the driver as one text.

    Args:
        statements: return no rows; their values are constants in their text, or named parameters.
        as_one: makes one text of theirs, in which each comes once and in this order.
    """

    def __init__(self, *statements: Insert | Update, as_one: Callable[..., str] = "{}".format) -> None:
        self._statements = statements
        self._as_one = as_one
        self._texts: WeakKeyDictionary[Dialect, PreparedText] = WeakKeyDictionary()

    def execute(self, connection: Connection, row: Row) -> int:
        """Execute it and return how many rows it matched."""
        text = self._texts.get(connection.dialect)
        if text is None:
            parts = [statement.compile(dialect=connection.dialect) for statement in self._statements]
            text = self._texts[connection.dialect] = PreparedText(self._as_one(*map(str, parts)), parts)
        return text.execute(connection, [row])


class _HasConnection(Protocol):
    @property
    def connection(self) -> Connection: ...


class PreparedGroup:
    """INSERTs that go to the driver as one text; each has a condition, and inserts a row where it holds.

    Args:
        statement: makes one of so many, each with the same parameters in the same order.
        key: column by which an inserted row is known.
        parameter: that holds its value.
    """

    def __init__(self, statement: Callable[[int], Insert], key: Column[Any], parameter: str) -> None:
        self._statement = statement
        self._key = key
        self._parameter = parameter
        self._texts: WeakKeyDictionary[Dialect, dict[int, PreparedText]] = WeakKeyDictionary()

    def __call__(self, unit: _HasConnection, rows: Sequence[Row]) -> Sequence[bool]:
        """Execute them, and tell of each whether its condition held.

        Args:
            unit: a unit of work.
            rows: of each INSERT.
        """
        dialect = unit.connection.dialect
        texts = self._texts.setdefault(dialect, {})
        text = texts.get(len(rows))
        if text is None:
            part = self._statement(len(rows)).compile(dialect=dialect)
            text = texts[len(rows)] = PreparedText(str(part), [part], len(rows))
        inserted = text.execute(unit.connection, rows)
        if inserted in {0, len(rows)}:
            return [inserted > 0] * len(rows)
        keys = [row[self._parameter] for row in rows]
        there = set(unit.connection.scalars(select(self._key).where(self._key.in_(keys))))
        return [key in there for key in keys]

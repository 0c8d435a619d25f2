"""Writes whose SQL and whose parameters' types are worked out once, instead of at each execution.

SQLAlchemy's own way through a statement of twenty parameters costs a token as much as its driver's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Insert, Update
from sqlalchemy.sql.compiler import SQLCompiler


class PreparedWrite:
    """An INSERT or UPDATE, or several, that go to the driver as one text.

    Args:
        statements: return no rows; their values are constants in their text, or named parameters.
        as_one: makes one text of theirs, in which each comes once and in this order.
    """

    def __init__(self, *statements: Insert | Update, as_one: Callable[..., str] = "{}".format) -> None:
        self._statements = statements
        self._as_one = as_one
        self._texts: WeakKeyDictionary[Dialect, _Text] = WeakKeyDictionary()

    def execute(self, connection: Connection, parameters: Mapping[str, Any]) -> int:
        """Execute it and return how many rows it matched.

        Args:
            connection: of any engine.
            parameters: the same names at each execution; they may be more than the statements have.
        """
        text = self._texts.get(connection.dialect)
        if text is None:
            text = self._texts[connection.dialect] = self._text(connection.dialect, list(parameters))
        return connection.exec_driver_sql(text.sql, text.arguments(parameters)).rowcount

    def _text(self, dialect: Dialect, names: list[str]) -> "_Text":
        parts = [statement.compile(dialect=dialect, column_keys=names) for statement in self._statements]
        return _Text(self._as_one(*map(str, parts)), parts)


class _Text:
    """One text in one dialect's words, and how to give its parameters to the driver."""

    def __init__(self, sql: str, parts: Sequence[SQLCompiler]) -> None:
        self.sql = sql
        self._processors = {
            name: bind.type.dialect_impl(part.dialect).bind_processor(part.dialect)
            for part in parts
            for name, bind in part.binds.items()
        }
        self._order = [name for part in parts for name in part.positiontup or ()]  # empty where the driver knows names

    def arguments(self, parameters: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        """Return what the driver is to be given."""
        values = {
            name: process(parameters[name]) if process else parameters[name]
            for name, process in self._processors.items()
        }
        return tuple([values[name] for name in self._order]) if self._order else values

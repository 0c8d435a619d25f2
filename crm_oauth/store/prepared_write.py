"""Writes whose SQL and whose parameters' types are worked out once, instead of at each execution.

SQLAlchemy's own way through a statement of twenty parameters costs a token as much as its driver's.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Insert, Update


class PreparedWrite:
    """An INSERT or UPDATE that goes to the driver as text.

    Args:
        statement: returns no rows; its values are constants in its text, or named parameters.
    """

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        self._texts: WeakKeyDictionary[Dialect, _Text] = WeakKeyDictionary()

    def execute(self, connection: Connection, parameters: Mapping[str, Any]) -> int:
        """Execute it and return how many rows it matched.

        Args:
            connection: of any engine.
            parameters: the same names at each execution; they may be more than the statement has.
        """
        text = self._texts.get(connection.dialect)
        if text is None:
            text = self._texts[connection.dialect] = _Text(self._statement, connection.dialect, parameters)
        return connection.exec_driver_sql(text.sql, text.arguments(parameters)).rowcount


class _Text:
    """A statement in one dialect's words, and how to give its parameters to the driver."""

    def __init__(self, statement: Insert | Update, dialect: Dialect, names: Iterable[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        self.sql = str(compiled)
        self._order = compiled.positiontup  # None where the driver knows names
        self._processors = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }

    def arguments(self, parameters: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        """Return what the driver is to be given."""
        values = {
            name: process(parameters[name]) if process else parameters[name]
            for name, process in self._processors.items()
        }
        return values if self._order is None else tuple([values[name] for name in self._order])

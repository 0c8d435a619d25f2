"""Comparing columns of tables whose letters are ordered by different rules, as those of an upgraded SuiteCRM are."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_collations: WeakKeyDictionary[Dialect, Mapping[str, str]] = WeakKeyDictionary()


def keep_collations(dialect: Dialect, of_tables: Mapping[str, str]) -> None:
    """Set by which rules the ids of tables are compared; those of a database of our own all have the same.

    Args:
        dialect: the engine's, for MySQL or MariaDB; no statement has been compiled by it yet.
        of_tables: the collation of each table's ids.
    """
    _collations[dialect] = of_tables


class AsIn(FunctionElement[Any]):
    """A column as another one's table would hold it, for `other == AsIn(column, other)`.

    MySQL refuses to compare columns of two collations; and where it converts the other one by itself, it cannot use its
    index.

    Args:
        column: to be converted.
        other: an indexed one, to compare it with.
    """

    inherit_cache = True

    def __init__(self, column: InstrumentedAttribute[Any], other: InstrumentedAttribute[Any]) -> None:
        super().__init__(column, other)


@compiles(AsIn)
def _plain(element: AsIn, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's signature
    column, _ = element.clauses
    return compiler.process(column, **options)


@compiles(AsIn, "mysql")
def _converted(element: AsIn, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # same
    column, other = element.clauses
    text = compiler.process(column, **options)
    collation = _collations.get(compiler.dialect, {}).get(other.table.name)
    if collation is None:
        return text
    return f"CONVERT({text} USING {collation.partition('_')[0]}) COLLATE {collation}"

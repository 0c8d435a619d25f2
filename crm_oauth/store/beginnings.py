"""Finding texts by how they begin, by an index, whatever order of letters a database has."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_LENGTH = 36


def begins_with(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """Tell whether an id begins with a text.

    Args:
        column: of ids.
        text: one character of ASCII at least.
    """
    return and_(_Near(column, text), func.substr(column, 1, len(text)) == text)


class _Near(FunctionElement[Any]):
    """Holds for all that begins with a text, and for as little more as an index can tell.

    It is not of the type Boolean, whose `= 1` would keep databases from their indexes.
    """

    inherit_cache = True

    def __init__(self, column: InstrumentedAttribute[Any], text: str) -> None:
        # What follows all of them differs: by bytes it is the text with the next letter for its last, but people sort
        # punctuation before digits, these before letters, and in Danish every "aa" after z.
        ends = (text[:-1] + chr(ord(text[-1]) + 1), text + "z" * _LENGTH, text + "a" * 2 * _LENGTH)
        begins = column.startswith(text, autoescape=True)
        super().__init__(begins, column, *(literal(each, column.type) for each in (text, *ends)))


@compiles(_Near)
def _between(element: _Near, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's signature
    _, column, first, *ends = (compiler.process(clause, **options) for clause in element.clauses)
    greatest = "max" if compiler.dialect.name == "sqlite" else "greatest"
    return f"({column} >= {first} AND {column} <= {greatest}({', '.join(ends)}))"


@compiles(_Near, "mysql")
def _like(element: _Near, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  # same
    # It knows the order of a column's letters, and finds the range itself.
    begins, *_ = element.clauses
    return f"({compiler.process(begins, **options)})"

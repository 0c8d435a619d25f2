"""SuiteCRM's tables of an age at which they lack columns that came later."""

from collections.abc import Set as AbstractSet
from copy import copy
from itertools import compress
from typing import Any, ClassVar

from sqlalchemy import ColumnClause, CompoundSelect, Dialect, Insert, Select, Table, Update, union_all
from sqlalchemy.dialects.mysql.base import MySQLCompiler
from sqlalchemy.sql.base import DedupeColumnCollection


def do_without(dialect: Dialect, lacking: AbstractSet[str]) -> None:
    """Have the statements of one engine neither read nor write columns that are not there.

    Such a column reads as the model's default, which is what SuiteCRM's upgrade will put there, or as NULL.

    Args:
        dialect: the engine's, for MySQL or MariaDB; no statement has been compiled by it yet.
        lacking: the columns, each as `table.column`.
    """
    dialect.statement_compiler = type("Compiler", (_Compiler,), {"lacking": lacking})


class _Compiler(MySQLCompiler):
    lacking: ClassVar[AbstractSet[str]]

    def visit_column(self, column: ColumnClause[Any], *arguments: Any, **options: Any) -> str:  # noqa: ANN401  # SQLAlchemy's signature
        # Called in any case, for it also notes where in the result the value will be.
        text = super().visit_column(column, *arguments, **options)
        if str(column) not in self.lacking:
            return text
        default = getattr(column.default, "arg", None)
        return self.render_literal_value(default, column.type)

    def visit_insert(self, insert_stmt: Insert, *arguments: Any, **options: Any) -> str:  # noqa: ANN401  # same
        # Defaults are written for each column of the table, so that the table must not have these.
        if isinstance(table := insert_stmt.table, Table):
            insert_stmt = copy(insert_stmt)
            insert_stmt.table = self._shortened(table)
            if isinstance(insert_stmt.select, CompoundSelect):
                self._shorten_selects(insert_stmt, insert_stmt.select)
        text: str = super().visit_insert(insert_stmt, *arguments, **options)  # type: ignore[no-untyped-call]  # as it is
        return text

    def visit_update(self, update_stmt: Update, *arguments: Any, **options: Any) -> str:  # noqa: ANN401  # same
        if self.column_keys:
            self.column_keys = [key for key in self.column_keys if f"{update_stmt.table}.{key}" not in self.lacking]
        return super().visit_update(update_stmt, *arguments, **options)

    def _shorten_selects(self, insert_stmt: Insert, rows: CompoundSelect[Any]) -> None:
        # Of an INSERT … SELECT: what is not inserted is not selected.
        names = insert_stmt._select_names or []  # noqa: SLF001  # no public way
        kept = [f"{insert_stmt.table}.{name}" not in self.lacking for name in names]
        insert_stmt._select_names = list(compress(names, kept))  # noqa: SLF001  # same
        selects = (row for row in rows.selects if isinstance(row, Select))
        insert_stmt.select = union_all(
            *(select.with_only_columns(*compress(select.selected_columns, kept)) for select in selects)
        )

    def _shortened(self, table: Table) -> Table:
        there = [(column.key, column) for column in table.columns if str(column) not in self.lacking]
        shorter = copy(table)
        # The same columns, not their copies: the ORM looks for them in what was inserted.
        shorter._columns = DedupeColumnCollection(there)  # noqa: SLF001  # no public way keeps them
        for remembered in ("c", "columns"):
            shorter.__dict__.pop(remembered, None)
        return shorter

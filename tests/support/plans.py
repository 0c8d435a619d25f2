"""What statements a piece of code sends, and how the database means to run them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import event, text

from crm_oauth.store.db import Database


def parts(statement: str, parameters: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:  # noqa: ANN401  # the driver's
    """Take MariaDB's blocks apart, of which it tells no plan; any other statement is its only part.

    Args:
        statement: as the driver got it.
        parameters: by their position.
    """
    values = iter(parameters)
    for part in re.split(r"; (?:IF \S+ = 1 THEN )?", statement):
        yield part, tuple(islice(values, len(re.findall(r"%s|\?", part))))


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Record what a block sends to the database, BEGIN and COMMIT too, each with its parameters."""
    with database.reading() as connection:
        engine = connection.engine
    seen: list[tuple[str, Any]] = []

    def record(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", record)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", record)


def plan_of(database: Database, statement: str, parameters: object) -> str:
    """Ask the database for its plan of a statement."""
    with database.connection() as connection:
        dialect = connection.dialect.name
        if dialect == "postgresql":
            # Else it would read the few pages of a small table whole.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if dialect == "sqlite" else "EXPLAIN"
        return str(connection.exec_driver_sql(f"{explain} {statement}", parameters).mappings().all())  # type: ignore[arg-type]  # whatever the driver took

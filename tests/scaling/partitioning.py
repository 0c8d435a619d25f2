"""The statements of docs/scaling.md that partition a database, with months that suit the present."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from crm_oauth.store.db import Database

PAGE = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
ENGINES = {"mysql": "MariaDB", "postgresql": "PostgreSQL"}

# The blocks of either section, in their order.
PARTITION, PROLONG, LAST_EXPIRY, DROP = range(4)


def statements(database: Database, block: int, first_month: datetime) -> list[str]:
    """Return the statements of a block.

    Args:
        database: of an engine that has a section.
        block: which.
        first_month: stands in the place of January 2027, and those that follow it for the next.
    """
    section = PAGE.partition(f"### {ENGINES[database.url.get_backend_name()]}\n")[2].partition("\n### ")[0]
    text = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)[block]
    dated = re.sub(r"2027([-_])(0\d)", lambda found: _month(first_month, int(found[2]) - 1, found[1]), text)
    return [statement.strip() for statement in dated.split(";\n") if statement.strip()]


def run(connection: Connection, statements: list[str]) -> None:
    """Send statements one after the other."""
    for statement in statements:
        connection.exec_driver_sql(statement)


def month(ago: int) -> datetime:
    """Return the beginning of this month, or of one that many months ago; negative: still to come."""
    now = datetime.now(UTC)
    total = now.year * 12 + now.month - 1 - ago
    return datetime(total // 12, total % 12 + 1, 1, tzinfo=UTC)


def _month(first: datetime, later: int, between: str) -> str:
    total = first.year * 12 + first.month - 1 + later
    return f"{total // 12}{between}{total % 12 + 1:02}"


def end_of(begin: datetime) -> datetime:
    """Return the last second of a month."""
    return (begin + timedelta(days=32)).replace(day=1) - timedelta(seconds=1)

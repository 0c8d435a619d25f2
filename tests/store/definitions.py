"""How a database itself describes our tables."""

from sqlalchemy import Connection, text

from crm_oauth.store.models import Base

# What each database says of its own tables, a column or an index a line.
_DEFINITIONS = {
    "sqlite": ["SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"],
    "mysql": [f"SHOW CREATE TABLE {table}" for table in Base.metadata.tables],
    "postgresql": [
        """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, collation_name
           FROM information_schema.columns WHERE table_schema = 'public'""",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    ],
}


def definition(connection: Connection) -> set[str]:
    """Read the lines that define the tables, in no order."""
    statements = _DEFINITIONS[connection.dialect.name]
    rows = [row for statement in statements for row in connection.execute(text(statement))]
    lines = "\n".join(" ".join(map(str, row)) for row in rows).splitlines()
    return {line.strip().rstrip(",").strip() for line in lines}

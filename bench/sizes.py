"""`python -m bench.sizes DATABASE [ROWS]`: what rows weigh, table and each index; kept in `bench/sizes.json`.

The tables are filled as a server fills them: tokens at random, ids and times in order.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

from bench.filling import add_history, add_tokens, give_memory
from bench.needs import clean_up_at_end, one_database
from bench.subjects import database_server, temporary_folder
from crm_oauth.store import schema
from crm_oauth.store.db import Database

FILE = Path(__file__).with_name("sizes.json")
TABLES = ("oauth2tokens", "crm_oauth_refreshes", "crm_oauth_audit")

Bytes = Mapping[str, int]
"""Of a table its own, under the table's name, and of each of its indexes."""

# Each tells table, part of it (itself, or an index) and bytes.
_QUERIES = {
    "sqlite": "SELECT s.tbl_name, s.name, SUM(d.pgsize)"
    " FROM sqlite_schema s JOIN dbstat d ON d.name = s.name GROUP BY s.name",
    "mysql": "SELECT table_name, CASE index_name WHEN 'PRIMARY' THEN table_name ELSE index_name END,"
    " stat_value * @@innodb_page_size FROM mysql.innodb_index_stats"
    " WHERE stat_name = 'size' AND database_name = DATABASE()",
    "postgresql": "SELECT relname, relname, pg_table_size(oid) FROM pg_class WHERE relkind = 'r' UNION ALL"
    " SELECT i.indrelid::regclass::text, c.relname, pg_relation_size(c.oid)"
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid",
}


def main() -> None:
    """Fill a database, print what its rows weigh, and keep it."""
    name, rows = one_database("What rows weigh, table and each index.")
    clean_up_at_end()
    with _empty(name) as url:
        add_tokens(url, 0, rows)
        add_history(url, rows)
        sizes = {"rows": rows, "tables": measure(url)}
    print(json.dumps(sizes, indent=2))
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    FILE.write_text(json.dumps(kept | {name: sizes}, indent=2) + "\n", encoding="utf-8")


def measure(url: str) -> dict[str, Bytes]:
    """Return the bytes of each table that grows with the requests."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(_QUERIES[engine.dialect.name]).all()
    engine.dispose()
    return {table: {part: int(size) for owner, part, size in found if owner == table} for table in TABLES}


@contextmanager
def _empty(name: str) -> Iterator[str]:
    with database_server(name, durable=False) as server, temporary_folder() as folder:
        url = server.new_database() if server else f"sqlite:///{folder}/sizes.db"
        database = Database(url)
        schema.upgrade(database)
        database.dispose()
        give_memory(url)
        yield url


if __name__ == "__main__":
    main()

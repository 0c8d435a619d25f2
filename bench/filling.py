"""Fills a database with as many rows as a large and old installation has, by the database's own means."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from crm_oauth.compat.client_secrets import hash_client_secret

CLIENTS, USERS = 100_000, 10_000
_CHUNK = 50_000

_SERIES = "WITH RECURSIVE series (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series WHERE n < {last}) "

# Identifiers are as long and as scattered as those that a server draws.
_TOKENS = {
    "id": "md5('row' || n)",
    "access_token": "md5('access' || n) || md5('token' || n) || '0123456789abcdef'",
    "refresh_token": "md5('refresh' || n) || md5('again' || n) || '0123456789abcdef'",
    "client": f"md5('client' || (n % {CLIENTS}))",
    "assigned_user_id": f"md5('user' || (n % {USERS}))",
    "access_token_expires": "'2030-01-01 00:00:00'",
    "refresh_token_expires": "'2030-02-01 00:00:00'",
    "token_is_revoked": "{false}",
    "deleted": "{false}",
    "date_entered": "'2026-01-01 00:00:00'",
}
_CLIENTS = {
    "id": "md5('client' || n)",
    "name": "'client ' || n",
    "secret": f"'{hash_client_secret('secret', 'sha256')}'",
    "is_confidential": "{true}",
    "allowed_grant_type": "'client_credentials'",
    "assigned_user_id": f"md5('user' || (n % {USERS}))",
    "deleted": "{false}",
}

_SESSIONS = {
    "sqlite": ["PRAGMA synchronous = OFF"],
    "mysql": ["SET SESSION sql_mode = 'PIPES_AS_CONCAT'", f"SET SESSION max_recursive_iterations = {_CHUNK + 1}"],
    "postgresql": ["SET synchronous_commit = off"],
}
_SETTLED = {
    "sqlite": ["PRAGMA wal_checkpoint(TRUNCATE)"],
    "mysql": ["ANALYZE TABLE oauth2tokens", "ANALYZE TABLE oauth2clients"],
    "postgresql": ["VACUUM ANALYZE oauth2tokens", "VACUUM ANALYZE oauth2clients", "CHECKPOINT"],
}


def add_clients(url: str) -> None:
    """Add a hundred thousand clients."""
    with _filling(url) as connection:
        _insert(connection, "oauth2clients", _CLIENTS, 0, CLIENTS)


def add_tokens(url: str, have: int, want: int) -> None:
    """Add token rows.

    Args:
        url: of the database.
        have: how many this has added so far.
        want: how many there shall be.
    """
    with _filling(url) as connection:
        _insert(connection, "oauth2tokens", _TOKENS, have, want)


@contextmanager
def _filling(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _know_md5)
    with engine.connect() as connection:
        for statement in _SESSIONS[engine.dialect.name]:
            connection.exec_driver_sql(statement)
        yield connection
        # What the database puts off would else be paid by what is measured next.
        for statement in _SETTLED[engine.dialect.name]:
            connection.exec_driver_sql(statement)


def _know_md5(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    def md5(value: str) -> str:
        return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()

    connection.create_function("md5", 1, md5, deterministic=True)


def _insert(connection: Connection, table: str, columns: Mapping[str, str], have: int, want: int) -> None:
    truth = {"true": "1", "false": "0"} if connection.dialect.name == "sqlite" else {"true": "true", "false": "false"}
    values = ", ".join(columns.values()).format(**truth)
    for first in range(have, want, _CHUNK):
        series = _SERIES.format(first=first, last=min(first + _CHUNK, want) - 1)
        insert = f"INSERT INTO {table} ({', '.join(columns)}) {series} SELECT {values} FROM series"  # noqa: S608  # our own
        connection.exec_driver_sql(insert, execution_options={"no_parameters": True})  # so that % is itself

"""Fills a database with as many rows as a large and old installation has, by the database's own means."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from crm_oauth.compat.client_secrets import hash_client_secret

CLIENTS, USERS = 100_000, 10_000
_CHUNK = 50_000
_PACE = 3  # seconds from one row to the next

_SERIES = "WITH RECURSIVE series (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series WHERE n < {last}) "


def _row_id(number: str) -> str:
    return f"'0' || (1000000000000 + {number}) || substr(md5('row' || {number}), 1, 22)"


# Access and refresh tokens are as long and as scattered as those that a server draws, and ids grow as its do; one
# client holds half of the tokens, every third has no refresh token, every hundredth is revoked.
_TOKENS = {
    "id": _row_id("n"),
    "name": "''",
    "access_token": "md5('access' || n) || md5('token' || n) || '0123456789abcdef'",
    "refresh_token": "CASE WHEN n % 3 > 0 THEN md5('refresh' || n) || md5('again' || n) || '0123456789abcdef' END",
    "client": f"md5('client' || (CASE WHEN n % 2 = 0 THEN 0 ELSE n % {CLIENTS} END))",
    "assigned_user_id": f"md5('user' || (n % {USERS}))",
    "date_entered": "{entered}",
    "date_modified": "{entered}",
    "modified_user_id": "'1'",
    "created_by": "''",
    "token_type": "''",
    "grant_type": "''",
    "access_token_expires": "{access_expires}",
    "refresh_token_expires": "CASE WHEN n % 3 > 0 THEN {refresh_expires} END",
    "token_is_revoked": "CASE WHEN n % 100 = 0 THEN {true} ELSE {false} END",
    "deleted": "{false}",
}
_AFTER = {
    "sqlite": "(datetime('{newest:%F %T}', ({seconds}) || ' seconds') || '.000000')",
    "mysql": "(CAST('{newest:%F %T}' AS DATETIME) + INTERVAL ({seconds}) SECOND)",
    "postgresql": "(timestamp '{newest:%F %T}' + ({seconds}) * interval '1 second')",
}
# What a refresh leaves behind beside the new pair: who succeeded whom, and an entry of the audit trail.
_REFRESHES = {
    "token_id": _row_id("n"),
    "successor_id": _row_id("(n + 1)"),
    "line_id": _row_id("(n % 100000)"),
    "used_at": "{entered}",
}
_AUDIT = {
    "at": "{entered}",
    "event": "'token_issued'",
    "detail": "''",
    "grant_type": "'refresh_token'",
    "client_id": f"md5('client' || (n % {CLIENTS}))",
    "user_id": f"md5('user' || (n % {USERS}))",
    "actor": "''",
    "address": "'203.0.113.' || (n % 256)",
    "request_id": "(1000000000000 + n) || md5('request' || n)",
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
    "sqlite": ["PRAGMA synchronous = OFF", "PRAGMA cache_size = -2000000"],
    "mysql": ["SET SESSION sql_mode = 'PIPES_AS_CONCAT'", f"SET SESSION max_recursive_iterations = {_CHUNK + 1}"],
    "postgresql": ["SET synchronous_commit = off"],
}
_FILLED = ("oauth2tokens", "oauth2clients", "crm_oauth_refreshes", "crm_oauth_audit")
_SETTLED = {
    "sqlite": ["PRAGMA wal_checkpoint(TRUNCATE)"],
    "mysql": [f"ANALYZE TABLE {table}" for table in _FILLED],
    "postgresql": [*(f"VACUUM ANALYZE {table}" for table in _FILLED), "CHECKPOINT"],
}


def give_memory(url: str) -> None:
    """Give a MariaDB of the benchmark's own 4 GB: InnoDB reads past the system's cache, and ships with 128 MB.

    Args:
        url: of any database; the others use the system's cache.
    """
    with _filling(url) as connection:
        if connection.dialect.name == "mysql":
            connection.exec_driver_sql("SET GLOBAL innodb_buffer_pool_size = 4294967296")


def add_clients(url: str) -> None:
    """Add a hundred thousand clients."""
    with _filling(url) as connection:
        _insert(connection, "oauth2clients", _CLIENTS, 0, CLIENTS)


def add_tokens(url: str, have: int, want: int, *, newest: datetime | None = None) -> None:
    """Add token rows, good for an hour and to refresh for thirty days, one every three seconds.

    Args:
        url: of the database.
        have: how many this has added so far.
        want: how many there shall be.
        newest: when the last one was issued, UTC; None for now.
    """
    with _filling(url) as connection:
        moments = _moments(connection, want, newest or datetime.now(UTC))
        _insert(connection, "oauth2tokens", _TOKENS, have, want, **moments)


def add_history(url: str, want: int) -> None:
    """Add what as many refreshes leave in the tables beside that of tokens, one every three seconds until now."""
    with _filling(url) as connection:
        moments = _moments(connection, want, datetime.now(UTC))
        _insert(connection, "crm_oauth_refreshes", _REFRESHES, 0, want, **moments)
        _insert(connection, "crm_oauth_audit", _AUDIT, 0, want, **moments)


def _moments(connection: Connection, want: int, newest: datetime) -> dict[str, str]:
    after = _AFTER[connection.dialect.name]
    lifetimes = {"entered": 0, "access_expires": 3600, "refresh_expires": 30 * 86_400}
    return {
        name: after.format(newest=newest, seconds=f"(n - {want}) * {_PACE} + {lifetime}")
        for name, lifetime in lifetimes.items()
    }


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


def _insert(  # a range of rows, and what stands in their columns
    connection: Connection, table: str, columns: Mapping[str, str], have: int, want: int, **moments: str
) -> None:
    truth = {"true": "1", "false": "0"} if connection.dialect.name == "sqlite" else {"true": "true", "false": "false"}
    values = ", ".join(columns.values()).format(**truth, **moments)
    for first in range(have, want, _CHUNK):
        series = _SERIES.format(first=first, last=min(first + _CHUNK, want) - 1)
        insert = f"INSERT INTO {table} ({', '.join(columns)}) {series} SELECT {values} FROM series"  # noqa: S608  # our own
        connection.exec_driver_sql(insert, execution_options={"no_parameters": True})  # so that % is itself

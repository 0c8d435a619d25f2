"""Engines: what each database needs so that all behave alike."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from crm_oauth.store.forks import part_at_forks
from crm_oauth.store.liveness import replace_dead_connections
from crm_oauth.store.mysql import Place, connect_to_one, places_of
from crm_oauth.store.patience import MARGIN, set_patience
from crm_oauth.store.refusals import drop_useless_connections
from crm_oauth.store.sqlite_waiting import look_often
from crm_oauth.store.unfit_text import find_nothing_by_unfit_text

CONNECT_TIMEOUT = 3
LOCK_TIMEOUT = 5

# SQLite's plain BEGIN takes no lock, and what then first reads could not write once another had committed:
# SQLITE_BUSY_SNAPSHOT, without any waiting.
BEGIN = {"sqlite": "BEGIN IMMEDIATE", "mysql": "BEGIN", "mariadb": "BEGIN", "postgresql": "BEGIN"}
"""How a transaction that will write begins, by dialect."""


def make_engine(url: URL, *, pool_size: int, statement_timeout: int) -> Engine:
    """Make the engine of a database. Its connections commit each statement; transactions are begun in words.

    Args:
        url: of SQLite (a file), MySQL or MariaDB, or PostgreSQL; of several servers, as `read_url` returns it.
        pool_size: connections at most; one more thread waits three seconds for one.
        statement_timeout: seconds that one statement may take.

    Raises:
        ValueError: another kind of database, or SQLite in memory, where each connection has its own; or a bad port.
    """
    places: Sequence[Place] = ()
    match url.get_backend_name():
        case "sqlite":
            arguments = _sqlite(url)
        case "mysql" | "mariadb":
            if not url.database:
                raise ValueError("it names no database")
            url, places = places_of(url)
            arguments = _mysql(statement_timeout, greets_patiently=url.get_driver_name() == "mysqldb")
        case "postgresql":
            arguments = _postgresql(url, statement_timeout)
        case other:
            raise ValueError(f"not a database that is supported: {other}")
    engine = create_engine(
        url,
        paramstyle="qmark" if url.get_backend_name() == "sqlite" else "format",  # by position, as `PreparedText` has it
        connect_args=arguments,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT,
        hide_parameters=True,  # else the text of an error holds the hashes and identifiers of its statement
    )
    match engine.dialect.name:
        case "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            look_often(engine, LOCK_TIMEOUT)
        case "mysql" | "mariadb":
            connect_to_one(engine, places)
            event.listen(engine, "connect", partial(_prepare_mysql, statement_timeout))
            find_nothing_by_unfit_text(engine)
        case "postgresql":
            from crm_oauth.store.postgresql import limit_waiting  # noqa: PLC0415  # its driver need not be installed

            limit_waiting(engine, statement_timeout)
    drop_useless_connections(engine)
    part_at_forks(engine)
    replace_dead_connections(engine)
    return engine


def _sqlite(url: URL) -> dict[str, Any]:
    if url.database in (None, "", ":memory:"):
        raise ValueError("SQLite needs a file: sqlite:///path/to/file.db")
    return {"timeout": LOCK_TIMEOUT}


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # SQLite's own lower() knows ASCII only.
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA busy_timeout = 0")  # from now on the engine waits


def _lower(text: str | None) -> str | None:
    return text and text.lower()


def _mysql(statement_timeout: int, *, greets_patiently: bool) -> dict[str, Any]:
    return {
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_TIMEOUT,
        # To PyMySQL the server's greeting is an answer like any other, which a frozen one never sends.
        "read_timeout": statement_timeout + MARGIN if greets_patiently else CONNECT_TIMEOUT,
        "write_timeout": statement_timeout,
        # A locked table is waited for by another clock than a locked row. A COMMIT shall neither hang up nor begin
        # another transaction, in which what commits by itself would be lost. /*M! */ is read by MariaDB only.
        "init_command": f"SET innodb_lock_wait_timeout = {LOCK_TIMEOUT}, lock_wait_timeout = {LOCK_TIMEOUT}"
        f", completion_type = 'NO_CHAIN' /*M!100101 , max_statement_time = {statement_timeout} */",
    }


def _prepare_mysql(statement_timeout: int, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # As PostgreSQL's; under the default, REPEATABLE READ, an INSERT … SELECT locks what it reads.
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.close()
    set_patience(connection, statement_timeout + MARGIN)


def _postgresql(url: URL, statement_timeout: int) -> dict[str, Any]:
    limits = {"statement_timeout": f"{statement_timeout}s", "lock_timeout": f"{LOCK_TIMEOUT}s"}
    limits["default_transaction_isolation"] = r"read\ committed"
    # Of several servers the one that takes writes, unless the URL says which.
    several = isinstance(url.query.get("host"), tuple) and "target_session_attrs" not in url.query
    return {
        **({"target_session_attrs": "read-write"} if several else {}),
        "connect_timeout": CONNECT_TIMEOUT,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        # Of a server whose machine has gone the network says nothing.
        "tcp_user_timeout": statement_timeout * 1000,
    }

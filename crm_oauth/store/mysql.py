"""Connections to MariaDB and MySQL, to one of several servers where these stand in for each other."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import URL, Dialect, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from crm_oauth.store.urls import BAD_OPTION

# SELECT and BEGIN, UPDATE and DELETE, INSERT: what is acknowledged on one node is seen on every other.
_SYNC_WAIT = 1 | 2 | 4
_NOT_PREPARED = 1047

Place = Mapping[str, str | int]
"""A server's `host`, and its `port` if that is told."""


def places_of(url: URL) -> tuple[URL, Sequence[Place]]:
    """Take the servers out of a URL that names several.

    Args:
        url: as `read_url` returns it.

    Returns:
        The URL without them, and where they are; one without anything is where the rest of the URL says.

    Raises:
        ValueError: a port is no number.
    """
    hosts = url.query.get("host", ())
    hosts = (hosts,) if isinstance(hosts, str) else hosts
    return url.difference_update_query(["host"]), [_place(host) for host in hosts] or [{}]


def connect_to_one(engine: Engine, places: Sequence[Place]) -> None:
    """Have an engine connect to the server that served last, and if that one does not, to the next that does.

    A Galera node that is cut off from the others takes connections and refuses all work: it is passed over.

    Args:
        engine: of MariaDB or MySQL.
        places: of the servers, one at least.
    """
    served_last = 0

    def connect(
        dialect: Dialect, _entry: ConnectionPoolEntry, arguments: list[Any], options: dict[str, Any]
    ) -> DBAPIConnection:
        nonlocal served_last
        first = served_last
        for number in range(first, first + len(places)):
            candidate = number % len(places)
            try:
                connection = _connect(dialect, arguments, {**options, **places[candidate]})
                _follow_the_cluster(dialect, connection)
            except dialect.loaded_dbapi.Error:
                if number == first + len(places) - 1:
                    raise
            else:
                served_last = candidate
                return connection
        raise AssertionError("there are no places")

    event.listen(engine, "do_connect", connect)


def _connect(dialect: Dialect, arguments: list[Any], options: Mapping[str, Any]) -> DBAPIConnection:
    """Connect to one server; whatever the driver cannot do with what it is given is an error of its own kind."""
    try:
        return dialect.connect(*arguments, **options)
    except (AttributeError, OSError, TypeError, ValueError) as error:
        raise dialect.loaded_dbapi.InterfaceError(f"{BAD_OPTION}: {error}") from error


def _place(host: str) -> Place:
    name, _, port = host.partition(":")
    return {"host": name, "port": int(port)} if port else {"host": name}


def _follow_the_cluster(dialect: Dialect, connection: DBAPIConnection) -> None:
    """Where the server is a Galera node, make sure that it works, and have it wait for what others acknowledged."""
    cursor = connection.cursor()
    try:
        if _told(cursor, "SHOW VARIABLES LIKE 'wsrep_on'") != "ON":
            return
        if _told(cursor, "SHOW STATUS LIKE 'wsrep_ready'") != "ON":
            connection.close()
            raise dialect.loaded_dbapi.OperationalError(_NOT_PREPARED, "this Galera node is not ready")
        cursor.execute(f"SET SESSION wsrep_sync_wait = {_SYNC_WAIT}")
    finally:
        cursor.close()


def _told(cursor: Any, statement: str) -> str | None:  # noqa: ANN401  # drivers have no common type
    cursor.execute(statement)
    row = cursor.fetchone()
    return str(row[1]) if row else None

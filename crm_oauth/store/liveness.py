"""Pooled connections that died while nobody used them are replaced, without asking the server each time."""

import select
import time
from functools import partial

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from crm_oauth.store.patience import hurried

_QUIET = 1.0  # seconds for which a connection need not be asked, unless its socket has news
_RETURNED = "returned_at"


def replace_dead_connections(engine: Engine) -> None:
    """Have an engine's pool look at each connection that it lends.

    A server that goes closes its sockets, and one with nothing to say is silent between two statements: news on the
    socket of an idle connection is bad news. Only then, or after a pause in which a firewall may have dropped it
    silently, is the server asked, which costs a round trip.

    Args:
        engine: SQLite's, which has no server, is left alone.
    """
    if engine.dialect.name == "sqlite":
        return
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "checkout", partial(_look, engine.dialect))


def _note_time(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info[_RETURNED] = time.monotonic()


def _look(
    dialect: Dialect, connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    returned_at = entry.info.get(_RETURNED)
    if returned_at is None:  # it has just been made
        return
    try:
        if time.monotonic() - returned_at < _QUIET and not _has_news(connection):
            return
        with hurried(connection):
            dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError(str(error)) from error


def _has_news(connection: DBAPIConnection) -> bool:
    poll = select.poll()
    # PyMySQL keeps its socket to itself, the others tell its number.
    socket = connection.fileno() if hasattr(connection, "fileno") else connection._sock  # noqa: SLF001  # as said
    if socket is None:  # closed
        return True
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))

"""How long a connection waits for an answer, which is not the same for all that may be asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine.interfaces import DBAPIConnection

ASKING = 2
"""Seconds to wait for a server that is only asked whether it is there."""

MARGIN = 1
"""Seconds beyond the server's own limit on a statement, which speaks first while the server can speak at all.

Whoever is given up sooner does not notice, and may yet commit.
"""

LIMITS = ("patience", "_read_timeout")
"""Where the drivers look before each answer: psycopg's is ours, PyMySQL has no other way to change it."""


def set_patience(connection: DBAPIConnection, seconds: float) -> None:
    """Limit the wait for each answer from now on.

    Args:
        connection: a driver's; mysqlclient's keeps the limit that it was made with.
        seconds: without a byte from the server.
    """
    for limit in LIMITS:
        if hasattr(connection, limit):
            setattr(connection, limit, seconds)


@contextmanager
def hurried(connection: DBAPIConnection) -> Iterator[None]:
    """Wait no longer than `ASKING` for an answer within the block; the limit from before holds again after it."""
    before = {limit: getattr(connection, limit) for limit in LIMITS if hasattr(connection, limit)}
    set_patience(connection, ASKING)
    yield  # whoever is not answered throws the connection away
    for limit, seconds in before.items():
        setattr(connection, limit, seconds)

"""Servers that run for a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar


class Server(Protocol):
    """Whatever can be started, and leaves nothing behind."""

    def start(self) -> None:
        """Start it, and wait until it answers."""

    def remove(self) -> None:
        """Stop it, and delete all that it kept."""


_Server = TypeVar("_Server", bound=Server)


@contextmanager
def started(server: _Server) -> Iterator[_Server]:
    """Start a server and lend it; it is removed at the end, also where it did not start."""
    try:
        server.start()
        yield server
    finally:
        server.remove()

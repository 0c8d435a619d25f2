"""Ports of this machine for servers of tests."""

import os
import socket
from itertools import count

# Below those that Linux gives to outgoing connections: one of those may be taken, by any client, while its server is
# only starting or restarting.
_FIRST, _LAST = 10_000, 32_767
# Each process of tests begins elsewhere.
_NUMBERS = count(os.getpid() * 997)


def free_port() -> int:
    """Return a port that nobody listens on, another each time."""
    while True:
        port = _FIRST + next(_NUMBERS) % (_LAST - _FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port

"""`ldaps://`: TLS from the first byte, by Python rather than by OpenLDAP's library.

That library insists on a socket of its own for it, and on one that falls silent in the handshake it waits for ever.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from threading import Thread

_CHUNK = 16384


@contextmanager
def tunnel(connected: socket.socket, host: str, ca_file: Path | None) -> Iterator[socket.socket]:
    """Lend a socket whose every byte goes through TLS to the peer, and back.

    Args:
        connected: to the peer, blocking; it is used up. Whoever shuts its connection down, over a duplicate, ends all
            waiting here, the handshake's too.
        host: for whom the peer's certificate must be.
        ca_file: certificates of those who may vouch for it, PEM; the system's if there is none.

    Raises:
        OSError: the peer speaks no TLS, or nobody vouches for it.
    """
    context = ssl.create_default_context(cafile=ca_file)
    with context.wrap_socket(connected, server_hostname=host) as secure:
        near, far = socket.socketpair()
        relay = Thread(target=_relay, args=(far, secure), daemon=True)
        relay.start()
        try:
            yield near
        finally:
            near.close()
            relay.join()


def _relay(far: socket.socket, secure: ssl.SSLSocket) -> None:
    """Carry bytes both ways until either side has ended; one thread, for OpenSSL's state is not for two."""
    with far, suppress(OSError):
        while True:
            readable = [secure] if secure.pending() else select([far, secure], [], [])[0]
            for side in readable:
                try:
                    data = _received(side)
                except ssl.SSLWantReadError:
                    continue  # a record of TLS's own, such as a ticket
                if not data:
                    return
                (far if side is secure else secure).sendall(data)


def _received(side: socket.socket) -> bytes:
    side.settimeout(0)
    try:
        return side.recv(_CHUNK)
    finally:
        side.settimeout(None)

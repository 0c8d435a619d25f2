"""A bare connection: what comes back, byte for byte."""

import re
import socket
import ssl
from urllib.parse import urlsplit

_IDLE = 0.5  # seconds without a byte after which no more answers are expected

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")


def connect(url: str, *, source: str = "127.0.0.1") -> socket.socket:
    """Connect to a server of this machine, by TLS where its address says so.

    Args:
        url: of the server.
        source: any address of this machine.
    """
    address = urlsplit(url)
    connection = socket.create_connection(("127.0.0.1", address.port), timeout=30, source_address=(source, 0))
    if address.scheme == "https":
        return ssl.create_default_context().wrap_socket(connection, server_hostname=address.hostname)
    return connection


def statuses(url: str, sent: bytes, *, source: str = "127.0.0.1", ends: bool = False) -> list[int]:
    """Send bytes to a server of this machine and return the status of each answer to them.

    Args:
        url: of the server.
        sent: any bytes.
        source: any address of this machine.
        ends: whether the server is told that no more bytes come, so that it waits for none; nginx would hang up.
    """
    received = b""
    with connect(url, source=source) as connection:
        try:
            connection.sendall(sent)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            while block := connection.recv(65_536):
                received += block
                # The first answer may take its time; one more would follow at once.
                connection.settimeout(_IDLE)
        except OSError:  # no more comes, or the server has hung up, which TLS tells as a fault of its own
            pass
    return [int(status) for status in _STATUS.findall(received)]

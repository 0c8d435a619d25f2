"""A bare connection: what comes back, byte for byte."""

import re
import socket

_IDLE = 0.5  # seconds without a byte after which no more answers are expected

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")


def statuses(port: int, sent: bytes) -> list[int]:
    """Send bytes to a port of this machine and return the status of each answer to them.

    Args:
        port: of a server.
        sent: any bytes.
    """
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(sent)
            while block := connection.recv(65_536):
                received += block
                # The first answer may take its time; one more would follow at once.
                connection.settimeout(_IDLE)
        except (TimeoutError, ConnectionError):
            pass
    return [int(status) for status in _STATUS.findall(received)]

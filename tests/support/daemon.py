"""A server program that a test starts in the foreground."""

import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self


class Daemon:
    """A program that listens.

    Args:
        command: what runs it in the foreground.
        port: of this machine, where it will listen.
        log: where it complains.
    """

    def __init__(self, command: Sequence[str | Path], port: int, log: Path) -> None:
        self._command = command
        self._port = port
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Return what it complained about so far."""
        return self._log.read_text() if self._log.exists() else ""

    def start(self) -> None:
        """Start it, and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._listens():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)  # nothing tells when a port begins to listen

    def stop(self) -> int:
        """End it, and return its exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        return self._process.wait(timeout=60)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:  # also where it is told to end meanwhile
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=5).close()
        except OSError:
            return False
        return True

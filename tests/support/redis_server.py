"""A Redis to throw away, at a port of this machine; nothing is kept on a disk."""

import subprocess
import time
from pathlib import Path

from redis import Redis, RedisError

from tests.support.ports import free_port
from tests.support.programs import require_program

_PATIENCE = 30


class RedisServer:
    """A server of one's own, running from `start()` to `stop()`.

    Args:
        directory: an empty one.
    """

    def __init__(self, directory: Path) -> None:
        self._program = require_program("redis-server")
        self._directory = directory
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return its URL, whether or not it runs."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        command = [
            str(self._program),
            "--port",
            str(self._port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._process = subprocess.Popen(command, cwd=self._directory, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _PATIENCE
        with Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except (OSError, RedisError):
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                else:
                    return

    def kill(self) -> None:
        """Let it go without a farewell."""
        if self._process:
            self._process.kill()
            self._process.wait(_PATIENCE)
            self._process = None

    def stop(self) -> None:
        """Stop it; what it held is gone."""
        if self._process:
            self._process.terminate()
            self._process.wait(_PATIENCE)
            self._process = None

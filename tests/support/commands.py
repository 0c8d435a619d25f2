"""`crm-oauth` commands in processes of their own that need not import anything: `tests.support.forking` forks them."""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]


class Command:
    """A command that runs, with what tests ask of a `subprocess.Popen`.

    Args:
        arguments: without the program's name.
        folder: its working directory.
        environment: the whole of it; what Python itself reads at its start is not looked at any more.
        files: descriptors of its input, its output and its complaints.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], files: tuple[int, int, int]
    ) -> None:
        order = {"arguments": arguments, "folder": str(folder), "environment": dict(environment)}
        reading, writing = os.pipe()
        try:
            socket.send_fds(_orders(), [json.dumps(order).encode()], [*files, writing])
        finally:
            os.close(writing)
        self._report = os.fdopen(reading)
        self.pid = int(self._report.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its status once it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends, and return its status; that of a signal is negative."""
        if self.returncode is None:
            if timeout is not None and not select.select([self._report], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("crm-oauth", timeout)
            with self._report:
                self.returncode = int(self._report.readline())
        return self.returncode

    def send_signal(self, which: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, which)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; the arguments are those of `Command`."""
    with (
        tempfile.TemporaryFile("w+") as given,
        tempfile.TemporaryFile("w+") as told,
        tempfile.TemporaryFile("w+") as bad,
    ):
        given.write(stdin)
        given.seek(0)
        status = Command(arguments, folder, environment, (given.fileno(), told.fileno(), bad.fileno())).wait()
        told.seek(0)
        bad.seek(0)
        return subprocess.CompletedProcess(arguments, status, told.read(), bad.read())


@cache
def _orders() -> socket.socket:
    """Start the process that forks, which ends with this one, and return the socket that it listens to."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forking"], cwd=_ROOT, stdin=theirs.fileno(), stdout=subprocess.DEVNULL
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours

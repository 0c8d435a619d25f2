"""Turns at writing to SQLite, which lets one write at a time and has others sleep, up to 100 ms between two looks."""

import os
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from threading import Lock
from time import monotonic, sleep

from sqlalchemy.exc import TimeoutError as Unavailable

_PATIENCE = 3
_PAUSE = 0.0005


class WriteTurns:
    """Turns of all threads and processes of ours that write to one file.

    A turn is a lock on the file's folder, which ends with its process. For whoever takes no turns, such as another
    program, SQLite waits by itself, as it always did; so do processes whose file system has no such locks.

    Args:
        file: the database.
    """

    def __init__(self, file: str) -> None:
        self._folder = Path(file).resolve().parent
        # One thread of each process waits for the other processes; those behind it sleep soundly.
        self._threads = Lock()
        self._held: int | None = None

    def take(self) -> None:
        """Wait for one's turn, half a millisecond at a time: a commit takes no longer.

        Raises:
            sqlalchemy.exc.TimeoutError: it did not come within three seconds.
        """
        deadline = monotonic() + _PATIENCE
        if not self._threads.acquire(timeout=_PATIENCE):
            raise Unavailable("the database is locked by others who write")
        try:
            self._held = self._locked(deadline)
        except BaseException:
            self._threads.release()
            raise

    def give_back(self) -> None:
        """Let the next one write."""
        if self._held is not None:
            os.close(self._held)
        self._threads.release()

    def _locked(self, deadline: float) -> int | None:
        # A file of its own for each turn, as a child process would share the parent's lock with it.
        try:
            folder = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        while True:
            try:
                flock(folder, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                if monotonic() < deadline:
                    sleep(_PAUSE)
                    continue
                os.close(folder)
                raise Unavailable("the database is locked by other processes that write") from None
            except OSError:
                pass
            return folder

"""A value read from files that another process may replace while we serve."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from structlog import get_logger

from crm_oauth.faults import StartupError

T = TypeVar("T")

_INTERVAL = 1.0  # seconds between two looks at the files; each costs a few microseconds

_log = get_logger(__name__)


class Watched(Generic[T]):
    """Reads the value anew when its files have changed: at most once a second, or at once when asked.

    Files must be replaced whole, by a rename. While they cannot be read the last good value stays.

    Args:
        load: reads the value.
        paths: the files that it comes from, and folders, whose files count too.

    Raises:
        StartupError: when the value cannot be read the first time.
    """

    def __init__(self, load: Callable[[], T], paths: Iterable[Path]) -> None:
        self._load = load
        self._paths = tuple(paths)
        self._lock = Lock()
        self._told_faults: tuple[str, ...] = ()
        # Before the files are read: what changes in between is seen at the next look.
        self._state = self._look()
        self._value = load()
        self._next_look = time.monotonic() + _INTERVAL

    @property
    def value(self) -> T:
        """Return the value, not older than a second."""
        if time.monotonic() >= self._next_look:
            self._refresh()
        return self._value

    def newer_than(self, value: T) -> T | None:
        """Look at the files now.

        Args:
            value: the one that did not do.

        Returns:
            The value, if it is another; whoever found the change, this thread or one just before.
        """
        self._refresh()
        present = self._value
        return None if present is value else present

    def _refresh(self) -> None:
        with self._lock:
            self._next_look = time.monotonic() + _INTERVAL
            state = self._look()
            if state == self._state:
                return
            try:
                self._value = self._load()
            except StartupError as error:
                self._tell(error.faults)
            else:
                self._state = state
                self._told_faults = ()

    def _tell(self, faults: tuple[str, ...]) -> None:
        """Log each fault once: whoever sends bad tokens makes us look as often as they like."""
        if faults != self._told_faults:
            self._told_faults = faults
            _log.error("changed key files cannot be used; the last good ones stay", faults=faults)

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_fingerprint(path) for listed in self._paths for path in (listed, *_files_in(listed))]


def _files_in(path: Path) -> list[Path]:
    try:
        return sorted(path.iterdir())
    except OSError:  # a file, or a folder that is not there
        return []


def _fingerprint(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    # The time of change, not of modification: a copy may keep the latter, and a new mode leaves it alone.
    return status.st_ino, status.st_ctime_ns, status.st_size

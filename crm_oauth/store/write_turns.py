"""Who writes next, where a database lets one connection write at a time."""

from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from types import TracebackType

from sqlalchemy import Engine, exc

from crm_oauth.store.engine import LOCK_TIMEOUT


class WriteTurns:
    """Lets one thread of this process write at a time.

    SQLite has whoever finds another writing sleep, longer at each try, while those who come later slip in: with some
    threads a refresh waited a second. Here a thread is woken as soon as it is its turn; only processes still meet in
    SQLite, and there are few.
    """

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=LOCK_TIMEOUT):
            raise exc.TimeoutError("the database has been written to for too long")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()


def write_turns(engine: Engine) -> AbstractContextManager[None]:
    """Return what surrounds each write to a database; nothing, where many can write at once.

    Args:
        engine: of the database.
    """
    return WriteTurns() if engine.dialect.name == "sqlite" else nullcontext()

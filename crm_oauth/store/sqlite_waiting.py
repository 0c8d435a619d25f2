"""How to wait for SQLite, which lets one write at a time and has no queue.

SQLite itself has who finds the file locked sleep up to 100 ms between two looks, while others write again and again. A
commit takes a fraction of a millisecond, and so do these looks. They need no lock of ours that is held while something
is written: whoever holds one can give it back only when the interpreter lets it go on, and other threads may keep it
waiting longer than its commit took.
"""

import sqlite3
from threading import Lock
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

_PAUSE = 0.0002  # seconds between two looks

# Not SQLITE_BUSY_SNAPSHOT: who has read what is old will not write, however long it waits.
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY}


class _Waiting:
    """Tries a statement again while the file is locked.

    One that is executed with many rows is not tried again: some of its rows may have been written. It belongs into a
    transaction, whose BEGIN has waited.

    Args:
        patience: seconds until a statement fails.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        # One thread of a process looks, those behind it sleep soundly.
        self._looking = Lock()

    def execute(self, cursor: DBAPICursor, statement: str, parameters: Any, _context: object) -> bool:  # noqa: ANN401  # SQLAlchemy's
        """Execute a statement, and tell SQLAlchemy that it is done."""
        if _executed(cursor, statement, parameters):
            return True
        deadline = monotonic() + self._patience
        if self._looking.acquire(timeout=self._patience):
            try:
                while monotonic() < deadline:
                    if _executed(cursor, statement, parameters):
                        return True
                    sleep(_PAUSE)
            finally:
                self._looking.release()
        cursor.execute(statement, parameters)
        return True


def _executed(cursor: DBAPICursor, statement: str, parameters: Any) -> bool:  # noqa: ANN401  # same
    try:
        cursor.execute(statement, parameters)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in _LOCKED:
            return False
        raise
    return True


def look_often(engine: Engine, patience: float) -> None:
    """Have an engine try each statement again while the file is locked.

    Args:
        engine: of SQLite, whose connections do not wait by themselves.
        patience: seconds until the statement fails as it does at once otherwise.
    """
    event.listen(engine, "do_execute", _Waiting(patience).execute)

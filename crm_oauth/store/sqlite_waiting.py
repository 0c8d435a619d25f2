"""How to wait for SQLite, which lets one write at a time and has no queue.

SQLite itself has who finds the file locked sleep up to 100 ms between two looks, while others write again and again. A
commit takes a fraction of a millisecond, and so do these looks. They need no lock of ours, which whoever holds it could
give back only when the interpreter lets it go on: other threads may keep it waiting longer than its commit took.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

_PAUSE = 0.0005  # seconds between two looks
_LONG_PAUSE = 0.005  # the same for whoever has waited longer than any queue of commits: for a purge, say
_LONG = 0.2


def look_often(engine: Engine, patience: float) -> None:
    """Have an engine try each statement again while the file is locked.

    Args:
        engine: of SQLite, whose connections do not wait by themselves.
        patience: seconds until the statement fails as it does at once otherwise.
    """
    event.listen(engine, "do_execute", partial(_execute, patience))
    event.listen(engine, "do_executemany", partial(_execute_many, patience))


def _execute(patience: float, cursor: DBAPICursor, statement: str, parameters: Any, _context: object) -> bool:  # noqa: ANN401  # SQLAlchemy's
    return _done(patience, partial(cursor.execute, statement, parameters))


def _execute_many(patience: float, cursor: DBAPICursor, statement: str, parameters: Any, _context: object) -> bool:  # noqa: ANN401  # same
    return _done(patience, partial(cursor.executemany, statement, parameters))


def _done(patience: float, execute: Callable[[], object]) -> bool:
    began = None
    while True:
        try:
            execute()
        except sqlite3.OperationalError as error:
            began = began or monotonic()
            waited = monotonic() - began
            if error.sqlite_errorcode not in _LOCKED or waited > patience:
                raise
            sleep(_PAUSE if waited < _LONG else _LONG_PAUSE)
        else:
            return True


# Not SQLITE_BUSY_SNAPSHOT: who has read what is old will not write, however long it waits.
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY}

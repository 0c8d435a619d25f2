"""An upgrade that was killed is completed by the next, also where each statement is committed by itself."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from threading import get_ident

import pytest
from sqlalchemy import Connection, Engine, event

from crm_oauth.faults import StartupError
from crm_oauth.store import adoption, schema
from crm_oauth.store.db import Database
from crm_oauth.store.models import Base
from tests.store.definitions import definition
from tests.support.database_servers import DatabaseServer

_WRITES = ("ALTER", "CREATE", "DELETE", "DROP", "INSERT", "UPDATE")


class _Killed(BaseException):
    """The end of a process, which nothing catches."""


@contextmanager
def _killed_before(number: int) -> Iterator[None]:
    """Let so many statements write, and no further one; other threads may have applications of other tests."""
    writes, thread = count(1), get_ident()

    def look(_connection: Connection, _cursor: object, statement: str, *_others: object) -> None:
        if get_ident() == thread and statement.lstrip().startswith(_WRITES) and next(writes) > number:
            raise _Killed

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", look)


def _killed_upgrades(server: DatabaseServer) -> Iterator[tuple[int, Database]]:
    """Yield a database for each statement before which a first upgrade can be killed, with what that one left."""
    for number in count():
        url = server.new_database()
        database = Database(url)
        try:
            with _killed_before(number), suppress(_Killed):
                schema.upgrade(database)
                return
            yield number, database
        finally:
            database.dispose()
            server.drop_database(url)


def _definition(database: Database) -> set[str]:
    with database.reading() as connection:
        return definition(connection)


@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
def test_a_first_upgrade_that_was_killed_is_completed(upgraded_url: str, mariadb_server: DatabaseServer) -> None:
    """Killed before any of its statements it leaves what is told to be our own, and the next one makes the rest."""
    whole = Database(upgraded_url)
    wanted = _definition(whole)
    whole.dispose()
    number = 0
    for number, database in _killed_upgrades(mariadb_server):
        assert not schema.is_unadopted(database), number
        with pytest.raises(StartupError, match="own already" if number else "no SuiteCRM database"):
            adoption.survey(database)
        schema.upgrade(database)
        assert schema.fit(database) is schema.Fit.CURRENT, number
        assert _definition(database) == wanted, number
    assert number > len(Base.metadata.tables)

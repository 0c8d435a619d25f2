"""The database, and units of work on it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, exc, text

from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX
from crm_oauth.store.engine import make_engine
from crm_oauth.store.ports import Repositories
from crm_oauth.store.refusals import is_conflict, is_damaged, is_unfit, lacks_table
from crm_oauth.store.repositories import UserStoreFactory, repositories
from crm_oauth.store.sharing import Sharing
from crm_oauth.store.together import Together
from crm_oauth.store.unit_of_work import UnitOfWork
from crm_oauth.store.urls import read_url
from crm_oauth.store.users import SqlUserStore

_UNAVAILABLE = exc.OperationalError, exc.InterfaceError, exc.InternalError


class DatabaseUnavailable(Exception):  # noqa: N818 - a state of the world, not a mistake of ours
    """The database cannot do its work now: away, too busy, locked, read-only. Another try may succeed.

    Its text is the driver's, which may name hosts and accounts: for the log and the operator, never for a client.
    """


class Conflict(DatabaseUnavailable):
    """Others changed the same rows, and were faster, perhaps on another node. Nothing was done; try again at once."""


class UnfitTextError(Exception):
    """Text was to be written that its column cannot hold: another try will not succeed, other text will.

    What it is about is the server's to say, in the exception's text, which is not for clients either.
    """


class Database:
    """A database and its pool of connections, to be shared by all threads of one process.

    Args:
        url: an SQLAlchemy URL; without a driver's name it takes the one that is shipped.
        pool_size: connections at most; no more threads than that can work at once.
        statement_timeout: seconds that one statement may take.
        users: makes the store of users.
        sharing: how to behave if the database is SuiteCRM's own.

    Raises:
        StartupError: the URL is bad, of a database that is not supported, or its driver is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        statement_timeout: int = 8,
        users: UserStoreFactory = SqlUserStore,
        sharing: Sharing | None = None,
    ) -> None:
        try:
            self.url: URL = read_url(url)
            self._engine = make_engine(self.url, pool_size=pool_size, statement_timeout=statement_timeout)
        except ImportError as error:
            raise StartupError([f"{PREFIX}DATABASE_URL: its driver is not installed: {error}."]) from None
        except (exc.ArgumentError, ValueError) as error:
            advice = "write sqlite:///FILE, mysql://USER:PASSWORD@HOST/DATABASE or postgresql://… likewise"
            raise StartupError([f"{PREFIX}DATABASE_URL: {error}; {advice}."]) from None
        (sharing or Sharing()).prepare(self._engine)
        self._users = users
        self._together = Together[UnitOfWork](one_at_a_time=self._engine.dialect.name == "sqlite")

    @contextmanager
    def unit_of_work(self) -> Iterator[Repositories]:
        """Do all of a piece of work or none: commit at the end of the block, roll back on any exception.

        Raises:
            DatabaseUnavailable: from any statement of the block or from the commit.
            UnfitTextError: likewise.
        """
        with self.work() as unit:
            yield self.stores(unit)

    @contextmanager
    def work(self) -> Iterator[UnitOfWork]:
        """The same without its stores, for those who bring others.

        Raises:
            DatabaseUnavailable: as `unit_of_work` does.
        """
        with _faults_translated():
            unit = UnitOfWork(self._engine, self._together)
            try:
                yield unit
                unit.commit()
            finally:
                unit.close()

    def stores(self, unit: UnitOfWork) -> Repositories:
        """Return the stores of a unit of work."""
        return repositories(unit, self._users)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a bare connection in a transaction, for what is no repository's business.

        Raises:
            DatabaseUnavailable: as `unit_of_work` does.
        """
        with self.work() as unit:
            unit.begin()
            yield unit.connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a bare connection without a transaction: each statement stands alone.

        Raises:
            DatabaseUnavailable: as `unit_of_work` does.
        """
        with self.work() as unit:
            yield unit.connection

    def ping(self) -> None:
        """Ask the database for an answer.

        Raises:
            DatabaseUnavailable: it gives none.
        """
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close the pooled connections. Call it before a fork: two processes must not share one."""
        self._engine.dispose()


@contextmanager
def _faults_translated() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        # First, for drivers do not agree on the kind of error that this is.
        if is_unfit(error):
            raise UnfitTextError(str(error.orig)) from error
        unavailable = error.connection_invalidated or isinstance(error, _UNAVAILABLE)
        if unavailable or lacks_table(error) or is_damaged(error):
            raise (Conflict if is_conflict(error) else DatabaseUnavailable)(str(error.orig)) from error
        raise
    except exc.TimeoutError as error:
        raise DatabaseUnavailable(str(error)) from error

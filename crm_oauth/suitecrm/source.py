"""SuiteCRM's database as an import reads it: in pages, and never written."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Table, column, func, inspect, select, table, text

from crm_oauth.faults import StartupError
from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token, User
from crm_oauth.suitecrm.rows import Values

TABLES: tuple[Table, ...] = tuple(Client.metadata.tables[model.__tablename__] for model in (Client, User, Token))

_PAGE = 5000


class Source:
    """The tables of a SuiteCRM site on MySQL or MariaDB.

    Args:
        database: SuiteCRM's.

    Raises:
        StartupError: it is of another kind, or lacks a table.
        DatabaseUnavailable: it is away.
    """

    def __init__(self, database: Database) -> None:
        if database.url.get_backend_name() != "mysql":
            raise StartupError(["SuiteCRM's database is on MySQL or MariaDB: mysql://USER@HOST/DATABASE"])
        self._database = database
        with database.reading() as connection:
            there = inspect(connection)
            missing = [ours.name for ours in TABLES if not there.has_table(ours.name)]
            if missing:
                raise StartupError([f"This is no SuiteCRM database: it lacks {', '.join(missing)}."])
            self._columns = {ours.name: {each["name"] for each in there.get_columns(ours.name)} for ours in TABLES}

    def is_also(self, other: Database) -> bool:
        """Tell whether another URL leads to this very database."""
        return other.url.get_backend_name() == "mysql" and _identity(self._database) == _identity(other)

    def columns(self, ours: Table) -> list[str]:
        """Return which columns of one of our tables are there; older versions of SuiteCRM lack some."""
        return [each.name for each in ours.columns if each.name in self._columns[ours.name]]

    def count(self, ours: Table) -> int:
        """Count the rows of a table, dead ones too."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(table(ours.name))) or 0

    def pages(self, ours: Table) -> Iterator[Sequence[Values]]:
        """Yield the rows of a table, some thousands at a time, by the only index that SuiteCRM gives it.

        Values are the driver's: what the column types of our tables would make of them may fail, row by row.
        """
        # Without types, for a `datetime` of MySQL may hold what is no time.
        theirs = table(ours.name, *(column(name) for name in self.columns(ours)))
        query = select(*theirs.columns).order_by(theirs.c.id).limit(_PAGE)
        last = None
        while True:
            page = query if last is None else query.where(theirs.c.id > last)
            with self._database.reading() as connection:
                rows = connection.execute(page).all()
            if rows:
                yield rows
            if len(rows) < _PAGE:
                return
            last = rows[-1].id


def _identity(database: Database) -> object:
    with database.reading() as connection:
        return connection.scalar(text("SELECT CONCAT(@@hostname, ':', @@port, '/', DATABASE())"))

"""A unit of work: reads that stand alone, then writes that become true together."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, event
from sqlalchemy.orm import ORMExecuteState, Session

from crm_oauth.store.engine import BEGIN
from crm_oauth.store.prepared_write import PreparedWrite, Row
from crm_oauth.store.together import Item, Result, Together, Work


class UnitOfWork:
    """What the stores of one unit of work share. A database connection is lent at the first statement.

    The connection commits each statement by itself until something is written: a request that only reads, or writes
    by one statement, needs no BEGIN and no COMMIT, each of which is a round trip.

    Args:
        engine: in autocommit mode.
        together: with all who work with this engine.
    """

    def __init__(self, engine: Engine, together: "Together[UnitOfWork]") -> None:
        self._engine = engine
        self._together = together
        together.members.add(self)
        self._has_begun = False
        self._connection: Connection | None = None
        self._session: Session | None = None

    # No cached properties: until Python 3.12 these let one thread at a time wait for a connection.

    @property
    def connection(self) -> Connection:
        """Return the connection that everything here goes through."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    @property
    def database(self) -> str:
        """Return the name of what the connection leads to, whatever the URL calls it; an old MariaDB is a MySQL."""
        dialect = self.connection.dialect
        # Sequences, which MySQL has not, came to MariaDB after all that it is asked for here.
        return "mariadb" if dialect.name == "mysql" and dialect.supports_sequences else dialect.name

    @property
    def has_begun(self) -> bool:
        """Tell whether a transaction has begun and is not committed."""
        return self._has_begun

    @property
    def session(self) -> Session:
        """Return an ORM session; what it flushes belongs to the transaction."""
        if self._session is None:
            self._session = _WritingSession(self)
        return self._session

    def read(self, query: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Run a SELECT and return all its rows."""
        return self.connection.execute(query, parameters).all()

    def read_together(self, read: "Work[UnitOfWork, Item, Result]", item: Item) -> Result:
        """Read what stands alone, perhaps together with what others read, and return what was found.

        Args:
            read: for any number of items.
            item: that this unit of work wants to know of.
        """
        # SQLite is asked without a round trip; and whoever has begun sees what he has written.
        if self._has_begun or self._engine.dialect.name == "sqlite":
            return read(self, [item])[0]
        return self._together.do(self, read, item)

    def write(self, statement: Executable) -> int:
        """Run a statement within the transaction and return how many rows it matched."""
        self.begin()
        result: CursorResult[Any] = self.connection.execute(statement)
        return result.rowcount

    def write_prepared(self, statement: PreparedWrite, row: Row) -> int:
        """The same for one that is run very often."""
        self.begin()
        return statement.execute(self.connection, row)

    def write_whole(self, statement: PreparedWrite, row: Row) -> int:
        """Run what is a transaction by itself, so that none must have begun, and return how many rows it matched."""
        self._has_begun = True  # until it is through: failing half-way it leaves something to undo
        rows = statement.execute(self.connection, row)
        self._has_begun = False
        return rows

    def write_together(self, write: "Work[UnitOfWork, Row, bool]", row: Row) -> bool:
        """Write what can be a transaction by itself, then perhaps together with others.

        Args:
            write: for any number of rows.
            row: for which this unit of work wants to know whether its condition held.
        """
        return write(self, [row])[0] if self._has_begun else self._together.do(self, write, row)

    def begin(self) -> None:
        """Begin the transaction, unless it has begun."""
        if not self._has_begun:
            self.connection.exec_driver_sql(BEGIN[self._engine.dialect.name])
            self._has_begun = True

    def commit(self) -> None:
        """Make true all that was written."""
        if self._session:
            self._session.flush()
        if self._has_begun:
            self.connection.exec_driver_sql("COMMIT")
            self._has_begun = False

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Undo the transaction at once, should a block of it fail."""
        try:
            yield
        except BaseException:
            self._roll_back(self.connection)
            raise

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        self._together.members.discard(self)
        if self._connection is None:
            return
        try:
            if self._has_begun:
                self._roll_back(self._connection)
        finally:
            if self._session:
                self._session.close()
            self._connection.close()

    def _roll_back(self, connection: Connection) -> None:
        self._has_begun = False
        try:
            if not connection.invalidated:
                connection.exec_driver_sql("ROLLBACK")
        except BaseException:
            # Nobody knows what it would carry into the next unit of work.
            connection.invalidate()
            raise


class _WritingSession(Session):
    """Has the transaction begun before anything is written; rows stay readable when it is gone."""

    def __init__(self, unit: UnitOfWork) -> None:
        super().__init__(unit.connection, expire_on_commit=False)
        self._unit = unit
        event.listen(self, "do_orm_execute", self._before_statement)

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self.new or self.dirty or self.deleted:
            self._unit.begin()
        super().flush(objects)

    def _before_statement(self, state: ORMExecuteState) -> None:
        if not state.is_select:
            self._unit.begin()

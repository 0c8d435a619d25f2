"""Connections to PostgreSQL that wait for no answer without end."""

from typing import Any, cast

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from crm_oauth.store.patience import MARGIN
from crm_oauth.store.urls import BAD_OPTION

# Seconds between a wait's looks at its clock; an answer that comes is noticed at once.
_TICK = 0.1


def limit_waiting(engine: Engine, statement_timeout: int) -> None:
    """Have an engine's connections give up a server that is frozen or out of reach; libpq itself would wait on.

    Args:
        engine: PostgreSQL's, through psycopg.
        statement_timeout: seconds after which the server itself ends a statement.
    """

    class Connection(psycopg.Connection[Any]):
        patience: float = statement_timeout + MARGIN

        def wait(self, gen: PQGen[RV], interval: float = _TICK, timeout: float | None = None) -> RV:
            try:
                return super().wait(gen, interval, timeout or self.patience)
            except psycopg.OperationalError:
                # After an error that the server told this changes nothing; after one of ours nobody may go on here.
                if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                    self.pgconn.finish()
                raise

    def connect(
        _dialect: Dialect, _entry: ConnectionPoolEntry, arguments: list[Any], options: dict[str, Any]
    ) -> DBAPIConnection:
        try:
            return cast("DBAPIConnection", Connection.connect(*arguments, **options))
        except psycopg.ProgrammingError as error:
            raise psycopg.InterfaceError(f"{BAD_OPTION}: {error}") from error

    event.listen(engine, "do_connect", connect)

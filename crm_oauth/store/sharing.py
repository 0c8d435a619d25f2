"""SuiteCRM's own database, which its PHP goes on using: what is different from one that is ours alone."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Self

from sqlalchemy import Delete, Engine, Insert, Update, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store.collations import keep_collations
from crm_oauth.store.columns import keep_local_times
from crm_oauth.store.models import Base, Client, Token, User
from crm_oauth.store.older_tables import do_without

VERSION_TABLE = "crm_oauth_version"
"""Alembic's stamp in a database of SuiteCRM's; its being there tells that the database was adopted."""

SUITECRM_TABLES = tuple(Base.metadata.tables[model.__tablename__] for model in (Client, Token, User))

_COLUMNS = """
    SELECT table_name, column_name, collation_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name IN %(tables)s
"""


@dataclass(frozen=True, slots=True)
class Sharing:
    """How to behave in a database of SuiteCRM's that was adopted; any other is not affected.

    Args:
        zone: PHP's default time zone, in which SuiteCRM keeps when tokens expire.
        may_write_users: whether users may be added and changed.
    """

    zone: tzinfo = UTC
    may_write_users: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read it from the settings."""
        return cls(settings.suitecrm_timezone or UTC, settings.suitecrm_write_users)

    def prepare(self, engine: Engine) -> None:
        """Have an engine look, at its first connection, whose database it is, and adapt to SuiteCRM's."""
        if engine.dialect.name != "mysql":
            return

        def look(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
            there = _columns(connection)
            if VERSION_TABLE in there:
                self._adapt(engine, there)

        event.listen(engine, "first_connect", look)

    def _adapt(self, engine: Engine, there: Mapping[str, Mapping[str, str]]) -> None:
        keep_local_times(engine.dialect, self.zone)
        keep_collations(engine.dialect, {table: columns["id"] for table, columns in there.items() if "id" in columns})
        if lacking := lacking_columns(there):
            do_without(engine.dialect, lacking)
        if not self.may_write_users:
            event.listen(engine, "before_execute", _refuse_to_write_users)


def lacking_columns(there: Mapping[str, Container[str]]) -> frozenset[str]:
    """Compare tables with the models.

    Args:
        there: the columns of each table that there is.

    Returns:
        What the models have and such a table lacks, each as `table.column`.
    """
    return frozenset(
        str(column)
        for table in SUITECRM_TABLES
        for column in table.columns
        if table.name in there and column.name not in there[table.name]
    )


def _columns(connection: DBAPIConnection) -> dict[str, dict[str, str]]:
    """Read the columns of the tables in question, each with its collation."""
    cursor = connection.cursor()
    cursor.execute(_COLUMNS, {"tables": [VERSION_TABLE, *(table.name for table in SUITECRM_TABLES)]})
    there: dict[str, dict[str, str]] = {}
    for table, column, collation in cursor.fetchall():
        there.setdefault(table, {})[column] = collation
    cursor.close()
    return there


def _refuse_to_write_users(_connection: object, statement: object, *_arguments: object) -> None:
    if isinstance(statement, Insert | Update | Delete) and str(statement.table) == User.__tablename__:
        raise StartupError(
            [f"These users are SuiteCRM's; to change them here all the same, set {PREFIX}SUITECRM_WRITE_USERS=true."]
        )

"""The schema of the database: which revision it has, which it should have, and how it gets there."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table, text

from crm_oauth.faults import StartupError
from crm_oauth.shipped import shipped
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import Token
from crm_oauth.store.sharing import VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config

# Seconds to wait for another process that is upgrading the same database, or for one large table to be altered.
_PATIENCE = 600

# Any number will do, as long as nobody else locks it: the letters "crmo".
_POSTGRESQL_LOCK = 0x63726D6F

_OWN_VERSION_TABLE = "alembic_version"

# The revision that makes SuiteCRM's tables; those after it make only tables of our own.
_SUITECRM_TABLES = "0001"


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; of several processes at once one works and the others wait.

    On SQLite and PostgreSQL a fault leaves the schema as it was; MySQL and MariaDB commit each statement.

    Raises:
        StartupError: SuiteCRM made these tables, and they were not adopted.
        DatabaseUnavailable: the database is away, or another upgrade took too long.
    """
    # A sixth of the start of a server, which never upgrades. Not within the block: the others would wait for it.
    from alembic import command  # noqa: PLC0415

    with alone(database) as connection:
        version_table = _version_table(connection)
        if _revision(connection, version_table) is None and inspect(connection).has_table(Token.__tablename__):
            raise StartupError(["There are SuiteCRM's own tables in this database; share them by: crm-oauth db adopt"])
        command.upgrade(_config(connection, version_table), "head")


def adopt(database: Database) -> None:
    """Make our own tables beside those of SuiteCRM, which stay as they are; bring them up to date later.

    Args:
        database: SuiteCRM's.

    Raises:
        DatabaseUnavailable: as `upgrade` does, also when the account may not create tables.
    """
    from alembic import command  # noqa: PLC0415  # as in upgrade()

    with alone(database) as connection:
        config = _config(connection, VERSION_TABLE)
        if _revision(connection, VERSION_TABLE) is None:
            command.stamp(config, _SUITECRM_TABLES)
        command.upgrade(config, "head")


@contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """Lend a patient connection; of several processes at once one has it and the others wait.

    Raises:
        DatabaseUnavailable: the database is away, or another process took too long.
    """
    patient = Database(database.url.render_as_string(hide_password=False), statement_timeout=_PATIENCE)
    try:
        with patient.connection() as connection:
            _wait_for_turn(connection)
            yield connection
    finally:
        # Closes the connection, and so gives MySQL's lock back.
        patient.dispose()


def current_revision(database: Database) -> str | None:
    """Read the revision that the database has; None before the first upgrade.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    with database.reading() as connection:
        return _revision(connection, _version_table(connection))


def head_revision() -> str:
    """Tell the newest revision that this program knows."""
    return max(_revisions())


def knows(revision: str) -> bool:
    """Tell whether this program has a migration to a revision."""
    return revision in _revisions()


def is_current(database: Database) -> bool:
    """Tell whether the database has the very schema that this program was written for.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    return current_revision(database) == head_revision()


def is_adopted(database: Database) -> bool:
    """Tell whether the database is SuiteCRM's own, shared with its PHP.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    with database.reading() as connection:
        return _version_table(connection) == VERSION_TABLE


def _version_table(connection: Connection) -> str:
    return VERSION_TABLE if inspect(connection).has_table(VERSION_TABLE) else _OWN_VERSION_TABLE


def _revision(connection: Connection, version_table: str) -> str | None:
    if not inspect(connection).has_table(version_table):
        return None
    revision: str | None = connection.scalar(select(column("version_num")).select_from(table(version_table)))
    return revision


@cache
def _revisions() -> frozenset[str]:
    # A migration's file begins with its number, which is its revision.
    return frozenset(script.name.partition("_")[0] for script in (shipped("migrations") / "versions").glob("[0-9]*.py"))


def _config(connection: Connection, version_table: str) -> "Config":
    from alembic.config import Config  # noqa: PLC0415  # as in upgrade()

    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=version_table)
    return config


def _wait_for_turn(connection: Connection) -> None:
    match connection.dialect.name:
        case "sqlite":
            pass  # a transaction that has begun is alone
        case "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRESQL_LOCK})
        case _:
            # Names of locks are the server's, not the database's.
            lock = text("SELECT GET_LOCK(CONCAT('crm-oauth.', SHA1(DATABASE())), :seconds)")
            if connection.scalar(lock, {"seconds": _PATIENCE}) != 1:
                raise DatabaseUnavailable("another process is still upgrading the schema")

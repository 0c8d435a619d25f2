"""The schema of the database: which revision it has, which it should have, and how it gets there."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from crm_oauth.store.db import Database, DatabaseUnavailable

_PACKAGE = Path(__file__).parents[1]

# Seconds to wait for another process that is upgrading the same database, or for one large table to be altered.
_PATIENCE = 600

# Any number will do, as long as nobody else locks it: the letters "crmo".
_POSTGRESQL_LOCK = 0x63726D6F


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; of several processes at once one works and the others wait.

    On SQLite and PostgreSQL a fault leaves the schema as it was; MySQL and MariaDB commit each statement.

    Raises:
        DatabaseUnavailable: the database is away, or another upgrade took too long.
    """
    patient = Database(database.url.render_as_string(hide_password=False), statement_timeout=_PATIENCE)
    try:
        with patient.connection() as connection:
            _wait_for_turn(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        # Closes the connection, and so gives MySQL's lock back.
        patient.dispose()


def current_revision(database: Database) -> str | None:
    """Read the revision that the database has; None before the first upgrade.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    with database.connection() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def head_revision() -> str | None:
    """Read the newest revision that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_current(database: Database) -> bool:
    """Tell whether the database has the very schema that this program was written for.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    return current_revision(database) == head_revision()


def _config() -> Config:
    # A wheel carries them inside the package, a checkout beside it.
    installed = _PACKAGE / "migrations"
    migrations = installed if installed.is_dir() else _PACKAGE.parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return config


def _wait_for_turn(connection: Connection) -> None:
    match connection.dialect.name:
        case "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        case "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRESQL_LOCK})
        case _:
            # Names of locks are the server's, not the database's.
            lock = text("SELECT GET_LOCK(CONCAT('crm-oauth.', SHA1(DATABASE())), :seconds)")
            if connection.scalar(lock, {"seconds": _PATIENCE}) != 1:
                raise DatabaseUnavailable("another process is still upgrading the schema")

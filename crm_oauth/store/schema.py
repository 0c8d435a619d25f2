"""The schema of the database: which revision it has, which it should have, and how it gets there.

Revisions are numbers of four digits, in one line. A program is known by the newest one that it has a migration to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, delete, insert, inspect, select, table, text

from crm_oauth.faults import StartupError
from crm_oauth.shipped import shipped
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import Token
from crm_oauth.store.own_models import SchemaRow
from crm_oauth.store.sharing import SUITECRM_TABLES, VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

# Seconds to wait for another process that is upgrading the same database, or for one large table to be altered.
_PATIENCE = 600

# Any number will do, as long as nobody else locks it: the letters "crmo".
_POSTGRESQL_LOCK = 0x63726D6F

OWN_VERSION_TABLE = "alembic_version"
"""Alembic's stamp in a database that is ours alone."""

# The revision that makes SuiteCRM's tables; those after it make only tables of our own.
_SUITECRM_TABLES = "0001"

UNADOPTED = "There are SuiteCRM's own tables in this database; share them by: crm-oauth db adopt"
"""What to do where `is_unadopted`."""


class Fit(Enum):
    """How a database's schema fits this program."""

    MISSING = auto()
    OLD = auto()
    CURRENT = auto()
    EXPANDED = auto()
    """Newer, by migrations that leave this program alone: so may a server run while its successor is installed."""
    FOREIGN = auto()
    """Newer, and not for this program any more."""

    @property
    def is_good(self) -> bool:
        """Whether this program can use the tables."""
        return self in {Fit.CURRENT, Fit.EXPANDED}


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision; of several processes at once one works and the others wait.

    On SQLite and PostgreSQL a fault leaves the schema as it was; MySQL and MariaDB commit each statement.

    Raises:
        StartupError: somebody else made tables of these names, SuiteCRM perhaps, and they were not adopted; or a newer
            program did.
        DatabaseUnavailable: the database is away, another upgrade took too long, or somebody holds a table.
    """
    # A sixth of the start of a server, which never upgrades. Not within the block: the others would wait for it.
    import alembic.command  # noqa: F401, PLC0415

    with alone(database) as connection:
        if _is_unadopted(connection):
            raise StartupError([UNADOPTED])
        _require_room(connection)
        _migrate(connection, version_table(connection))


def adopt(database: Database) -> None:
    """Make our own tables beside those of SuiteCRM, which stay as they are; bring them up to date later.

    Args:
        database: SuiteCRM's.

    Raises:
        StartupError: a newer program has been here.
        DatabaseUnavailable: as `upgrade` does, also when the account may not create tables.
    """
    from alembic import command  # noqa: PLC0415  # as in upgrade()

    with alone(database) as connection:
        if revision_of(connection) is None:
            command.stamp(_config(connection, VERSION_TABLE), _SUITECRM_TABLES)
        _migrate(connection, VERSION_TABLE)


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
        return revision_of(connection)


def head_revision() -> str:
    """Tell the newest revision that this program knows."""
    return max(_revisions())


def fit(database: Database) -> Fit:
    """Tell how the database's schema fits this program.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    with database.reading() as connection:
        return _fit(connection)


def newer(revision: str | None) -> str:
    """Say that a schema is not for this program any more."""
    return f"The database's schema is newer than this program, revision {revision}; install what made it."


def is_adopted(database: Database) -> bool:
    """Tell whether the database is SuiteCRM's own, shared with its PHP.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    with database.reading() as connection:
        return version_table(connection) == VERSION_TABLE


def is_unadopted(database: Database) -> bool:
    """Tell whether the database is SuiteCRM's own, and not shared yet.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    with database.reading() as connection:
        return _is_unadopted(connection)


def version_table(connection: Connection) -> str:
    """Return the name of the table with Alembic's stamp, which tells whose database it is."""
    return VERSION_TABLE if inspect(connection).has_table(VERSION_TABLE) else OWN_VERSION_TABLE


def revision_of(connection: Connection) -> str | None:
    """Read the revision on a connection of one's own; None before the first upgrade."""
    stamp = version_table(connection)
    if not inspect(connection).has_table(stamp):
        return None
    revision: str | None = connection.scalar(select(column("version_num")).select_from(table(stamp)))
    return revision


def scripts(connection: Connection) -> "ScriptDirectory":
    """Return the migrations as Alembic reads them."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # as in upgrade()

    return ScriptDirectory.from_config(_config(connection, version_table(connection)))


def oldest_program(script: "Script") -> str:
    """Return the revision that a program must know at least to use the tables after a migration."""
    oldest: str = getattr(script.module, "oldest_program", script.revision)
    return oldest


def _is_unadopted(connection: Connection) -> bool:
    return _is_untouched(connection) and inspect(connection).has_table(Token.__tablename__)


def _is_untouched(connection: Connection) -> bool:
    # Alembic makes its table before all others: even an empty one tells that an upgrade of ours has begun.
    return _fit(connection) is Fit.MISSING and not inspect(connection).has_table(OWN_VERSION_TABLE)


def _require_room(connection: Connection) -> None:
    """Refuse what somebody else made: a migration that may be run again takes tables of these names for its own."""
    there = set(inspect(connection).get_table_names())
    taken = sorted(there.intersection(table.name for table in SUITECRM_TABLES))
    if taken and _is_untouched(connection):
        names = ", ".join(taken)
        raise StartupError(
            [f"There are tables of somebody else in this database: {names}. Give crm-oauth one of its own."]
        )


def _fit(connection: Connection) -> Fit:
    revision = revision_of(connection)
    if revision is None:
        return Fit.MISSING
    if revision in _revisions():
        return Fit.CURRENT if revision == head_revision() else Fit.OLD
    return Fit.EXPANDED if _oldest_program_of(connection) in _revisions() else Fit.FOREIGN


def _migrate(connection: Connection, stamp: str) -> None:
    from alembic import command  # noqa: PLC0415  # as in upgrade()

    match _fit(connection):
        case Fit.EXPANDED:
            return
        case Fit.FOREIGN:
            raise StartupError([newer(revision_of(connection))])
        case _:
            pass
    # Before, so that no older program starts while its tables go; afterwards, because the table may be new.
    _require_program(connection)
    command.upgrade(_config(connection, stamp), "head")
    _require_program(connection)


def _require_program(connection: Connection) -> None:
    """Write how old a program may be once all migrations are done."""
    directory = scripts(connection)
    needed = oldest_program(directory.get_revision(head_revision()))
    if inspect(connection).has_table(SchemaRow.__tablename__) and _oldest_program_of(connection) != needed:
        connection.execute(delete(SchemaRow))
        connection.execute(insert(SchemaRow).values(oldest_program=needed))


def _oldest_program_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(SchemaRow.__tablename__):
        return None
    return connection.scalar(select(SchemaRow.oldest_program))


@cache
def _revisions() -> frozenset[str]:
    # A migration's file begins with its number, which is its revision.
    return frozenset(script.name.partition("_")[0] for script in (shipped("migrations") / "versions").glob("[0-9]*.py"))


def _config(connection: Connection, stamp: str) -> "Config":
    from alembic.config import Config  # noqa: PLC0415  # as in upgrade()

    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=stamp)
    return config


def _wait_for_turn(connection: Connection) -> None:
    match connection.dialect.name:
        case "sqlite":
            pass  # a transaction that has begun is alone
        case "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRESQL_LOCK})
            # A table is not waited for patiently: all who come later would queue behind us, behind a backup, say.
            connection.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
        case _:
            # Names of locks are the server's, not the database's.
            lock = text("SELECT GET_LOCK(CONCAT('crm-oauth.', SHA1(DATABASE())), :seconds)")
            if connection.scalar(lock, {"seconds": _PATIENCE}) != 1:
                raise DatabaseUnavailable("another process is still upgrading the schema")

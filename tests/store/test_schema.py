"""The migrations make the schema that the models describe, however many processes run them at once."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from crm_oauth.faults import StartupError
from crm_oauth.store import schema
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import Base, Client
from tests.store.definitions import definition

MIGRATIONS = Path(__file__).parents[2] / "migrations"

UPGRADE = """
import sys
from crm_oauth.faults import StartupError
from crm_oauth.store import schema
from crm_oauth.store.db import Database

schema.upgrade(Database(sys.argv[1]))
"""


def test_models_and_migrations_agree(database: Database) -> None:
    """The tables that the migrations made are, by the database's own account, those of the models."""
    with database.connection() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        migrated = definition(connection)
        Base.metadata.drop_all(connection)
    with database.connection() as connection:
        Base.metadata.create_all(connection)
        modelled = definition(connection)
    assert len(migrated) > len(Base.metadata.tables["users"].columns)
    assert migrated == modelled


def test_revision_is_known(database_url: str) -> None:
    """A new database has no revision and is not current; after the upgrade it is, and stays so."""
    database = Database(database_url)
    assert schema.current_revision(database) is None
    assert not schema.fit(database).is_good
    for _ in range(2):
        schema.upgrade(database)
        assert schema.current_revision(database) == schema.head_revision() is not None
        assert schema.fit(database).is_good
    database.dispose()


def test_files_are_named_by_their_revisions() -> None:
    """The newest revision by the migrations' names is the one at which Alembic's own reading of them ends."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert schema.head_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_upgrade_keeps_rows(database: Database) -> None:
    """An upgrade of a database in use loses nothing."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="1"))
    schema.upgrade(database)
    with database.unit_of_work() as stores:
        assert stores.clients.get("1") is not None


def test_processes_that_upgrade_at_once(database_url: str) -> None:
    """Of several processes that upgrade a new database at once none fails, and the schema is whole."""
    command = [sys.executable, "-c", UPGRADE, database_url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    faults = [process.communicate()[1] for process in processes]
    assert faults == [b""] * len(processes)
    assert [process.returncode for process in processes] == [0] * len(processes)
    database = Database(database_url)
    assert schema.fit(database).is_good
    with database.connection() as connection:
        assert sorted(inspect(connection).get_table_names()) == sorted([*Base.metadata.tables, "alembic_version"])
        assert connection.scalar(text("SELECT COUNT(*) FROM alembic_version")) == 1
    database.dispose()


# MariaDB commits each statement that changes the schema.
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_failed_upgrade_leaves_nothing(database_url: str) -> None:
    """A migration that fails half-way is undone, where the database can undo it."""
    database = Database(database_url)
    with database.connection() as connection:
        connection.execute(text("CREATE TABLE others (id INTEGER)"))
        connection.execute(text("CREATE INDEX ix_users_user_name ON others (id)"))
    with pytest.raises(Exception, match="ix_users_user_name"):
        schema.upgrade(database)
    with database.connection() as connection:
        assert inspect(connection).get_table_names() == ["others"]
    database.dispose()


def test_tables_of_others_are_left_alone(database_url: str) -> None:
    """A database where somebody else has a table of such a name is refused before anything is made in it."""
    database = Database(database_url)
    with database.connection() as connection:
        connection.execute(text("CREATE TABLE users (id INTEGER)"))
    with pytest.raises(StartupError, match="somebody else in this database: users"):
        schema.upgrade(database)
    with database.connection() as connection:
        assert inspect(connection).get_table_names() == ["users"]
    database.dispose()


def test_upgrade_of_an_unavailable_database() -> None:
    """An upgrade that cannot reach the database says so as every unit of work does."""
    with pytest.raises(DatabaseUnavailable):
        schema.upgrade(Database("sqlite:////nowhere/at/all.db"))

"""The database as the commands use it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from sqlalchemy import URL

from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store import loading, schema
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import Base, Token, User
from crm_oauth.store.ports import Repositories
from crm_oauth.store.repositories import UserStoreFactory
from crm_oauth.store.schema import Fit
from crm_oauth.store.sharing import Sharing
from crm_oauth.store.user_stores import user_store
from crm_oauth.store.users import SqlUserStore

TOKENS = Base.metadata.tables[Token.__tablename__]


@contextmanager
def open_database(
    settings: Settings, users: UserStoreFactory = SqlUserStore, *, new: bool = False
) -> Iterator[Database]:
    """Lend the database of the settings; nothing connects to it yet.

    Args:
        settings: where it is.
        users: makes the store of users.
        new: whether it may lack its file, which SQLite would make, readable for all and the property of whoever asks.

    Raises:
        StartupError: the URL is bad, its driver is not installed, or there is no such file.
    """
    url = settings.database_url.get_secret_value()
    database = Database(url, users=users, sharing=Sharing.of(settings))
    if not new:
        _require_file(database.url)
    try:
        yield database
    finally:
        database.dispose()


def _require_file(url: URL) -> None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith("file:"):
        return
    file = Path(url.database).absolute()
    if os.access(file, os.R_OK | os.W_OK, effective_ids=True):
        return
    what, advice = f"{file} cannot be read and written by this account", "is it the server's?"
    with suppress(PermissionError):
        if not file.exists():
            what = f"there is no {file}"
            advice = "run this in the server's folder, or make a new installation here by: crm-oauth init"
    raise StartupError([f"{PREFIX}DATABASE_URL: {what}; {advice}"])


def require_schema(database: Database) -> str:
    """Check that this program can use the tables.

    Returns:
        Which they are, in words.

    Raises:
        StartupError: it cannot.
        DatabaseUnavailable: the database is away.
    """
    revision = schema.current_revision(database)
    match schema.fit(database):
        case Fit.CURRENT:
            return f"revision {revision} is current"
        case Fit.EXPANDED:
            return f"revision {revision} is newer than this program, which may go on with it"
        case Fit.FOREIGN:
            raise StartupError([schema.newer(revision)])
        case Fit.MISSING if schema.is_unadopted(database):
            raise StartupError([schema.UNADOPTED])
        case fit:
            what = "missing" if fit is Fit.MISSING else f"old, revision {revision}"
            raise StartupError([f"The database's schema is {what}; bring it up to date with: crm-oauth db upgrade"])


def index_warning(database: Database) -> str | None:
    """Say which indexes are missing in a database of our own, as after an import that was killed.

    Those of SuiteCRM's tables are the operator's choice, which `db adopt` tells.

    Args:
        database: with a current schema.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    if schema.is_adopted(database):
        return None
    with database.reading() as connection:
        missing = [str(index.name) for index in loading.missing_indexes(connection, TOKENS)]
    if not missing:
        return None
    names = ", ".join(missing)
    return f"Look-ups of tokens read the whole table without {names}; make them with: crm-oauth db upgrade"


@contextmanager
def current_database() -> Iterator[Database]:
    """Lend the database of the environment's settings, its schema checked.

    Raises:
        StartupError: a setting is bad or the schema is not current.
        DatabaseUnavailable: the database is away.
    """
    settings = Settings.load()
    with open_database(settings, user_store(settings)) as database:
        require_schema(database)
        yield database


@contextmanager
def unit_of_work() -> Iterator[Repositories]:
    """Lend the stores; what was done is committed at the end of the block.

    Raises:
        StartupError: a setting is bad or the schema is not current.
        DatabaseUnavailable: the database is away.
    """
    with current_database() as database, database.unit_of_work() as stores:
        yield stores


def existing_user(stores: Repositories, user_name: str) -> User:
    """Find the live user of a name.

    Raises:
        click.ClickException: there is none.
    """
    user = stores.users.find_by_name(user_name)
    if user is None:
        raise click.ClickException(f"There is no user {user_name!r}.")
    return user


def reason(error: DatabaseUnavailable) -> str:
    """Say in one line, with the driver's words, why the database is unavailable."""
    return f"The database is unavailable: {' '.join(str(error).split())}"

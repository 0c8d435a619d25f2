"""Where an import reads: a database's URL, which never holds the password, or the folder of a site."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError

from crm_oauth.cli.secret_input import read_secret
from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store.db import Database
from crm_oauth.store.urls import read_url
from crm_oauth.suitecrm.site import SuiteCrmSite

_SEEN_BY_ALL = (
    "Every user of this machine sees a password in --from. Leave it out, and set"
    f" {PREFIX}IMPORT_PASSWORD or add --password-stdin."
)


@contextmanager
def opened(place: str, settings: Settings, *, password_stdin: bool) -> Iterator[Database]:
    """Lend the database that `--from` leads to; nothing connects to it yet.

    Args:
        place: a URL without a password, or a path.
        settings: may hold the password for a URL.
        password_stdin: whether it is on standard input instead.

    Raises:
        click.UsageError: the URL holds a password, or there is none to read.
        click.ClickException: the folder tells of no such database.
        StartupError: the URL is bad, of a database that is not supported, or the folder is no SuiteCRM's.
    """
    if "://" not in place:
        if password_stdin:
            raise click.UsageError("A password goes with a URL; a folder's config.php has its own.")
        url = _of_folder(Path(place))
    else:
        url = _with_password(_read(place), settings, password_stdin=password_stdin)
    try:
        database = Database(url.render_as_string(hide_password=False))
    except StartupError as error:
        raise StartupError([fault.replace(f"{PREFIX}DATABASE_URL", "--from") for fault in error.faults]) from None
    try:
        yield database
    finally:
        database.dispose()


def _read(place: str) -> URL:
    try:
        url = read_url(place)
    except ArgumentError:
        # Its text is about passwords in URLs, and this one should have none.
        advice = f"write mysql://USER@HOST/DATABASE. {_SEEN_BY_ALL}"
        raise StartupError([f"--from is no URL of a database; {advice}"]) from None
    if url.password is not None or "password" in url.query or "passwd" in url.query:
        raise click.UsageError(_SEEN_BY_ALL)
    return url


def _with_password(url: URL, settings: Settings, *, password_stdin: bool) -> URL:
    if password_stdin:
        return url.set(password=read_secret("password", from_stdin=True, new=False))
    if settings.import_password:
        return url.set(password=settings.import_password.get_secret_value())
    return url


def _of_folder(folder: Path) -> URL:
    url = SuiteCrmSite.read(folder).database_url
    if url is None:
        raise click.ClickException(f"{folder} has no MySQL or MariaDB database in its config.php.")
    return url

"""`crm-oauth init`: makes whatever is missing."""

from collections.abc import Iterator
from pathlib import Path

import click

from crm_oauth.cli.database import open_database
from crm_oauth.cli.demo import add_demo
from crm_oauth.cli.output import working
from crm_oauth.cli.suitecrm_keys import take_keys
from crm_oauth.key_files import give_to_owner, make_directory, make_encryption_key, make_key_pair, make_session_key
from crm_oauth.oauth.keys import SigningKeys
from crm_oauth.profiles import load_profile
from crm_oauth.settings import ENCRYPTION_KEY_FILE, SESSION_KEY_FILE, Settings
from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.suitecrm.site import SuiteCrmSite


@click.command()
@click.option("--demo", is_flag=True, help="Add a user and clients to try it with, if there is no client yet.")
@click.option(
    "--from-suitecrm",
    "suitecrm",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the keys from SuiteCRM's folder; config.php is read and never executed.",
)
def init(*, demo: bool, suitecrm: Path | None) -> None:
    """Make the keys and the database that are missing; nothing is ever overwritten."""
    settings = Settings.load()
    profile = load_profile(settings.profile)
    if suitecrm:
        for line in take_keys(SuiteCrmSite.read(suitecrm), settings):
            click.echo(line)
    for path, made in _make_keys(settings):
        click.echo(f"{path}: {'made' if made else 'kept'}")
    with open_database(settings, new=True) as database:
        _make_sqlite_file(database)
        with working("Upgrading the schema"):
            done = _upgrade(database)
        click.echo(f"database: {done}")
        if demo:
            click.echo(add_demo(database, profile, settings.bind), nl=False)


def _make_keys(settings: Settings) -> Iterator[tuple[Path, bool]]:
    pair = settings.private_key, settings.public_key
    if all(path.exists() for path in pair):
        SigningKeys.load(*pair)  # halves of two pairs are nothing to keep
    made = make_key_pair(*pair)
    yield from ((path, path in made) for path in pair)
    if settings.encryption_key is None:
        yield ENCRYPTION_KEY_FILE, make_encryption_key(ENCRYPTION_KEY_FILE)
    if settings.session_key is None:
        yield SESSION_KEY_FILE, make_session_key(SESSION_KEY_FILE)


def _make_sqlite_file(database: Database) -> None:
    if database.url.get_backend_name() == "sqlite" and database.url.database:
        path = Path(database.url.database)
        make_directory(path.parent)
        # SQLite itself would let everyone read it, password hashes and all.
        if not path.exists():
            path.touch(mode=0o600)
            give_to_owner(path, path.parent)


def _upgrade(database: Database) -> str:
    if schema.fit(database).is_good:
        return "kept"
    schema.upgrade(database)
    return f"upgraded to revision {schema.head_revision()}"

"""`crm-oauth import`: rows from elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import IntegrityError

from crm_oauth.cli.database import current_database
from crm_oauth.cli.output import json_option, show_table
from crm_oauth.cli.parameters import TimeZone
from crm_oauth.faults import StartupError
from crm_oauth.store.db import Database
from crm_oauth.suitecrm.copying import Copying, Tally
from crm_oauth.suitecrm.site import SuiteCrmSite
from crm_oauth.suitecrm.source import TABLES, Source

_COLUMNS = tuple(field.name for field in fields(Tally))


@click.group("import")
def import_rows() -> None:
    """Copy clients, users and sessions from elsewhere."""


@import_rows.command()
@click.option("--from", "place", required=True, metavar="URL|DIR", help="SuiteCRM's database, or its folder.")
@click.option(
    "--timezone", "zone", type=TimeZone(), default="UTC", show_default=True, help="PHP's date.timezone, IANA name."
)
@click.option("--dry-run", is_flag=True, help="Tell what would be copied and write nothing.")
@json_option
@click.pass_context
def suitecrm(ctx: click.Context, *, place: str, zone: ZoneInfo, dry_run: bool, as_json: bool) -> None:
    """Copy a SuiteCRM site's clients, users and live sessions into the database of the settings.

    The site is only read. Run it again at any time, also after it was interrupted: what is here already stays,
    what changed or ended there since is brought up to date. Of a folder, config.php tells where the database is.
    Exit status 1 if a row could not be taken; standard error says which, and why.
    """
    with current_database() as target, _opened(place) as database:
        source = Source(database)
        if source.is_also(target):
            raise click.ClickException("This is the very database of the settings: nothing needs to be copied.")
        try:
            tallies = _copy(source, target, zone, dry_run=dry_run)
        except IntegrityError:
            raise click.ClickException("Someone else added the same rows meanwhile; run it again.") from None
    show_table(_COLUMNS, map(astuple, tallies), as_json=as_json)
    ctx.exit(any(tally.refused for tally in tallies))


@contextmanager
def _opened(place: str) -> Iterator[Database]:
    url = place if "://" in place else _url_of_folder(Path(place))
    try:
        database = Database(url)
    except StartupError as error:
        raise StartupError([fault.replace("DATABASE_URL", "--from") for fault in error.faults]) from None
    try:
        yield database
    finally:
        database.dispose()


def _url_of_folder(folder: Path) -> str:
    url = SuiteCrmSite.read(folder).database_url
    if url is None:
        raise click.ClickException(f"{folder} has no MySQL or MariaDB database in its config.php.")
    return url.render_as_string(hide_password=False)


def _copy(source: Source, target: Database, zone: ZoneInfo, *, dry_run: bool) -> list[Tally]:
    console = Console(stderr=True)
    now = datetime.now(UTC)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        tallies = []
        for table in TABLES:
            task = progress.add_task(table.name, total=source.count(table))
            copying = Copying(
                source,
                target,
                zone,
                now,
                dry_run=dry_run,
                refused=_tell,
                advanced=partial(progress.advance, task),
            )
            tallies.append(copying.copy(table))
        return tallies


def _tell(table: str, row_id: str, reason: str) -> None:
    click.echo(f"{table} {row_id!r}: {reason}.", err=True)

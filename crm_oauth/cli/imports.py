"""`crm-oauth import`: rows from elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import DataError, IntegrityError

from crm_oauth.cli.acts import note_act
from crm_oauth.cli.database import current_database
from crm_oauth.cli.import_places import opened
from crm_oauth.cli.output import json_option, show_table
from crm_oauth.cli.parameters import TimeZone
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.suitecrm.copying import Copying, Tally
from crm_oauth.suitecrm.source import TABLES, Source

_COLUMNS = tuple(field.name for field in fields(Tally))


@click.group("import")
def import_rows() -> None:
    """Copy clients, users and sessions from elsewhere."""


@import_rows.command()
@click.option("--from", "place", required=True, metavar="URL|DIR", help="SuiteCRM's database, or its folder.")
@click.option("--password-stdin", is_flag=True, help="Read the password for the URL from standard input.")
@click.option(
    "--timezone",
    "zone",
    type=TimeZone(),
    help=f"PHP's date.timezone, IANA name.  [default: {PREFIX}SUITECRM_TIMEZONE, or UTC]",
)
@click.option("--dry-run", is_flag=True, help="Tell what would be copied and write nothing.")
@json_option
def suitecrm(*, place: str, password_stdin: bool, zone: ZoneInfo | None, dry_run: bool, as_json: bool) -> None:
    """Copy a SuiteCRM site's clients, users and live sessions into the database of the settings.

    The site is only read. Run it again at any time, also after it was interrupted: what is here already stays,
    what changed or ended there since is brought up to date. Of a folder, config.php tells where the database is;
    the password that goes with a URL is in CRM_OAUTH_IMPORT_PASSWORD, or asked for with --password-stdin.
    Exit status 1 if a row could not be taken; standard error says which, and why.
    """
    settings = Settings.load()
    with current_database() as target, opened(place, settings, password_stdin=password_stdin) as database:
        if schema.is_adopted(target):
            raise click.ClickException(
                "The database of the settings is SuiteCRM's own, shared: nothing is copied there."
            )
        source = Source(database)
        if source.is_also(target):
            raise click.ClickException("This is the very database of the settings: nothing needs to be copied.")
        try:
            zone = zone or settings.suitecrm_timezone or ZoneInfo("UTC")
            if dry_run:
                tallies = _copy(source, target, zone, dry_run=True)
            else:
                tallies = _copy_noted(source, target, zone, f"{database.url.host}/{database.url.database}")
        except IntegrityError:
            raise click.ClickException("Someone else added the same rows meanwhile; run it again.") from None
    show_table(_COLUMNS, map(astuple, tallies), as_json=as_json)
    click.get_current_context().exit(any(tally.refused for tally in tallies))


def _copy_noted(source: Source, target: Database, zone: ZoneInfo, name: str) -> list[Tally]:
    """Copy in many transactions, with entries in the trail before the first and after the last."""
    with target.unit_of_work() as stores:
        note_act(stores, "import_begun", f"from {name}")
    tallies = _copy(source, target, zone, dry_run=False)
    counts = "; ".join(f"{each.table}: {each.added} added, {each.changed} changed" for each in tallies)
    with target.unit_of_work() as stores:
        note_act(stores, "import_ended", counts)
    return tallies


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
            with _refusal_told(table.name):
                tallies.append(copying.copy(table))
        return tallies


@contextmanager
def _refusal_told(table: str) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        # PostgreSQL's further lines repeat what is in the row.
        reason = next(iter(str(error.orig).splitlines()), "")
        raise click.ClickException(f"{table}: the database does not take a row: {reason}") from None


def _tell(table: str, row_id: str, reason: str) -> None:
    click.echo(f"{table} {row_id!r}: {reason}.", err=True)

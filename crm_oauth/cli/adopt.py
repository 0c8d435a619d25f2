"""`crm-oauth db adopt`: goes in with SuiteCRM in its own database."""

from collections.abc import Iterator

import click

from crm_oauth.cli.acts import note_act
from crm_oauth.cli.database import open_database, reason
from crm_oauth.cli.output import working
from crm_oauth.profiles import load_profile, profile_names
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store import adoption, schema
from crm_oauth.store.adoption import Survey
from crm_oauth.store.audit_entries import Event
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import User


@click.command()
@click.option("--dry-run", is_flag=True, help="Tell what would be done and do nothing.")
@click.option("--with-indexes", is_flag=True, help="Also add the indexes that SuiteCRM's tables lack.")
def adopt(*, dry_run: bool, with_indexes: bool) -> None:
    """Share the database of a SuiteCRM site with its PHP.

    Tables of our own are made beside SuiteCRM's, which are not changed but for indexes that you ask for. Run it again
    at any time.
    """
    settings = Settings.load()
    with open_database(settings) as database:
        survey = adoption.survey(database)
        click.echo("\n".join(_described(survey, settings)))
        if not dry_run:
            with working("Making tables"):
                schema.adopt(database)
            _note(database, "database_adopted", survey.to_make)
        tables = ", ".join(survey.to_make) or "none, all are there"
        click.echo(f"{'Tables to be made' if dry_run else 'Tables made'}: {tables}.")
        if not with_indexes:
            click.echo("\n".join(_offer(survey.indexes)))
        elif dry_run:
            click.echo("\n".join(f"To be done: {statement};" for statement in survey.indexes))
        else:
            _make_indexes(database, survey.indexes)


def _described(survey: Survey, settings: Settings) -> Iterator[str]:
    profiles = map(load_profile, profile_names())
    lacking = {name for name in survey.lacking if not name.startswith(f"{User.__tablename__}.")}
    versions = [profile.stands_for for profile in profiles if set(profile.shared.lacks) == lacking]
    yield f"SuiteCRM's tables, with the columns of {'; '.join(versions) or 'no version that is known here'}."
    if survey.lacking:
        yield f"Done without: {', '.join(sorted(survey.lacking))}."
    zone = settings.suitecrm_timezone or "UTC"
    yield f"Tokens expire there by the clock of {zone} ({PREFIX}SUITECRM_TIMEZONE)."


def _offer(statements: tuple[str, ...]) -> Iterator[str]:
    yield "SuiteCRM's own tables stay as they are."
    if statements:
        yield "Without these indexes look-ups read whole tables; add them with --with-indexes, or by hand:"
        yield from (f"  {statement};" for statement in statements)


def _make_indexes(database: Database, statements: tuple[str, ...]) -> None:
    try:
        with working("Making indexes"):
            adoption.make_indexes(database, statements)
        _note(database, "indexes_made", statements)
    except DatabaseUnavailable as error:
        raise click.ClickException(f"The indexes were not all made. {reason(error)}") from None
    click.echo("\n".join(f"Done: {statement};" for statement in statements) or "No index is missing.")


def _note(database: Database, event: Event, made: tuple[str, ...]) -> None:
    # Afterwards: MySQL commits each of these statements by itself, and there was no trail before the first.
    if made:
        with database.unit_of_work() as stores:
            note_act(stores, event, f"made: {len(made)}")

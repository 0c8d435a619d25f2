"""`crm-oauth db`: the schema of the database, and whose it is."""

import click

from crm_oauth.cli.adopt import adopt
from crm_oauth.cli.database import TOKENS, index_warning, open_database, require_current_schema
from crm_oauth.cli.output import working
from crm_oauth.settings import Settings
from crm_oauth.store import loading, schema


@click.group()
def db() -> None:
    """Upgrade, check or adopt the database's schema."""


@db.command()
def upgrade() -> None:
    """Bring the schema up to date, missing indexes too; safe while others do the same."""
    with open_database(Settings.load()) as database:
        with working("Upgrading the schema"):
            schema.upgrade(database)
            if not schema.is_adopted(database):
                loading.make_indexes(database, TOKENS)
        click.echo(f"The schema is at revision {schema.current_revision(database)}.")


@db.command()
def check() -> None:
    """Tell whether the schema is up to date: exit status 1 unless it is."""
    with open_database(Settings.load()) as database:
        require_current_schema(database)
        if warning := index_warning(database):
            raise click.ClickException(warning)
    click.echo(f"The schema is current: revision {schema.head_revision()}.")


db.add_command(adopt)

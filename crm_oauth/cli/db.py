"""`crm-oauth db`: the schema of the database, and whose it is."""

from dataclasses import astuple

import click

from crm_oauth.cli.adopt import adopt
from crm_oauth.cli.database import TOKENS, index_warning, open_database, require_schema
from crm_oauth.cli.output import json_option, show_table, working
from crm_oauth.settings import Settings
from crm_oauth.store import loading, schema, upgrade_plan
from crm_oauth.store.schema import Fit


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
@json_option
def check(*, as_json: bool) -> None:
    """Tell whether the schema is up to date, else what an upgrade will do: exit status 1 unless it is.

    Servers that run may go on during migrations that say so; how long each takes is an estimate from the rows that
    there are.
    """
    with open_database(Settings.load()) as database:
        if schema.fit(database) is Fit.OLD:
            steps = map(astuple, upgrade_plan.pending(database))
            show_table(("revision", "does", "servers_go_on", "seconds"), steps, as_json=as_json)
        told = require_schema(database)
        if warning := index_warning(database):
            raise click.ClickException(warning)
    click.echo("[]" if as_json else f"The schema is good: {told}.")


db.add_command(adopt)

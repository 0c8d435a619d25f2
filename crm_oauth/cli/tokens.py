"""`crm-oauth tokens`: the sessions that were issued."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from crm_oauth.cli.database import current_database, existing_user
from crm_oauth.cli.output import json_option, show_table
from crm_oauth.cli.parameters import Age
from crm_oauth.cli.revocation import revoke_and_note
from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.name_search import clients_of
from crm_oauth.store.ports import Repositories, TokenFilter
from crm_oauth.store.purging import Purge
from crm_oauth.store.unit_of_work import UnitOfWork

_PAGE = 1000
_MOST_COUNTED = 100_000_000
_COLUMNS = ("id", "client", "user", "revoked", "created", "access_expires", "refresh_expires")


@click.group()
def tokens() -> None:
    """List, revoke and purge tokens."""


_client_option = click.option("--client", "client_id", metavar="ID", help="Those issued to this client.")
_user_option = click.option("--user", "user_name", metavar="USER_NAME", help="Those that act as this user.")


@tokens.command("list")
@_client_option
@_user_option
@click.option("--active", is_flag=True, help="Those not revoked and not yet expired.")
@json_option
def list_tokens(*, client_id: str | None, user_name: str | None, active: bool, as_json: bool) -> None:
    """List token pairs, the newest first; a token itself is never shown."""
    with current_database() as database:
        with database.work() as unit:
            stores = database.stores(unit)
            _require_client(unit, stores, client_id)
            user_id = _user_id(stores, user_name)
        active_at = datetime.now(UTC) if active else None
        which = TokenFilter(client_id=client_id, user_id=user_id, active_at=active_at)
        show_table(_COLUMNS, map(_row, _pages(database, which)), as_json=as_json)


@tokens.command()
@click.option("--id", "row_id", metavar="ROW", help="The pair with this id.")
@click.option("--jti", metavar="JTI", help="The pair whose access token has this jti.")
@_client_option
@_user_option
@click.option("--all", "everything", is_flag=True, help="Every token.")
def revoke(
    *, row_id: str | None, jti: str | None, client_id: str | None, user_name: str | None, everything: bool
) -> None:
    """Revoke the token pairs that one option selects.

    Very many are revoked batch by batch: if that is stopped, what was revoked stays so, and the next run does the rest.
    """
    if sum(choice is not None for choice in (row_id, jti, client_id, user_name)) + everything != 1:
        raise click.UsageError("Give exactly one of --id, --jti, --client, --user and --all.")
    with current_database() as database:
        with database.work() as unit:
            stores = database.stores(unit)
            _require_client(unit, stores, client_id)
            user_id = _user_id(stores, user_name)
        which = TokenFilter(row_id=row_id, access_token=jti, client_id=client_id, user_id=user_id)
        what = "all" if everything else f"id: {row_id}" if row_id else f"jti: {jti}" if jti else "of client or user"
        revoked = revoke_and_note(database, which, what)
    click.echo(f"Tokens revoked: {revoked}.")


@tokens.command()
@click.option("--older-than", type=Age(), default="30d", show_default=True, help="How long ago both must have expired.")
@click.option("--batch", type=click.IntRange(1, 30_000), default=1000, show_default=True, help="Rows in a transaction.")
def purge(*, older_than: timedelta, batch: int) -> None:
    """Remove the rows whose two tokens expired long ago, in small batches with rests between them."""
    bar = Progress(
        TextColumn("{task.completed:.0f} rows purged"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with current_database() as database, bar:
        purge = Purge(database, datetime.now(UTC) - older_than, batch)
        task = bar.add_task("purge", total=None if bar.disable else purge.due(at_most=_MOST_COUNTED))
        purged = 0
        for removed in purge.batches():
            purged += removed
            bar.update(task, completed=purged)
    click.echo(f"Rows purged: {purged}.")


def _pages(database: Database, which: TokenFilter) -> Iterator[Token]:
    """Read every row, in transactions that do not last as long as the reader of our output takes."""
    after = None
    while True:
        with database.unit_of_work() as stores:
            page = stores.tokens.list(which, limit=_PAGE, after=after)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]


def _require_client(unit: UnitOfWork, stores: Repositories, client_id: str | None) -> None:
    """Refuse what is no client's id; tokens may outlive their client, and even its row."""
    if client_id is None or client_id in clients_of(unit.session, {client_id}):
        return
    if not stores.tokens.list(TokenFilter(client_id=client_id), limit=1):
        raise click.ClickException(f"There is no client {client_id!r}.")


def _user_id(stores: Repositories, user_name: str | None) -> str | None:
    return None if user_name is None else existing_user(stores, user_name).id


def _row(token: Token) -> tuple[object, ...]:
    return (
        token.id,
        token.client,
        token.assigned_user_id,
        bool(token.token_is_revoked),
        token.date_entered,
        token.access_token_expires,
        token.refresh_token_expires,
    )

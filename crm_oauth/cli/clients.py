"""`crm-oauth clients`: the programs that may ask for tokens."""

import sys
from datetime import UTC, datetime

import click
from sqlalchemy.exc import IntegrityError

from crm_oauth.cli.acts import note_act
from crm_oauth.cli.database import current_database, existing_user, unit_of_work
from crm_oauth.cli.output import json_option, show_record, show_table
from crm_oauth.cli.parameters import ClientId, GrantType, Text
from crm_oauth.cli.secret_input import read_secret
from crm_oauth.oauth.new_secrets import new_secret
from crm_oauth.profiles import load_profile
from crm_oauth.settings import Settings
from crm_oauth.store.ids import new_id
from crm_oauth.store.models import Client
from crm_oauth.store.ports import Repositories, TokenFilter

_COLUMNS = ("id", "name", "grant", "confidential", "user", "introspects", "created", "modified")
_NAME = Text(255)
_COUNTED = 1000


@click.group()
def clients() -> None:
    """Manage OAuth 2 clients."""


@clients.command()
@click.option("--name", required=True, type=_NAME, help="What the client is called.")
@click.option("--grant", required=True, type=GrantType(), help="The grant it may use, for instance password.")
@click.option("--user", "user_name", metavar="USER_NAME", help="The user that client_credentials tokens act as.")
@click.option("--public", is_flag=True, help="It cannot keep a secret (RFC 6749 section 2.1).")
@click.option("--secret-stdin", is_flag=True, help="Read the secret instead of making one.")
@click.option("--id", "client_id", type=ClientId(36), default=new_id, help="Its client_id; random if not given.")
@click.option("--introspect", is_flag=True, help="It is a resource server: it may ask about every client's tokens.")
@json_option
def add(  # noqa: PLR0913  # one argument an option
    *,
    name: str,
    grant: str,
    user_name: str | None,
    public: bool,
    secret_stdin: bool,
    client_id: str,
    introspect: bool,
    as_json: bool,
) -> None:
    """Add a client; the secret that is made for it is shown now and never again."""
    secret, stored = _new_secret(from_stdin=secret_stdin)
    client = Client(id=client_id, name=name, secret=stored, allowed_grant_type=grant, is_confidential=not public)
    try:
        with unit_of_work() as stores:
            _assign(client, stores, user_name)
            stores.clients.add(client)
            if introspect:
                stores.clients.allow_introspection(client, allowed=True)
            note_act(stores, "client_added", f"grant: {grant}", client_id=client_id)
    except IntegrityError:
        raise click.ClickException(f"There is a client {client_id!r} already, or was before it was deleted.") from None
    _warn(client)
    show_record({"id": client_id, "secret": secret, "name": name, "grant": grant}, as_json=as_json)


@clients.command("list")
@json_option
def list_clients(*, as_json: bool) -> None:
    """List the clients."""
    with unit_of_work() as stores:
        show_table(_COLUMNS, [_row(client, stores) for client in stores.clients.list()], as_json=as_json)


@clients.command()
@click.argument("client_id", metavar="ID")
@json_option
def show(*, client_id: str, as_json: bool) -> None:
    """Show a client, without its secret."""
    with unit_of_work() as stores:
        row = _row(_existing(stores, client_id), stores)
    show_record(dict(zip(_COLUMNS, row, strict=True)), as_json=as_json)


@clients.command()
@click.argument("client_id", metavar="ID")
@click.option("--name", type=_NAME, help="What the client is called.")
@click.option("--grant", type=GrantType(), help="The grant it may use.")
@click.option("--user", "user_name", metavar="USER_NAME", help="The user that client_credentials tokens act as.")
@click.option("--public/--confidential", default=None, help="Whether it can keep a secret.")
@click.option("--introspect/--no-introspect", default=None, help="Whether it is a resource server.")
@json_option
def edit(  # noqa: PLR0913  # one argument an option
    *,
    client_id: str,
    name: str | None,
    grant: str | None,
    user_name: str | None,
    public: bool | None,
    introspect: bool | None,
    as_json: bool,
) -> None:
    """Change what is given and leave the rest."""
    with unit_of_work() as stores:
        client = _existing(stores, client_id)
        client.name = name or client.name
        client.allowed_grant_type = grant or client.allowed_grant_type
        client.is_confidential = client.is_confidential if public is None else not public
        _assign(client, stores, user_name)
        if introspect is not None:
            stores.clients.allow_introspection(client, allowed=introspect)
        changed = {"name": name, "grant": grant, "user": user_name, "public": public, "introspect": introspect}
        detail = ", ".join(key for key, value in changed.items() if value is not None)
        note_act(stores, "client_changed", detail, client_id=client_id)
        row = _row(client, stores)
    _warn(client)
    show_record(dict(zip(_COLUMNS, row, strict=True)), as_json=as_json)


@clients.command("rotate-secret")
@click.argument("client_id", metavar="ID")
@click.option("--secret-stdin", is_flag=True, help="Read the secret instead of making one.")
@json_option
def rotate_secret(*, client_id: str, secret_stdin: bool, as_json: bool) -> None:
    """Replace the secret, which is shown now and never again; the old one ends at once."""
    secret, stored = _new_secret(from_stdin=secret_stdin)
    with unit_of_work() as stores:
        client = _existing(stores, client_id)
        client.secret = stored
        note_act(stores, "client_secret_changed", client_id=client_id)
    show_record({"id": client_id, "secret": secret}, as_json=as_json)


@clients.command()
@click.argument("client_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask; where there is no terminal to ask on, it must be given.")
def delete(*, client_id: str, yes: bool) -> None:
    """Delete a client and every token that it holds."""
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on whether to delete the client; add --yes.")
    with unit_of_work() as stores:
        client = _existing(stores, client_id)
        name = client.name
    if not yes:
        click.confirm(f"Delete the client {name!r} and its tokens?", abort=True)
    with unit_of_work() as stores:
        client = _existing(stores, client_id)
        active = TokenFilter(client_id=client_id, active_at=datetime.now(UTC))
        ended = len(stores.tokens.list(active, limit=_COUNTED + 1))
        stores.clients.delete(client)
        note_act(stores, "client_deleted", client_id=client_id)
    click.echo(f"Deleted {client_id}; tokens ended: {ended if ended <= _COUNTED else f'more than {_COUNTED}'}.")


def _new_secret(*, from_stdin: bool) -> tuple[str | None, str]:
    """Return the secret to show, None when a person chose it, and what to store."""
    profile = load_profile(Settings.load().profile)
    with current_database() as database:
        chosen = read_secret("secret", from_stdin=True) if from_stdin else ""
        try:
            secret, stored = new_secret(profile, database, chosen)
        except ValueError as error:
            raise click.ClickException(f"This secret cannot be stored: {error}.") from None
    return None if chosen else secret, stored


def _existing(stores: Repositories, client_id: str) -> Client:
    client = stores.clients.get(client_id)
    if client is None:
        raise click.ClickException(f"There is no client {client_id!r}.")
    return client


def _assign(client: Client, stores: Repositories, user_name: str | None) -> None:
    if user_name is not None:
        client.assigned_user_id = existing_user(stores, user_name).id


def _warn(client: Client) -> None:
    # SuiteCRM has such clients, so they can be made; whoever makes one shall know what it gets.
    if client.allowed_grant_type != "client_credentials":
        return
    if not client.assigned_user_id:
        click.echo("Without --user USER_NAME its tokens act for nobody, and SuiteCRM's API refuses them.", err=True)
    if not client.is_confidential:
        click.echo("Some profiles keep client_credentials from public clients (RFC 6749 section 4.4).", err=True)


def _row(client: Client, stores: Repositories) -> tuple[object, ...]:
    return (
        client.id,
        client.name,
        client.allowed_grant_type,
        bool(client.is_confidential),
        client.assigned_user_id,
        stores.clients.may_introspect(client),
        client.date_entered,
        client.date_modified,
    )

"""`crm-oauth users`: the people whom tokens act for."""

from datetime import UTC, datetime

import click
from sqlalchemy.exc import IntegrityError

from crm_oauth.cli.acts import note_act
from crm_oauth.cli.database import current_database, existing_user, unit_of_work
from crm_oauth.cli.output import json_option, show_record, show_table
from crm_oauth.cli.parameters import Text
from crm_oauth.cli.secret_input import read_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.settings import Settings
from crm_oauth.store.admin_sessions import end_sign_ins
from crm_oauth.store.ids import new_id
from crm_oauth.store.models import User
from crm_oauth.store.ports import TokenFilter


@click.group()
def users() -> None:
    """Manage users."""


def new_user(user_name: str, password: str) -> User:
    """Return an active user, who gets a random id when stored.

    Args:
        user_name: at most 60 characters.
        password: as it will be sent.
    """
    return User(
        user_name=user_name,
        user_hash=hash_user_password(password),
        pwd_last_changed=datetime.now(UTC),
        status="Active",
        employee_status="Active",
    )


@users.command()
@click.argument("user_name", type=Text(60))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--admin", is_flag=True, help="Make an administrator.")
@click.option("--id", "user_id", type=Text(36), default=new_id, help="The user's id; random if not given.")
@json_option
def add(*, user_name: str, password_stdin: bool, admin: bool, user_id: str, as_json: bool) -> None:
    """Add an active user."""
    user = new_user(user_name, read_secret("password", from_stdin=password_stdin))
    user.id = user_id
    user.is_admin = admin
    try:
        with unit_of_work() as stores:
            if stores.users.find_by_name(user_name):
                raise click.ClickException(f"There is a user {user_name!r} already.")
            stores.users.add(user)
            note_act(stores, "user_added", "administrator" if admin else "", user_id=user_id)
    except IntegrityError:
        raise click.ClickException(f"There is a user with the id {user_id!r} already, or was.") from None
    show_record({"id": user_id, "user_name": user_name}, as_json=as_json)


@users.command("list")
@json_option
def list_users(*, as_json: bool) -> None:
    """List the users, and whether they may authenticate."""
    columns = ("id", "user_name", "status", "admin", "may_authenticate")
    with unit_of_work() as stores:
        rows = [
            (user.id, user.user_name, user.status, bool(user.is_admin), stores.users.may_authenticate(user.standing))
            for user in stores.users.list()
        ]
    show_table(columns, rows, as_json=as_json)


@users.command()
@click.argument("user_name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def passwd(*, user_name: str, password_stdin: bool) -> None:
    """Set a user's password and, unless a setting says otherwise, revoke all their tokens."""
    hashed = hash_user_password(read_secret("password", from_stdin=password_stdin))
    with unit_of_work() as stores:
        user = existing_user(stores, user_name)
        user.user_hash = hashed
        user.pwd_last_changed = datetime.now(UTC)
        user.system_generated_password = False
    # Not in the same transaction: until this password is there for all, a login by the old one still succeeds.
    with unit_of_work() as stores:
        keep = Settings.load().keep_sessions_on_password_change
        revoked = 0 if keep else stores.tokens.revoke(TokenFilter(user_id=user.id), now=datetime.now(UTC))
        note_act(stores, "password_set", f"sessions revoked: {revoked}", user_id=user.id)
    click.echo(f"The password of {user.user_name} is set; tokens revoked: {revoked}.")


@users.command()
@click.argument("user_name")
def deactivate(*, user_name: str) -> None:
    """Bar a user, revoke all their tokens and sign them out of the panel."""
    with current_database() as database, database.work() as unit:
        stores = database.stores(unit)
        user = existing_user(stores, user_name)
        user.status = "Inactive"
        revoked = stores.tokens.revoke(TokenFilter(user_id=user.id), now=datetime.now(UTC))
        end_sign_ins(unit.session, user.id)
        note_act(stores, "user_deactivated", f"sessions revoked: {revoked}", user_id=user.id)
    click.echo(f"{user.user_name} is inactive; tokens revoked: {revoked}.")


@users.command()
@click.argument("user_name")
def activate(*, user_name: str) -> None:
    """Let a user in again."""
    with unit_of_work() as stores:
        user = existing_user(stores, user_name)
        user.status = "Active"
        note_act(stores, "user_activated", user_id=user.id)
    click.echo(f"{user.user_name} is active.")

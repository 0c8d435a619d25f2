"""What is done by the command line goes into the audit trail, in the very transaction that does it."""

import os
import pwd

import click

from crm_oauth.cli.database import unit_of_work
from crm_oauth.faults import StartupError
from crm_oauth.store.audit_entries import AuditEntry, Event
from crm_oauth.store.db import DatabaseUnavailable
from crm_oauth.store.ports import Repositories


def note_act(stores: Repositories, event: Event, detail: str = "", *, client_id: str = "", user_id: str = "") -> None:
    """Put an act into the trail.

    Args:
        stores: of the unit of work that does it.
        event: what was done.
        detail: what more there is to say; never a secret.
        client_id: the client concerned.
        user_id: the user concerned.
    """
    entry = AuditEntry(event, detail, client_id=client_id, user_id=user_id, actor=f"cli:{_account()}")
    stores.audit.append([entry])


def note_act_on_files(event: Event, detail: str) -> None:
    """Put an act into the trail that has been done already, and not to the database, which may be away."""
    try:
        with unit_of_work() as stores:
            note_act(stores, event, detail)
    except (StartupError, DatabaseUnavailable):
        click.echo(
            "This is not in the audit trail: the database is unavailable, or its schema is not current.", err=True
        )


def _account() -> str:
    # Who became root to do this is who did it.
    if name := os.environ.get("SUDO_USER"):
        return name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container an account may have no name
        return str(os.getuid())

"""The client that an address names."""

from datetime import UTC, datetime

from flask import g, redirect, url_for
from werkzeug.wrappers import Response

from crm_oauth.admin.panel import Work
from crm_oauth.store.models import Client


class NoSuchClientError(Exception):
    """There is no client of this id, or no longer."""


def existing(work: Work, client_id: str, *, to_change: bool = False) -> Client:
    """Find a client.

    Args:
        work: the unit of work that reads it.
        client_id: as in the address.
        to_change: whether whoever else would change it has to wait until this unit of work ends.

    Raises:
        NoSuchClientError: there is none.
    """
    clients = work.stores.clients
    client = clients.get_to_change(client_id) if to_change else clients.get(client_id)
    if client is None:
        raise NoSuchClientError(client_id)
    return client


def touch(client: Client) -> None:
    """Note who changes a client, and when."""
    client.modified_user_id = g.viewer.user_id
    client.date_modified = datetime.now(UTC)


def show(client_id: str) -> Response:
    """Go to a client's page."""
    return redirect(url_for("admin.client", client_id=client_id), 303)

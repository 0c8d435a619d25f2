"""Delete a client, once its administrator has seen what that ends."""

from datetime import UTC, datetime

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from crm_oauth.admin.acts import named, note_act
from crm_oauth.admin.client_access import existing, touch
from crm_oauth.admin.pages import notice, page
from crm_oauth.admin.panel import Panel
from crm_oauth.store.ports import TokenFilter

_COUNTED = 1000


def add_client_deletion(routes: Blueprint, panel: Panel) -> None:
    """Add the page.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/clients/<client_id>/delete")
    def ask_to_delete_client(client_id: str) -> Response:
        with panel.work() as work:
            client = existing(work, client_id)
            which = TokenFilter(client_id=client.id, active_at=datetime.now(UTC))
            active = len(work.stores.tokens.list(which, limit=_COUNTED + 1))
        return page("client_delete", client=client, active=active, counted=_COUNTED)

    @routes.post("/clients/<client_id>/delete")
    def delete_client(client_id: str) -> Response:
        with panel.work() as work:
            client = existing(work, client_id)
            touch(client)
            work.stores.clients.delete(client)
            note_act(work, "client_deleted", f"name: {named(client.name or '')}", client_id=client.id)
        notice(f"The client “{client.name}” is deleted, and its tokens have ended.")
        return redirect(url_for("admin.clients"), 303)

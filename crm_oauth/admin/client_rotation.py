"""Give a client a new secret."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from crm_oauth.admin.acts import note_act
from crm_oauth.admin.client_access import existing, show, touch
from crm_oauth.admin.client_forms import secret_errors
from crm_oauth.admin.held import hold_secret
from crm_oauth.admin.pages import notice, page
from crm_oauth.admin.panel import Panel
from crm_oauth.oauth.new_secrets import new_secret


def add_client_rotation(routes: Blueprint, panel: Panel) -> None:
    """Add the page.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/clients/<client_id>/secret")
    def new_client_secret(client_id: str) -> Response:
        with panel.work() as work:
            return page("client_secret", client=existing(work, client_id), errors={})

    @routes.post("/clients/<client_id>/secret")
    def change_client_secret(client_id: str) -> Response:
        chosen = request.form.get("secret", "")
        with panel.work() as work:
            client = existing(work, client_id, to_change=True)
            if errors := secret_errors(chosen):
                return page("client_secret", 422, client=client, errors=errors)
            secret, client.secret = new_secret(panel.profile, panel.database, chosen)
            touch(client)
            hold_secret(panel, work, client.id, secret)
            note_act(work, "client_secret_changed", client_id=client.id)
        notice("The secret is changed. The old one no longer works.")
        return show(client_id)

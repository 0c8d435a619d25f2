"""New Password Client and New Client Credentials Client."""

import re

from flask import Blueprint, g, redirect, request, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from crm_oauth.admin.acts import named, note_act
from crm_oauth.admin.client_forms import ClientForm
from crm_oauth.admin.held import draft, hold
from crm_oauth.admin.pages import notice, page
from crm_oauth.admin.panel import Panel
from crm_oauth.admin.secret_storage import new_secret
from crm_oauth.store.ids import new_id
from crm_oauth.store.models import Client

_KINDS = {"password": "password", "client-credentials": "client_credentials"}
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def add_client_making(routes: Blueprint, panel: Panel) -> None:
    """Add the two forms.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/clients/new/<kind>")
    def new_client(kind: str) -> Response:
        if kind not in _KINDS:
            return page("problem", 404, title="No such page", text="There are clients of two kinds only.")
        grant = _KINDS[kind]
        if grant not in panel.grant_types:
            return page("grant_off", 404, grant=grant)
        kept = draft(panel)
        form = ClientForm.read(kept, grant) if kept else ClientForm(grant=grant)
        form.client_id = kept.get("client_id") or new_id()
        return page("client_form", form=form, kind=kind, kept=bool(kept))

    @routes.post("/clients/new/<kind>")
    def make_client(kind: str) -> Response:
        if _KINDS.get(kind) not in panel.grant_types:
            return page("grant_off", 404, grant=_KINDS.get(kind, kind))
        form = ClientForm.read(request.form, _KINDS[kind])
        form.client_id = form.client_id if _ID.fullmatch(form.client_id) else new_id()
        try:
            with panel.work() as work:
                if work.stores.clients.get(form.client_id):
                    return _saved(form.client_id)
                if not form.check(work):
                    return page("client_form", 422, form=form, kind=kind)
                secret, stored = new_secret(panel, form.secret)
                client = Client(id=form.client_id, secret=stored, allowed_grant_type=form.grant)
                client.created_by = client.modified_user_id = g.viewer.user_id
                form.fill(client, work)
                work.stores.clients.add(client)
                hold(panel, work, "secret", {client.id: secret})
                note_act(work, "client_added", f"grant: {form.grant}, name: {named(form.name)}", client_id=client.id)
        except IntegrityError:
            return _saved(form.client_id)  # twice at once: the other was faster
        notice(f"The client “{form.name}” is saved.")
        return _saved(form.client_id)

    def _saved(client_id: str) -> Response:
        return redirect(url_for("admin.client", client_id=client_id), 303)

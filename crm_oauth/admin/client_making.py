"""New Password Client and New Client Credentials Client."""

import re

from flask import Blueprint, g, request
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from crm_oauth.admin.acts import named, note_act
from crm_oauth.admin.client_access import show
from crm_oauth.admin.client_forms import ClientForm
from crm_oauth.admin.held import draft, hold_secret
from crm_oauth.admin.pages import notice, page
from crm_oauth.admin.panel import Panel
from crm_oauth.oauth.new_secrets import new_secret
from crm_oauth.store.db import UnfitTextError
from crm_oauth.store.ids import new_id
from crm_oauth.store.models import Client

_KINDS = {"password": "password", "client-credentials": "client_credentials"}
_ROUTE = f"/clients/new/<any({', '.join(map(repr, _KINDS))}):kind>"
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def add_client_making(routes: Blueprint, panel: Panel) -> None:
    """Add the two forms.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get(_ROUTE)
    def new_client(kind: str) -> Response:
        grant = _KINDS[kind]
        if grant not in panel.grant_types:
            return page("grant_off", 404, grant=grant)
        kept = draft(panel)
        form = ClientForm.read(kept, grant) if kept else ClientForm(grant=grant)
        form.client_id = kept.get("client_id") or new_id()
        return page("client_form", form=form, kind=kind, kept=bool(kept))

    @routes.post(_ROUTE)
    def make_client(kind: str) -> Response:
        grant = _KINDS[kind]
        if grant not in panel.grant_types:
            return page("grant_off", 404, grant=grant)
        form = ClientForm.read(request.form, grant)
        form.client_id = form.client_id if _ID.fullmatch(form.client_id) else new_id()
        try:
            return _make(panel, form, kind)
        except IntegrityError:
            return show(form.client_id)  # twice at once: the other was faster
        except UnfitTextError:
            form.refuse_name()
            return page("client_form", 422, form=form, kind=kind)


def _make(panel: Panel, form: ClientForm, kind: str) -> Response:
    with panel.work() as work:
        if made := work.stores.clients.get(form.client_id):
            if form.made(made, work):
                return show(form.client_id)
            form.client_id = new_id()
            return page("client_form", 409, form=form, kind=kind, made=made)
        if not form.check(work):
            return page("client_form", 422, form=form, kind=kind)
        secret, stored = new_secret(panel.profile, panel.database, form.secret)
        client = Client(id=form.client_id, secret=stored, allowed_grant_type=form.grant)
        client.created_by = client.modified_user_id = g.viewer.user_id
        form.fill(client, work)
        work.stores.clients.add(client)
        hold_secret(panel, work, client.id, secret)
        note_act(work, "client_added", f"grant: {form.grant}, name: {named(form.name)}", client_id=client.id)
    notice(f"The client “{form.name}” is saved.")
    return show(form.client_id)

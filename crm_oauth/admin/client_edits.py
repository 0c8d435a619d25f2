"""Edit a client."""

from collections.abc import Iterator

from flask import Blueprint, request
from werkzeug.wrappers import Response

from crm_oauth.admin.acts import named, note_act
from crm_oauth.admin.client_access import NoSuchClientError, existing, show, touch
from crm_oauth.admin.client_forms import ClientForm, version_of
from crm_oauth.admin.held import draft, hold_secret
from crm_oauth.admin.pages import notice, page
from crm_oauth.admin.panel import Panel
from crm_oauth.oauth.new_secrets import new_secret
from crm_oauth.store.db import UnfitTextError
from crm_oauth.store.ids import new_id


def add_client_edits(routes: Blueprint, panel: Panel) -> None:
    """Add the page.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/clients/<client_id>/edit")
    def edit_client(client_id: str) -> Response:
        with panel.work() as work:
            client = existing(work, client_id)
            form = ClientForm.of(client, work)
        if kept := draft(panel):
            form = ClientForm.read(kept, form.grant)
            form.client_id = client_id
        return page("client_form", form=form, client=client, kept=bool(kept))

    @routes.post("/clients/<client_id>/edit")
    def change_client(client_id: str) -> Response:
        form = ClientForm.read(request.form, request.form.get("grant", ""))
        try:
            return _change(panel, form, client_id)
        except NoSuchClientError:
            return _deleted_meanwhile(form)
        except UnfitTextError:
            form.refuse_name()
            with panel.work() as work:
                return page("client_form", 422, form=form, client=existing(work, client_id))


def _change(panel: Panel, form: ClientForm, client_id: str) -> Response:
    with panel.work() as work:
        client = existing(work, client_id, to_change=True)
        form.grant, form.client_id = client.allowed_grant_type or "", client_id
        if form.seen != (now := version_of(client, work)):
            form.seen = now
            return page("client_form", 409, form=form, client=client, theirs=ClientForm.of(client, work))
        if not form.check(work):
            return page("client_form", 422, form=form, client=client)
        changes = ", ".join(_differences(ClientForm.of(client, work), form))
        form.fill(client, work)
        touch(client)
        note_act(work, "client_changed", changes or "nothing", client_id=client_id)
        if form.secret:
            secret, client.secret = new_secret(panel.profile, panel.database, form.secret)
            hold_secret(panel, work, client.id, secret)
    notice(f"The client “{form.name}” is saved.")
    return show(client_id)


def _differences(before: ClientForm, after: ClientForm) -> Iterator[str]:
    if before.name != after.name:
        yield f"name: {named(after.name)}"
    if before.is_confidential != after.is_confidential:
        yield "confidential" if after.is_confidential else "public"
    if after.acts_as_user and before.user_name != after.user_name:
        yield f"user: {named(after.user_name)}"
    if before.may_introspect != after.may_introspect:
        yield "resource server" if after.may_introspect else "no resource server"
    if after.secret:
        yield "secret"


def _deleted_meanwhile(form: ClientForm) -> Response:
    """Show what was typed in the form of a new client, for the one that it was about is gone."""
    form.client_id = new_id()
    form.grant = form.grant if form.grant == "client_credentials" else "password"
    return page("client_form", 409, form=form, kind=form.grant.replace("_", "-"), was_deleted=True)

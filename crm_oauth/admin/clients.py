"""List OAuth2 Clients, and the page of each."""

from datetime import UTC, datetime

from flask import Blueprint, request
from werkzeug.wrappers import Response

from crm_oauth.admin.client_access import existing
from crm_oauth.admin.held import held_secret
from crm_oauth.admin.pages import page
from crm_oauth.admin.panel import Panel
from crm_oauth.admin.ready_requests import ready_requests
from crm_oauth.store.name_search import find_clients, find_users, user_names
from crm_oauth.store.ports import TokenFilter

_LISTED = 200
_SESSIONS = 10


def add_clients(routes: Blueprint, panel: Panel) -> None:
    """Add the list, the page of each client, and the names that are proposed while one types.

    Args:
        routes: the panel's.
        panel: the parts.
    """

    @routes.get("/clients")
    def clients() -> Response:
        part, grant = request.args.get("name", "").strip(), request.args.get("grant", "")
        with panel.work() as work:
            found = find_clients(work.session, part, grant=grant, limit=_LISTED + 1)
            users = user_names(work.session, {client.assigned_user_id or "" for client in found})
        shown = found[:_LISTED]
        return page("clients", clients=shown, users=users, name=part, grant=grant, more=len(found) > _LISTED)

    @routes.get("/clients/<client_id>")
    def client(client_id: str) -> Response:
        with panel.work() as work:
            found = existing(work, client_id)
            now = datetime.now(UTC)
            active = work.stores.tokens.list(TokenFilter(client_id=found.id, active_at=now), limit=_SESSIONS + 1)
            people = {found.assigned_user_id, found.created_by, found.modified_user_id}
            people |= {token.assigned_user_id for token in active}
            users = user_names(work.session, {each for each in people if each})
            introspects = work.stores.clients.may_introspect(found)
        secret = held_secret(panel, found.id)
        requests = ready_requests(found, secret or "CLIENT_SECRET", panel.endpoint)
        return page(
            "client",
            client=found,
            users=users,
            introspects=introspects,
            secret=secret,
            requests=requests,
            sessions=active[:_SESSIONS],
            more=len(active) > _SESSIONS,
        )

    @routes.get("/user-names")
    def proposed_users() -> Response:
        part = request.args.get("user_name") or request.args.get("user") or ""
        with panel.work() as work:
            found = find_users(work.session, part.strip()) if part.strip() else ()
            able = [user for user in found if work.stores.users.may_authenticate(user.standing)]
            return page("user_names", users=able)

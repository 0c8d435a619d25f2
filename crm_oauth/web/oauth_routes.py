"""The endpoints of the standards: token, at every path that it ever had; introspection; revocation."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Request, Response, request

from crm_oauth.oauth.metadata import INTROSPECTION_PATH, REVOCATION_PATH
from crm_oauth.oauth.server import CrmAuthorizationServer
from crm_oauth.oauth.wire import Parameters, read_params
from crm_oauth.store.db import Database
from crm_oauth.web.context import answer_in_unit_of_work


def oauth_routes(server: CrmAuthorizationServer, database: Database) -> Blueprint:
    """Return the routes that clients post to.

    Args:
        server: answers them.
        database: where each request has its unit of work.
    """
    routes = Blueprint("oauth", __name__)

    def answer(responder: Callable[[Request, Parameters], Response]) -> Response:
        parameters = read_params(request)
        return answer_in_unit_of_work(database, lambda: responder(request, parameters))

    def token() -> Response:
        return answer(server.respond)

    def introspect() -> Response:
        return answer(partial(server.respond_at, "introspection"))

    def revoke() -> Response:
        return answer(partial(server.respond_at, "revocation"))

    views = {INTROSPECTION_PATH: introspect, REVOCATION_PATH: revoke}
    views |= dict.fromkeys(server.profile.endpoint.paths, token)
    for path, view in views.items():
        routes.add_url_rule(path, view_func=view, methods=["POST"], provide_automatic_options=False)
    return routes

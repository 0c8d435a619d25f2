"""The two routes of SuiteCRM's API that are about the session itself."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from crm_oauth.compat import json_api
from crm_oauth.compat.league import Dialect
from crm_oauth.oauth.access_tokens import AccessToken, AccessTokenValidator, bearer_of
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.responses import response_of
from crm_oauth.oauth.wire import Origin, authorization_of
from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.db import Database
from crm_oauth.store.models import User
from crm_oauth.store.ports import TokenFilter
from crm_oauth.web.context import answer_in_unit_of_work, repositories

_ROOTS = ("/Api", "/Api/index.php", "/legacy/Api", "/legacy/Api/index.php")
_TYPE = "application/vnd.api+json"

View = Callable[[AccessToken], Response]


def api_routes(validator: AccessTokenValidator, dialect: Dialect, database: Database) -> Blueprint:
    """Return `POST /Api/V8/logout` and `GET /Api/V8/current-user`, at every root that the API ever had.

    Args:
        validator: checks the bearer's token.
        dialect: the words for one that is no good.
        database: where each request has its unit of work.
    """
    routes = Blueprint("api", __name__)
    for root in _ROOTS:
        for path, method, view in (("logout", "POST", _logout), ("current-user", "GET", _current_user)):
            routes.add_url_rule(
                f"{root}/V8/{path}",
                endpoint=f"{path} {root.replace('.', ' ')}",
                view_func=for_bearer(view, validator, dialect, database),
                methods=[method],
                provide_automatic_options=False,
            )
    return routes


def for_bearer(
    view: View, validator: AccessTokenValidator, dialect: Dialect, database: Database
) -> Callable[[], Response]:
    """Return a view for the bearers of good tokens; others are told what is wrong with theirs.

    Args:
        view: answers, given the token.
        validator: checks it.
        dialect: the words for one that is no good.
        database: where each request has its unit of work.
    """

    def answer() -> Response:
        authorization = authorization_of(request)
        try:
            text = bearer_of(authorization)
            return view(validator.validate(text, repositories().tokens, datetime.now(UTC)))
        except OAuthFault as error:
            return response_of(dialect.render(error.fault, authorization))

    return lambda: answer_in_unit_of_work(database, answer)


def unknown_route(_token: AccessToken) -> Response:
    """Answer a bearer who asks for what the old API has not."""
    return response_of(json_api.not_found())


def _logout(token: AccessToken) -> Response:
    tokens, row_id = repositories().tokens, token.session.row_id
    # Revoked first: that reaches what a refresh at this moment mints. Deleted is what SuiteCRM's own logout writes.
    tokens.revoke(TokenFilter(row_id=row_id), now=datetime.now(UTC))
    tokens.delete(row_id)
    origin = Origin.of(request)
    entry = AuditEntry(
        "logged_out",
        client_id=token.session.client_id,
        user_id=token.session.user_id,
        address=origin.address,
        request_id=origin.request_id,
    )
    repositories().audit.append([entry])
    return _document({"meta": {"message": "You have been successfully logged out"}, "data": []})


def _current_user(token: AccessToken) -> Response:
    user = repositories().users.get(token.session.user_id)
    return _document({"data": _resource(user) if user else None})


def _resource(user: User) -> dict[str, object]:
    # SuiteCRM gives every column as the text that PHP read from the database.
    names = ("user_name", "first_name", "last_name", "status", "employee_status")
    attributes = {name: getattr(user, name) or "" for name in names}
    full_name = f"{attributes['first_name']} {attributes['last_name']}".strip()
    attributes |= {"full_name": full_name, "is_admin": "1" if user.is_admin else "0"}
    return {"type": "User", "id": user.id, "attributes": attributes}


def _document(document: dict[str, object]) -> Response:
    # JSON_PRETTY_PRINT of PHP is json's indent of four, but for the slashes.
    body = json.dumps(document, indent=4).replace("/", "\\/")
    return Response(body, headers=[("Content-Type", _TYPE), ("Accept", _TYPE)])

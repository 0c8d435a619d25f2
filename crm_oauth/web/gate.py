"""`/oauth/verify`: a front end asks, before each request, whether its bearer may pass."""

from datetime import UTC, datetime

from flask import Blueprint, Response, request

from crm_oauth.oauth.access_tokens import AccessToken, AccessTokenValidator, bearer_of
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.wire import authorization_of
from crm_oauth.store.db import Database


def gate_routes(validator: AccessTokenValidator, database: Database) -> Blueprint:
    """Return the route for nginx's `auth_request`: 204 and who it is, or 401; never a body.

    Args:
        validator: checks tokens.
        database: where sessions are looked up.
    """
    routes = Blueprint("gate", __name__)

    @routes.get("/oauth/verify")
    def verify() -> Response:
        try:
            text = bearer_of(authorization_of(request))
            with database.unit_of_work() as stores:
                token = validator.validate(text, stores.tokens, datetime.now(UTC))
        except OAuthFault:
            return _without_body(401, {"WWW-Authenticate": "Bearer"})
        return _without_body(204, _identity(token))

    return routes


def _without_body(status: int, headers: dict[str, str]) -> Response:
    response = Response(status=status, headers=headers)
    del response.headers["Content-Type"]
    return response


def _identity(token: AccessToken) -> dict[str, str]:
    session = token.session
    said = {
        "X-Auth-User-Id": session.user_id,
        "X-Auth-User-Name": session.user.user_name if session.user else None,
        "X-Auth-Client-Id": session.client_id,
        "X-Auth-Token-Id": session.access_token,
        "X-Auth-Scopes": " ".join(token.scopes),
    }
    return {name: _header_text(value or "") for name, value in said.items()}


def _header_text(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    # UTF-8 in the bytes of the header, which WSGI wants spelled as Latin-1; no name may begin a new line.
    printable = "".join(letter if letter.isprintable() else " " for letter in value)
    return printable.encode().decode("latin-1")

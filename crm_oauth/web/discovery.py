"""Well-known documents: the server's metadata (RFC 8414) and its public keys (RFC 7517)."""

from collections.abc import Collection

from flask import Blueprint, Response, jsonify, request

from crm_oauth.oauth.grant import Grant
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.oauth.metadata import JWKS_PATH, server_metadata
from crm_oauth.profiles import Profile

_MAX_AGE = 300  # seconds that readers may keep the keys; a new one is tried by whoever meets a kid it does not know


def discovery_routes(
    profile: Profile, grants: Collection[type[Grant]], keys: KeyRing, public_url: str | None
) -> Blueprint:
    """Return the documents' routes.

    Args:
        profile: what is on.
        grants: the grants that it names.
        keys: whose public halves are published.
        public_url: the server's address; None takes the one by which it was asked.
    """
    routes = Blueprint("discovery", __name__)

    @routes.get("/.well-known/oauth-authorization-server")
    def metadata() -> Response:
        issuer = (public_url or request.url_root).rstrip("/")
        return jsonify(server_metadata(issuer, profile, grants))

    @routes.get(JWKS_PATH)
    def jwks() -> Response:
        response = jsonify(keys=keys.public_keys())
        response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE}"
        return response

    return routes

"""What the server tells about itself (RFC 8414), true to the running profile."""

from collections.abc import Iterable

from crm_oauth.oauth.grant import Grant
from crm_oauth.profiles import Profile

INTROSPECTION_PATH = "/oauth/introspect"
REVOCATION_PATH = "/oauth/revoke"
JWKS_PATH = "/.well-known/jwks.json"


def server_metadata(issuer: str, profile: Profile, grants: Iterable[type[Grant]]) -> dict[str, object]:
    """Return the metadata document.

    Args:
        issuer: the server's address as clients reach it, without a trailing slash.
        profile: what is on.
        grants: the grants that it names.
    """
    with_secret = ["client_secret_basic", "client_secret_post"]
    lenient = ["none"] if profile.clients.public_secret == "ignored" else []  # noqa: S105  # a rule, not a secret
    return {
        "issuer": issuer,
        "token_endpoint": issuer + profile.endpoint.paths[0],
        "token_endpoint_auth_methods_supported": with_secret + lenient,
        "grant_types_supported": [grant.GRANT_TYPE for grant in grants],
        # There is no authorization endpoint; RFC 8414 wants the key all the same.
        "response_types_supported": ["none"],
        "scopes_supported": profile.scopes.known,
        "jwks_uri": issuer + JWKS_PATH,
        "introspection_endpoint": issuer + INTROSPECTION_PATH,
        "introspection_endpoint_auth_methods_supported": with_secret,
        "revocation_endpoint": issuer + REVOCATION_PATH,
        "revocation_endpoint_auth_methods_supported": with_secret + lenient,
    }

"""Header and claims of an access token, in the shape of either lcobucci/jwt that SuiteCRM shipped."""

from dataclasses import dataclass
from typing import Literal

from crm_oauth.compat.php_json import dumps

JwtStyle = Literal["lcobucci3", "lcobucci4"]


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says.

    Args:
        client_id: The audience.
        jti: Id of the token, 80 hex digits; column `oauth2tokens.access_token`.
        issued_at: Unix time in seconds; the token is valid from then.
        expires_at: Unix time in seconds.
        user_id: The subject; may be empty.
        scopes: Granted scopes, usually none.
    """

    client_id: str
    jti: str
    issued_at: int
    expires_at: int
    user_id: str
    scopes: tuple[str, ...] = ()


def header(jti: str, style: JwtStyle) -> dict[str, str]:
    """Return the JOSE header; league 5 with lcobucci/jwt 3 repeats the token's id there."""
    common = {"typ": "JWT", "alg": "RS256"}
    return {**common, "jti": jti} if style == "lcobucci3" else common


def payload(claims: AccessClaims, style: JwtStyle) -> bytes:
    """Return the JSON text to be signed.

    Times are whole seconds in both styles (RFC 7519 allows fractions, which lcobucci/jwt 4 writes, but many
    readers do not expect them).
    """
    return dumps(
        {
            "aud": claims.client_id,
            "jti": claims.jti,
            "iat": claims.issued_at,
            "nbf": claims.issued_at,
            "exp": claims.expires_at,
            "sub": claims.user_id,
            "scopes": claims.scopes,
        },
        escape=style == "lcobucci3",
    ).encode()

"""Access tokens of real servers, written again."""

import json
import re
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from crm_oauth.compat.claims import AccessClaims, JwtStyle, header, payload
from crm_oauth.compat.php_json import dumps
from tests.unit.compat import vectors

TOKENS = [
    (token, "lcobucci4" if token["profile"] == "7.14.6" else "lcobucci3")
    for token in vectors.load("access_tokens")["tokens"]
]
EACH_TOKEN = pytest.mark.parametrize(
    ("token", "style"), TOKENS, ids=lambda value: value if isinstance(value, str) else f"{value['grant']}"
)


def whole_seconds(claims_json: str) -> str:
    """Drop the fractions of seconds, the one thing that we write otherwise."""
    return re.sub(r"(?<=\d{10})\.\d+", "", claims_json)


def recorded_claims(token: dict[str, str]) -> AccessClaims:
    """Return the claims of a recorded token."""
    said: dict[str, Any] = json.loads(whole_seconds(token["claims_json"]))
    return AccessClaims(said["aud"], said["jti"], said["iat"], said["exp"], said["sub"], tuple(said["scopes"]))


@EACH_TOKEN
def test_recorded_token_is_sound(token: dict[str, str], style: JwtStyle) -> None:
    """The recorded text bears its server's signature and holds the very header and claims of its style."""
    key = RSAKey.import_key(token["public_key_pem"])
    # The registry refuses a `jti` in the header unless told not to be strict.
    registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    signed = jws.deserialize_compact(token["access_token"], key, registry=registry)
    assert signed.payload.decode() == token["claims_json"]
    assert ("jti" in signed.headers()) is (style == "lcobucci3")


@EACH_TOKEN
def test_header_to_the_byte(token: dict[str, str], style: JwtStyle) -> None:
    """The header is that of a real server, in its order."""
    assert dumps(header(recorded_claims(token).jti, style)) == token["header_json"]


@EACH_TOKEN
def test_claims_to_the_byte(token: dict[str, str], style: JwtStyle) -> None:
    """The claims are those of a real server, in their order, with times in whole seconds."""
    assert payload(recorded_claims(token), style).decode() == whole_seconds(token["claims_json"])


@pytest.mark.parametrize(
    ("style", "text"),
    [("lcobucci3", r'"aud":"a\/\u00fc"'), ("lcobucci4", '"aud":"a/\u00fc"')],
)
def test_escapes_of_either_style(style: JwtStyle, text: str) -> None:
    """The older library escapes slashes and non-ASCII text, the newer one neither."""
    claims = AccessClaims("a/\u00fc", "ab" * 40, 1, 2, "", ("standard:read",))
    assert text.encode() in payload(claims, style)
    assert payload(claims, style).endswith(b'"sub":"","scopes":["standard:read"]}')

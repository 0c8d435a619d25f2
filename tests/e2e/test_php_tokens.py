"""PHP reads our tokens and we redeem PHP's, each side by its own implementation."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from crm_oauth.store.models import Token
from tests.e2e import scripts
from tests.e2e.conftest import PASSWORD, PASSWORD_CLIENT, USER_ID, USER_NAME
from tests.support.programs import require_php
from tests.support.site import ENCRYPTION_KEY, Site
from tests.unit.compat import php

CLIENT = dict(zip(("client_id", "client_secret"), PASSWORD_CLIENT, strict=True))


@pytest.fixture(autouse=True)
def _php_with_openssl() -> None:
    require_php("openssl")


def _post(endpoint: str, **parameters: str) -> dict[str, Any]:
    return dict(requests.post(endpoint, json=CLIENT | parameters, timeout=30).json())


def _sign_in(endpoint: str) -> dict[str, Any]:
    return _post(endpoint, grant_type="password", username=USER_NAME, password=PASSWORD)


def test_php_verifies_our_access_token(site: Site, endpoint: str) -> None:
    """openssl_verify accepts the signature with the public key's file, and refuses it over other claims."""
    token = _sign_in(endpoint)["access_token"]
    public_key = str(site.folder / "var/keys/public.key")
    claims = scripts.run("verified_claims.php", token, public_key)
    assert list(claims) == ["aud", "jti", "iat", "nbf", "exp", "sub", "scopes"]
    assert (claims["aud"], claims["sub"]) == (PASSWORD_CLIENT[0], USER_ID)
    header, _claims, signature = token.split(".")
    other = _sign_in(endpoint)["access_token"].split(".")[1]
    assert scripts.run("verified_claims.php", f"{header}.{other}.{signature}", public_key) is None


def test_php_decrypts_our_refresh_token(endpoint: str) -> None:
    """PHP opens our refresh token by SuiteCRM's encryption key and finds the claims that SuiteCRM would write."""
    container = _sign_in(endpoint)["refresh_token"]
    (plaintext,) = php.include("defuse_decrypt.php", ["password", ENCRYPTION_KEY.encode().hex(), container])
    claims = json.loads(plaintext)
    assert list(claims) == ["client_id", "refresh_token_id", "access_token_id", "scopes", "user_id", "expire_time"]
    assert (claims["client_id"], claims["user_id"], claims["scopes"]) == (PASSWORD_CLIENT[0], USER_ID, [])


def test_we_redeem_a_refresh_token_of_php_once(site: Site, endpoint: str) -> None:
    """A refresh token that PHP encrypted for a row of the database works once, as one of SuiteCRM's would."""
    now = datetime.now(UTC)
    row = Token(
        access_token="a" * 80,
        access_token_expires=now - timedelta(days=1),
        refresh_token="b" * 80,
        refresh_token_expires=now + timedelta(days=1),
        client=PASSWORD_CLIENT[0],
        assigned_user_id=USER_ID,
    )
    claims: dict[str, object] = {
        "client_id": row.client,
        "refresh_token_id": row.refresh_token,
        "access_token_id": row.access_token,
        "scopes": [],
        "user_id": USER_ID,
        "expire_time": int((now + timedelta(days=1)).timestamp()),
    }
    site.fill(lambda repositories: repositories.tokens.add(row))
    token = scripts.run("encrypt_claims.php", ENCRYPTION_KEY, claims)
    assert _post(endpoint, grant_type="refresh_token", refresh_token=token)["access_token"]
    again = _post(endpoint, grant_type="refresh_token", refresh_token=token)
    assert again["hint"] == "Token has been revoked"

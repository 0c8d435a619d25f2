"""After an import what SuiteCRM's PHP issued is good here."""

import hashlib
from contextlib import chdir
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from app import create_app
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.settings import Settings
from tests.e2e import scripts
from tests.suitecrm.conftest import Import
from tests.suitecrm.site_files import ENCRYPTION_KEY, make_site
from tests.suitecrm.site_rows import NOW, SOON, add_client, add_token, add_user
from tests.support.programs import require_php

JTI, REFRESH_ID = "a" * 80, "b" * 80
CLIENT = {"client_id": "client", "client_secret": "the secret"}


@pytest.fixture
def server(quick_import: Import) -> FlaskClient:
    """A server with a site's keys, client, user and session, profile 7.12."""
    require_php("openssl")
    secret = hashlib.sha256(CLIENT["client_secret"].encode()).hexdigest()
    add_client(quick_import.site, "client", secret=secret, allowed_grant_type="password")
    add_user(quick_import.site, "user", user_name="Jo", user_hash=hash_user_password("keys", rounds=4))
    add_token(
        quick_import.site,
        "session",
        access_until=SOON,
        assigned_user_id="user",
        access_token=JTI,
        refresh_token=REFRESH_ID,
    )
    make_site(quick_import.installation.folder / "crm")
    quick_import.installation.told("init", "--from-suitecrm", "crm")
    quick_import.run()
    with chdir(quick_import.installation.folder):
        return create_app(Settings(database_url=quick_import.target, profile="7.12")).test_client()


def _access_token(quick_import: Import, until: datetime) -> str:
    issued = int(NOW.timestamp()) - 60
    claims = {
        "aud": "client",
        "jti": JTI,
        "iat": issued,
        "nbf": issued,
        "exp": int(until.timestamp()),
        "sub": "user",
        "scopes": [],
    }
    key = quick_import.installation.folder / "crm/Api/V8/OAuth2/private.key"
    return str(scripts.run("sign_claims.php", str(key), claims))


def _refresh_token() -> str:
    claims = {
        "client_id": "client",
        "refresh_token_id": REFRESH_ID,
        "access_token_id": JTI,
        "scopes": [],
        "user_id": "user",
        "expire_time": int(SOON.timestamp()),
    }
    return str(scripts.run("encrypt_claims.php", ENCRYPTION_KEY, claims))


def test_an_access_token_of_php_verifies(server: FlaskClient, quick_import: Import) -> None:
    """The gate lets pass what PHP signed before the move, as the same user."""
    bearer = {"Authorization": f"Bearer {_access_token(quick_import, SOON)}"}
    answer = server.get("/oauth/verify", headers=bearer)
    assert (answer.status_code, answer.headers["X-Auth-User-Name"]) == (204, "Jo")


def test_a_refresh_token_of_php_redeems_once(server: FlaskClient, quick_import: Import) -> None:
    """What PHP encrypted before the move gets a new pair, once, also when the site is imported again after that."""
    request = {"grant_type": "refresh_token", "refresh_token": _refresh_token(), **CLIENT}
    with chdir(quick_import.installation.folder):
        assert "access_token" in server.post("/Api/access_token", json=request).get_json()
        quick_import.run()
        assert server.post("/Api/access_token", json=request).get_json()["hint"] == "Token has been revoked"


def test_a_user_signs_in_with_the_old_password(server: FlaskClient, quick_import: Import) -> None:
    """Client secret and password are those of the site."""
    request = {"grant_type": "password", "username": "jo", "password": "keys", **CLIENT}
    with chdir(quick_import.installation.folder):
        assert "access_token" in server.post("/Api/access_token", json=request).get_json()

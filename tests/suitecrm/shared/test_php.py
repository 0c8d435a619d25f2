"""On one database and the same keys PHP accepts what we issue, and we what PHP issues."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import text

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.profiles import load_profile
from crm_oauth.store import schema
from crm_oauth.store.db import Database
from tests.e2e import scripts
from tests.suitecrm.shared.conftest import owned_by
from tests.suitecrm.site_database import SiteDatabase
from tests.suitecrm.site_rows import BERLIN, add_client, add_token, add_user, as_local
from tests.support.programs import require_php
from tests.support.site import ENCRYPTION_KEY, Site
from tests.unit.compat import php

SECRET = "the secret"
CLIENT = {"client_id": "client", "client_secret": SECRET}
SIGN_IN = {"grant_type": "password", "username": "JO", "password": "keys"}

# How SuiteCRM's panel hashed a secret, and the age and character set of the tables.
CRYPT, SHA256 = "echo json_encode(crypt($inputs[0], '$1$LWHSyJNo$'));", "echo json_encode(hash('sha256', $inputs[0]));"
PROFILES = {
    "7.10.0": (CRYPT, ("utf8", True)),
    "7.10.2": (CRYPT, ("utf8", False)),
    "7.12": (SHA256, ("utf8", False)),
    "7.14": (SHA256, ("utf8mb4", False)),
}
BY_PROFILE = [(profile, age) for profile, (_, age) in PROFILES.items()]

pytestmark = pytest.mark.parametrize(("profile", "crm"), BY_PROFILE, indirect=["crm"], ids=PROFILES.keys())


@pytest.fixture
def site(profile: str, crm: SiteDatabase, tmp_path: Path) -> Iterator[Site]:
    """A server on SuiteCRM's database, in Berlin, adopted by the command."""
    require_php("openssl")
    now = datetime.now(UTC)
    add_client(crm, "client", secret=php.run(PROFILES[profile][0], SECRET))
    add_user(crm, "user", user_name="Jo", user_hash=hash_user_password("keys", rounds=4))
    add_token(crm, "theirs", access_until=now + timedelta(minutes=5), **owned_by(crm, "user"))
    database = Database(crm.url)
    schema.adopt(database)
    database.dispose()
    with Site(tmp_path, profile, crm.url, {"SUITECRM_TIMEZONE": str(BERLIN)}) as site:
        yield site


def _post(site: Site, **parameters: str) -> dict[str, Any]:
    answer = requests.post(f"{site.url}/Api/access_token", json=CLIENT | parameters, timeout=30)
    return dict(answer.json())


def _row(crm: SiteDatabase, jti: str) -> dict[str, object] | None:
    with crm.connection() as connection:
        rows = connection.execute(text("SELECT * FROM oauth2tokens WHERE access_token = :jti"), {"jti": jti})
        row = rows.mappings().one_or_none()
    return {name: str(value) if isinstance(value, datetime) else value for name, value in row.items()} if row else None


def _php_accepts(site: Site, crm: SiteDatabase, token: str) -> str | None:
    key = str(site.folder / "var/keys/public.key")
    jti = scripts.run("verified_claims.php", token, key)["jti"]
    user: str | None = scripts.run("suitecrm_accepts.php", token, key, _row(crm, jti), str(BERLIN))
    return user


def test_php_accepts_our_token_until_either_side_ends_it(site: Site, crm: SiteDatabase) -> None:
    """SuiteCRM's API takes our token as the right user's; its panel and its logout end it, and its expiry is right."""
    first, second, third = (_post(site, **SIGN_IN) for _ in range(3))
    assert _php_accepts(site, crm, first["access_token"]) == "user"
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    assert requests.get(f"{site.url}/oauth/verify", headers=bearer, timeout=30).status_code == 204
    crm.execute("UPDATE oauth2tokens SET token_is_revoked = 1")  # what the panel does
    assert requests.get(f"{site.url}/oauth/verify", headers=bearer, timeout=30).status_code == 401
    assert "error" in _post(site, grant_type="refresh_token", refresh_token=first["refresh_token"])
    crm.execute("UPDATE oauth2tokens SET token_is_revoked = 0, deleted = 1")  # what its logout does
    assert "error" in _post(site, grant_type="refresh_token", refresh_token=second["refresh_token"])
    crm.execute("UPDATE oauth2tokens SET deleted = 0")
    assert _php_accepts(site, crm, third["access_token"]) == "user"
    bearer = {"Authorization": f"Bearer {third['access_token']}"}
    assert requests.post(f"{site.url}/Api/V8/logout", headers=bearer, timeout=30).status_code == 200
    assert _php_accepts(site, crm, third["access_token"]) is None


def test_our_row_is_the_one_that_php_would_write(site: Site, crm: SiteDatabase, profile: str) -> None:
    """Its columns hold what SuiteCRM's insert and update write, and its expiry is told by Berlin's clock."""
    claims = scripts.run(
        "verified_claims.php", _post(site, **SIGN_IN)["access_token"], str(site.folder / "var/keys/public.key")
    )
    row = _row(crm, claims["jti"])
    assert row is not None
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    assert row["access_token_expires"] == as_local(expires)
    assert {
        "name": "",
        "deleted": 0,
        "token_is_revoked": 0,
        "token_type": "",
        "grant_type": load_profile(profile).shared.grant_type,
        "state": None,
        "description": None,
        "client": "client",
        "modified_user_id": "1",
        "created_by": "",
        **owned_by(crm, "user"),
    }.items() <= row.items()


def test_we_redeem_a_refresh_token_of_php_and_php_ours(site: Site, crm: SiteDatabase) -> None:
    """PHP's refresh token of PHP's row works here once, and PHP opens ours and finds its row."""
    claims = {
        "client_id": "client",
        "refresh_token_id": "refresh-theirs",
        "access_token_id": "access-theirs",
        "scopes": [],
        "user_id": "user",
        "expire_time": int((datetime.now(UTC) + timedelta(days=1)).timestamp()),
    }
    theirs = scripts.run("encrypt_claims.php", ENCRYPTION_KEY, claims)
    ours = _post(site, grant_type="refresh_token", refresh_token=theirs)
    assert _php_accepts(site, crm, ours["access_token"]) == "user"
    assert "error" in _post(site, grant_type="refresh_token", refresh_token=theirs)
    assert (_row(crm, "access-theirs") or {})["deleted"] == 1
    (opened,) = php.include("defuse_decrypt.php", ["password", ENCRYPTION_KEY.encode().hex(), ours["refresh_token"]])
    assert '"user_id":"user"' in opened


PHP_VERIFIES = {
    "bcrypt": "echo json_encode(password_verify($inputs[0], $inputs[1]));",
    "sha256": "echo json_encode(hash('sha256', $inputs[0]) === $inputs[1]);",
}


@pytest.mark.parametrize("given", [None, "a chosen one"])
def test_php_reads_the_secrets_that_we_write(site: Site, crm: SiteDatabase, profile: str, given: str | None) -> None:
    """A secret made here or chosen is stored as that version's PHP verifies it, and works here too."""
    options = [] if given is None else ["--secret-stdin"]
    told = site.command("clients", "rotate-secret", "client", "--json", *options, stdin=f"{given}\n")
    told.check_returncode()
    secret = given or str(json.loads(told.stdout)["secret"])
    with crm.connection() as connection:
        stored = connection.scalar(text("SELECT secret FROM oauth2clients"))
    assert php.run(PHP_VERIFIES[load_profile(profile).shared.secret_hash], secret, stored) is True
    assert "access_token" in _post(site, **SIGN_IN, client_secret=secret)


def test_it_is_healthy(site: Site) -> None:
    """The server, its readiness and the doctor take an adopted database for current; users stay SuiteCRM's."""
    assert requests.get(f"{site.url}/readyz", timeout=30).status_code == 200
    site.command("doctor").check_returncode()
    refused = site.command("users", "deactivate", "jo")
    assert refused.returncode == 1
    assert "CRM_OAUTH_SUITECRM_WRITE_USERS" in refused.stderr
    assert "Jo" in site.command("users", "list").stdout

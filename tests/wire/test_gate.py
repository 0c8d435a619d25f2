"""`/oauth/verify`: 204 and who it is, or 401, and nothing else."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from crm_oauth.compat.league import Dialect
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.oauth.access_tokens import AccessTokenValidator
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.store.models import User
from crm_oauth.store.ports import TokenFilter
from crm_oauth.web.api_routes import api_routes
from crm_oauth.web.gate import gate_routes
from tests.support.site import Site
from tests.wire.exchange import TOKEN_PATH, Received, post_json, send
from tests.wire.sessions import CC_CLIENT, PW_CLIENT, machine_token, passes, present, sign_in

pytestmark = pytest.mark.parametrize("version", ["7.10.2"], indirect=True, scope="package")

VERIFY = "/oauth/verify"
# What gunicorn and we put on every answer, and 204 forbids or 401 demands.
PLAIN = {"server", "date", "connection", "content-length", "www-authenticate", "x-request-id"}


def _validator(site: Site) -> AccessTokenValidator:
    keys = Path(site.folder, "var", "keys")
    return AccessTokenValidator(KeyRing(keys / "private.key", keys / "public.key"))


def _identity(answer: Received) -> dict[str, str]:
    assert (answer.status, answer.body) == (204, "")
    assert "content-type" not in answer.headers
    assert "content-length" not in answer.headers
    return {name: value for name, value in answer.headers.items() if name not in PLAIN}


def test_who_it_is(site: Site) -> None:
    """A good bearer passes, and five headers say who it is."""
    pair = sign_in(site)
    assert _identity(present(site, "GET", VERIFY, pair.access_token)) == {
        "x-auth-user-id": "1",
        "x-auth-user-name": "admin",
        "x-auth-client-id": "pw-client",
        "x-auth-token-id": pair.jti,
        "x-auth-scopes": "",
    }


def test_scopes(site: Site) -> None:
    """Scopes are separated by blanks."""
    sent = {"grant_type": "client_credentials", "scope": "standard:read standard:create", **CC_CLIENT}
    token = post_json(site.url, TOKEN_PATH, sent).document["access_token"]
    identity = _identity(present(site, "GET", VERIFY, token))
    assert identity["x-auth-scopes"] == "standard:read standard:create"
    assert (identity["x-auth-user-name"], identity["x-auth-client-id"]) == ("bob", "cc-client")


def test_machine_without_a_user(site: Site) -> None:
    """A client that acts for nobody passes with an empty user."""
    token = machine_token(site, {"client_id": "cc-nouser", "client_secret": "cc-secret"})
    identity = _identity(present(site, "GET", VERIFY, token))
    assert (identity["x-auth-user-id"], identity["x-auth-user-name"]) == ("", "")


@pytest.mark.parametrize(
    ("user_name", "told"),
    [("josé 木", "josé 木"), ("eve\r\nX-Auth-User-Id: 1", "eve  X-Auth-User-Id: 1"), ("tab\tnul", "tab nul")],
)
def test_names_stay_in_their_header(site: Site, user_name: str, told: str) -> None:
    """A name is UTF-8 on the wire and begins no line of its own."""
    user = User(id=told[:36], user_name=user_name, user_hash=hash_user_password("pw", rounds=4), status="Active")
    site.fill(lambda stores: stores.users.add(user))
    identity = _identity(present(site, "GET", VERIFY, sign_in(site, username=user_name, password="pw").access_token))
    assert identity["x-auth-user-name"].encode("latin-1").decode() == told
    assert identity["x-auth-user-id"].encode("latin-1").decode() == told


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi"])
def test_no_good(site: Site, authorization: str | None) -> None:
    """Anything else is a 401 with a challenge (RFC 6750 section 3), without a body and whose it might be."""
    answer = send(site.url, "GET", VERIFY, {"Authorization": authorization} if authorization else {}, None)
    assert (answer.status, answer.body) == (401, "")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.headers) <= PLAIN


def test_the_header_of_a_rewritten_request(site: Site) -> None:
    """Where Apache has rewritten a request its header has another name, and the bearer passes all the same."""
    app = Flask(__name__)
    app.register_blueprint(gate_routes(_validator(site), site.database))
    app.register_blueprint(api_routes(_validator(site), Dialect("league5"), site.database))
    rewritten = {"REDIRECT_HTTP_AUTHORIZATION": f"Bearer {sign_in(site).access_token}"}
    for path, status in ((VERIFY, 204), ("/Api/V8/current-user", 200)):
        assert app.test_client().get(path, environ_overrides=rewritten).status_code == status


def test_ended_sessions_do_not_pass(site: Site) -> None:
    """A revoked session does not pass, another does."""
    pair, other = sign_in(site), machine_token(site)
    site.fill(lambda stores: stores.tokens.revoke(TokenFilter(access_token=pair.jti), now=datetime.now(UTC)))
    assert not passes(site, pair.access_token)
    assert passes(site, other)


def test_other_methods(site: Site) -> None:
    """It is a GET."""
    answer = send(site.url, "POST", VERIFY, {"Accept": "application/json"}, b"")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


def test_one_select(site: Site) -> None:
    """A token is checked by one statement, for this is the hottest path of all."""
    token = sign_in(site, PW_CLIENT).access_token
    validator = _validator(site)
    statements: list[str] = []

    def note(*arguments: Any) -> None:  # noqa: ANN401  # SQLAlchemy's event
        statements.append(arguments[2])

    with site.database.unit_of_work() as stores:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            validator.validate(token, stores.tokens, datetime.now(UTC))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    [statement] = statements
    assert statement.startswith("SELECT")

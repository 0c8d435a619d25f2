"""Introspection (RFC 7662): the truth about a token, for its own client and for resource servers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from crm_oauth.store.models import Client
from crm_oauth.store.ports import TokenFilter, TokenStore
from tests.support.site import Site
from tests.wire.exchange import claims_of, post_json
from tests.wire.lines import token_of_php
from tests.wire.sessions import (
    INACTIVE,
    PUB_CLIENT,
    PW_CLIENT,
    Pair,
    introspect,
    log_out,
    machine_token,
    pair_of_one_barred_since,
    redeem,
    sign_in,
)

PATH = "/oauth/introspect"
RESOURCE_SERVER = {"client_id": "resource-server", "client_secret": "cc-secret"}


@pytest.fixture(scope="package", autouse=True)
def resource_server(site: Site) -> None:
    """A client that may ask about every client's tokens."""
    with site.database.unit_of_work() as stores:
        machine = stores.clients.get("cc-client")
        assert machine is not None
        stores.clients.add(Client(id=RESOURCE_SERVER["client_id"], secret=machine.secret))
        client = stores.clients.get(RESOURCE_SERVER["client_id"])
        assert client is not None
        stores.clients.allow_introspection(client, allowed=True)


def _assert_inactive(site: Site, token: str, client: dict[str, str] = PW_CLIENT) -> None:
    answer = introspect(site, token, client)
    assert (answer.status, answer.body) == (200, INACTIVE)


def test_access_token(site: Site) -> None:
    """A good access token is described by its claims and its user, in JSON that nobody keeps."""
    pair = sign_in(site)
    claims = claims_of(pair.access_token)
    answer = introspect(site, pair.access_token)
    assert answer.document == {
        "active": True,
        "client_id": "pw-client",
        "scope": "",
        "sub": "1",
        "aud": "pw-client",
        "jti": pair.jti,
        "username": "admin",
        "token_type": "Bearer",
        "exp": claims["exp"],
        "iat": claims["iat"],
        "nbf": claims["nbf"],
    }
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_refresh_token(site: Site) -> None:
    """A good refresh token is described too, and still redeemed afterwards."""
    pair = sign_in(site)
    told = introspect(site, pair.refresh_token).document
    month = datetime.now(UTC) + timedelta(days=27)
    assert told.pop("exp") > month.timestamp()
    assert told == {
        "active": True,
        "client_id": "pw-client",
        "scope": "",
        "sub": "1",
        "aud": "pw-client",
        "jti": pair.jti,
        "username": "admin",
        "token_type": "refresh_token",
    }
    assert redeem(site, pair.refresh_token).status == 200


def test_scopes(site: Site, version: str) -> None:
    """The scopes of a token are told, separated by blanks."""
    if not version.startswith("7.10."):
        pytest.skip("this version knows no scope")
    sent = {"grant_type": "password", "username": "admin", "password": "admin-pw", **PW_CLIENT}
    answer = post_json(site.url, "/Api/access_token", sent | {"scope": "standard:read standard:create"}).document
    for token in (answer["access_token"], answer["refresh_token"]):
        assert introspect(site, token).document["scope"] == "standard:read standard:create"


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "no_such_kind", ""])
def test_hints_change_nothing(site: Site, hint: str) -> None:
    """A hint, right, wrong or unknown, is not needed."""
    pair = sign_in(site)
    for token in (pair.access_token, pair.refresh_token):
        assert introspect(site, token, PW_CLIENT | {"token_type_hint": hint}).document["active"] is True


def test_other_clients_learn_nothing(site: Site) -> None:
    """A client learns about its own tokens only, a resource server about all."""
    pair = sign_in(site, PUB_CLIENT)
    for token in (pair.access_token, pair.refresh_token):
        _assert_inactive(site, token, PW_CLIENT)
        assert introspect(site, token, RESOURCE_SERVER).document["client_id"] == "pub-client"
        assert introspect(site, token, PUB_CLIENT).document["client_id"] == "pub-client"


@pytest.mark.parametrize("version", ["7.10.2"], indirect=True, scope="package")
def test_tokens_of_nobody(site: Site) -> None:
    """Tokens that act for no user are described without one."""
    machine = {"client_id": "cc-nouser", "client_secret": "cc-secret"}
    refresh_token = token_of_php(site, owner=None, named=None)
    for token, client in ((machine_token(site, machine), machine), (refresh_token, PW_CLIENT)):
        told = introspect(site, token, client).document
        assert (told["active"], told["sub"], told["username"]) == (True, "", "")


Ending = Callable[[Site, Pair], object]


def _revoke_row(site: Site, pair: Pair) -> None:
    _with_tokens(site, lambda tokens: tokens.revoke(TokenFilter(access_token=pair.jti), now=datetime.now(UTC)))


def _expire(site: Site, pair: Pair) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)

    def expire(tokens: TokenStore) -> None:
        [row] = tokens.list(TokenFilter(access_token=pair.jti))
        row.access_token_expires = row.refresh_token_expires = past

    _with_tokens(site, expire)


def _with_tokens(site: Site, work: Callable[[TokenStore], object]) -> None:
    with site.database.unit_of_work() as stores:
        work(stores.tokens)


ENDINGS: dict[str, Ending] = {
    "logout": lambda site, pair: log_out(site, pair.access_token),
    "refresh": lambda site, pair: redeem(site, pair.refresh_token),
    "revoked": _revoke_row,
    "expired": _expire,
}


@pytest.mark.parametrize("name", ENDINGS)
def test_ended_sessions_are_inactive(site: Site, name: str) -> None:
    """Both tokens of a session that has ended are inactive, and nothing more is told."""
    pair = sign_in(site)
    ENDINGS[name](site, pair)
    for client in (PW_CLIENT, RESOURCE_SERVER):
        _assert_inactive(site, pair.access_token, client)
        _assert_inactive(site, pair.refresh_token, client)


@pytest.mark.parametrize("change", [{"status": "Inactive"}, {"status": None}, {"deleted": True}], ids=str)
def test_tokens_of_barred_users_are_inactive(site: Site, change: dict[str, object]) -> None:
    """Tokens of a user who is barred since are inactive."""
    pair = pair_of_one_barred_since(site, f"asked-{len(str(change))}", change)
    _assert_inactive(site, pair.access_token)
    _assert_inactive(site, pair.refresh_token)


def test_tokens_of_deleted_clients_are_inactive(site: Site) -> None:
    """Tokens of a deleted client are inactive for resource servers, and it can no longer ask itself."""
    fields = {"client_id": "short-lived", "client_secret": "pw-secret"}
    with site.database.unit_of_work() as stores:
        known = stores.clients.get("pw-client")
        assert known is not None
        stores.clients.add(Client(id="short-lived", secret=known.secret, allowed_grant_type="password"))
    pair = sign_in(site, fields)
    assert introspect(site, pair.access_token, RESOURCE_SERVER).document["active"] is True
    with site.database.unit_of_work() as stores:
        client = stores.clients.get("short-lived")
        assert client is not None
        stores.clients.delete(client)
    _assert_inactive(site, pair.access_token, RESOURCE_SERVER)
    _assert_inactive(site, pair.refresh_token, RESOURCE_SERVER)
    assert introspect(site, pair.access_token, fields).status == 401

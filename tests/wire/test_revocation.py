"""Revocation (RFC 7009): either token ends its session, and only its own client may."""

from base64 import b64encode
from urllib.parse import urlencode

import pytest

from tests.support.site import Site
from tests.wire.differences import invalid_client, malformed, revoked
from tests.wire.exchange import assert_as_expected, post_json, send
from tests.wire.sessions import (
    PUB_CLIENT,
    PW_CLIENT,
    Pair,
    machine_token,
    pair_of,
    passes,
    redeem,
    revoke,
    sign_in,
)

PATH = "/oauth/revoke"


def _assert_dead(site: Site, version: str, pair: Pair) -> None:
    assert not passes(site, pair.access_token)
    assert_as_expected(redeem(site, pair.refresh_token), revoked(version))


def _assert_alive(site: Site, pair: Pair) -> None:
    assert passes(site, pair.access_token)
    assert redeem(site, pair.refresh_token).status == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "no_such_kind"])
def test_either_token_ends_the_session(site: Site, version: str, kind: str, hint: str | None) -> None:
    """Either token kills both; a hint, wrong or unknown too, changes nothing."""
    pair, other = sign_in(site), sign_in(site)
    more: dict[str, str] = {} if hint is None else {"token_type_hint": hint}
    answer = revoke(site, getattr(pair, kind), PW_CLIENT | more)
    assert (answer.status, answer.document) == (200, {})
    _assert_dead(site, version, pair)
    _assert_alive(site, other)


def test_again(site: Site) -> None:
    """To revoke what is revoked is no mistake."""
    pair = sign_in(site)
    assert [revoke(site, pair.access_token).status for _ in range(2)] == [200, 200]
    assert revoke(site, pair.refresh_token).status == 200


def test_machine_token(site: Site, version: str) -> None:
    """A token without a refresh token is revoked by its client."""
    if version == "7.10.0":
        pytest.skip("this version has no client credentials")
    token = machine_token(site)
    assert revoke(site, token).status == 200
    assert passes(site, token), "another client revoked it"
    assert revoke(site, token, {"client_id": "cc-client", "client_secret": "cc-secret"}).status == 200
    assert not passes(site, token)


def test_a_used_token_ends_the_line(site: Site, version: str) -> None:
    """Who revokes a refresh token that was used since ends the session that took its place."""
    first = sign_in(site)
    second = pair_of(redeem(site, first.refresh_token))
    assert revoke(site, first.refresh_token).status == 200
    _assert_dead(site, version, second)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_other_clients_tokens_are_left_alone(site: Site, kind: str) -> None:
    """Another client's token is answered with 200, and nothing happens to it."""
    pair = sign_in(site)
    assert revoke(site, getattr(pair, kind), PUB_CLIENT).status == 200
    _assert_alive(site, pair)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "def50200" + "0" * 300, "." * 8000, "é"])
def test_unknown_tokens(site: Site, token: str) -> None:
    """What is no token is answered with 200 (RFC 7009 section 2.2)."""
    assert revoke(site, token).status == 200


@pytest.mark.parametrize(
    "client",
    [
        {"client_id": "pw-client", "client_secret": "wrong"},
        {"client_id": "pw-client"},
        {"client_id": "unknown", "client_secret": "pw-secret"},
    ],
    ids=str,
)
def test_who_revokes_must_prove_it(site: Site, version: str, client: dict[str, str]) -> None:
    """With wrong credentials nothing is revoked."""
    pair = sign_in(site)
    assert_as_expected(revoke(site, pair.access_token, client), invalid_client(version))
    _assert_alive(site, pair)


def test_public_clients(site: Site, version: str) -> None:
    """A public client revokes without a secret where it signs in without one."""
    pair = sign_in(site, PUB_CLIENT)
    answer = revoke(site, pair.access_token, {"client_id": "pub-client"})
    lenient = version.startswith("7.10.")
    assert answer.status == (200 if lenient else 401)
    assert passes(site, pair.access_token) is not lenient


def test_basic_and_form(site: Site) -> None:
    """The usual way to ask, Basic and a form, works."""
    pair = sign_in(site)
    credentials = b64encode(b"pw-client:pw-secret").decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"}
    assert send(site.url, "POST", PATH, headers, urlencode({"token": pair.access_token}).encode()).status == 200
    assert not passes(site, pair.access_token)


def test_a_token_must_be_named(site: Site, version: str) -> None:
    """A request without a token is malformed."""
    assert_as_expected(post_json(site.url, PATH, PW_CLIENT), malformed(version, "token"))


def test_it_is_a_post(site: Site) -> None:
    """A token is never revoked by an address."""
    pair = sign_in(site)
    answer = send(site.url, "GET", f"{PATH}?token={pair.access_token}", {"Accept": "application/json"}, None)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    _assert_alive(site, pair)

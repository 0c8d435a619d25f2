"""Who may introspect (RFC 7662 section 2.1), and how one asks."""

from base64 import b64encode
from urllib.parse import urlencode

import pytest

from tests.support.site import Site
from tests.wire.differences import invalid_client, malformed
from tests.wire.exchange import assert_as_expected, post_json, send
from tests.wire.sessions import INACTIVE, PW_CLIENT, introspect, sign_in

PATH = "/oauth/introspect"


@pytest.mark.parametrize(
    "client",
    [
        {"client_id": "pw-client", "client_secret": "wrong"},
        {"client_id": "pw-client", "client_secret": ""},
        {"client_id": "pw-client"},
        {"client_id": "pub-client"},
        {"client_id": "PW-CLIENT", "client_secret": "pw-secret"},
        {"client_id": "unknown", "client_secret": "pw-secret"},
    ],
    ids=str,
)
def test_who_asks_must_prove_it(site: Site, version: str, client: dict[str, str]) -> None:
    """Without the right secret nothing is told, also to public clients."""
    assert_as_expected(introspect(site, sign_in(site).access_token, client), invalid_client(version))


def test_a_token_does_not_authenticate(site: Site, version: str) -> None:
    """A bearer is no client; who names none is told so."""
    pair = sign_in(site)
    headers = {"Authorization": f"Bearer {pair.access_token}", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"token": pair.access_token}).encode()
    assert_as_expected(send(site.url, "POST", PATH, headers, body), malformed(version, "client_id"))


def test_basic_and_form(site: Site) -> None:
    """The usual way to ask, Basic and a form, works."""
    pair = sign_in(site)
    credentials = b64encode(b"pw-client:pw-secret").decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"}
    answer = send(site.url, "POST", PATH, headers, urlencode({"token": pair.access_token}).encode())
    assert answer.document["active"] is True


def test_a_token_must_be_named(site: Site, version: str) -> None:
    """A request without a token, or with one that is no text, is malformed."""
    assert_as_expected(post_json(site.url, PATH, PW_CLIENT), malformed(version, "token"))
    assert_as_expected(post_json(site.url, PATH, PW_CLIENT | {"token": 1}), malformed(version, "token"))
    assert introspect(site, "").body == INACTIVE


def test_it_is_a_post(site: Site) -> None:
    """A token is never asked about in an address."""
    answer = send(site.url, "GET", f"{PATH}?token=x", {"Accept": "application/json"}, None)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")

"""Forged tokens pass nowhere, break nothing and cost little."""

import os
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.site import Site
from tests.wire.exchange import post_json, send
from tests.wire.forged import algorithms, claims, headers, shapes
from tests.wire.forged.forge import Forgeries, Loot
from tests.wire.sessions import INACTIVE, introspect, log_out, machine_token, passes, present, sign_in

# One version of each shape of tokens.
pytestmark = pytest.mark.parametrize("version", ["7.10.2", "7.14.6"], indirect=True, scope="package")

_PATIENCE = 0.5  # seconds of a processor, which a busy machine does not make more; the dearest takes some milliseconds

KINDS: list[Callable[[Loot], Forgeries]] = [
    algorithms.without_signature,
    algorithms.hmac_by_public_key,
    algorithms.other_algorithms,
    headers.named_keys,
    headers.key_ids,
    headers.extensions,
    claims.bent,
    claims.mixed,
    shapes.serializations,
    shapes.mangled,
    shapes.junk,
]


@pytest.fixture(scope="module")
def server_key(site: Site) -> rsa.RSAPrivateKey:
    """The server's private key."""
    key = load_pem_private_key((site.folder / "var/keys/private.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@pytest.fixture(scope="module")
def loot(site: Site, server_key: rsa.RSAPrivateKey) -> Loot:
    """What a forger has of this server."""
    [published] = send(site.url, "GET", "/.well-known/jwks.json", {}, None).document["keys"]
    return Loot(sign_in(site).access_token, machine_token(site), server_key.public_key(), published["kid"])


def _assert_refused(site: Site, loot: Loot, forgeries: Forgeries) -> None:
    faults = [f"{name}: {fault}" for name, token in forgeries for fault in _faults(site, token)]
    assert not faults, "\n".join(faults)
    assert passes(site, loot.token), "the good token's session has ended"
    assert "Traceback" not in site.log


def _faults(site: Site, token: str) -> Iterator[str]:
    before = _spent(site)
    verified = _as_bearer(site, "GET", "/oauth/verify", token)
    if verified not in {(401, ""), (400, "")}:
        yield f"verify answers {verified}"
    ended, _body = _as_bearer(site, "POST", "/Api/V8/logout", token)
    if ended not in {401, 400}:
        yield f"logout answers {ended}"
    told = introspect(site, token)
    if (told.status, told.body) != (200, INACTIVE) and told.document.get("error") != "invalid_request":
        yield f"introspection answers {told}"
    if _spent(site) - before > _PATIENCE:
        yield "costs too much"


def _spent(site: Site) -> float:
    """Return the seconds of a processor that the server's worker has used."""
    [worker] = site.workers
    user, system = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _as_bearer(site: Site, method: str, path: str, token: str) -> tuple[int, str]:
    try:
        answer = present(site, method, path, token)
    except ValueError:  # no such header can be sent at all
        return 400, ""
    return answer.status, answer.body


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_forged_tokens_are_refused(site: Site, loot: Loot, kind: Callable[[Loot], Forgeries]) -> None:
    """No forged token passes the gate, ends a session or is active, and the good one outlives them all."""
    _assert_refused(site, loot, kind(loot))


def test_bent_tokens_of_our_own_key_are_refused(site: Site, loot: Loot, server_key: rsa.RSAPrivateKey) -> None:
    """A good signature is not enough: times, session and client must fit."""
    _assert_refused(site, loot, claims.own_key(loot, server_key))


def test_there_are_many(loot: Loot, server_key: rsa.RSAPrivateKey) -> None:
    """At least 186 different tokens are tried."""
    tokens = {token for kind in KINDS for _name, token in kind(loot)}
    tokens |= {token for _name, token in claims.own_key(loot, server_key)}
    assert len(tokens) >= 186
    assert loot.token not in tokens


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "{}"},
        {"Authorization": "Basic {}"},
        {"Authorization": "Token {}"},
        {"Authorization": "Bearer{}"},
        {"Authorization": "Bearer: {}"},
        {"Authorization": "Bearer Bearer {}"},
        {"Cookie": "access_token={}"},
        {"X-Authorization": "Bearer {}"},
        {"Proxy-Authorization": "Bearer {}"},
    ],
    ids=str,
)
def test_a_good_token_elsewhere_is_none(site: Site, loot: Loot, headers: dict[str, str]) -> None:
    """A good token counts as the bearer's only where RFC 6750 section 2.1 has it."""
    sent = {name: value.format(loot.token) for name, value in headers.items()}
    assert send(site.url, "GET", "/oauth/verify", sent, None).status == 401
    assert send(site.url, "POST", "/Api/V8/logout", sent, None).status == 401


def test_a_good_token_in_the_query_or_body_is_none(site: Site, loot: Loot) -> None:
    """Neither the query string nor a body makes a bearer."""
    target = f"/Api/V8/logout?access_token={loot.token}"
    assert post_json(site.url, target, {"access_token": loot.token}).status == 401
    assert send(site.url, "GET", f"/oauth/verify?access_token={loot.token}", {}, None).status == 401


def test_two_headers_are_none(site: Site, loot: Loot) -> None:
    """A request with two Authorization headers has no bearer, whichever the good one is."""
    for values in ((loot.token, "x"), ("x", loot.token), (loot.token, loot.token)):
        connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.putrequest("GET", "/oauth/verify")
        for value in values:
            connection.putheader("Authorization", f"Bearer {value}")
        connection.endheaders()
        assert connection.getresponse().status in {400, 401}
        connection.close()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_of_any_case(site: Site, loot: Loot, scheme: str) -> None:
    """The name of the scheme is of any case (RFC 9110 section 11.1)."""
    sent = {"Authorization": f"{scheme} {loot.token}"}
    assert send(site.url, "GET", "/oauth/verify", sent, None).status == 204


@pytest.mark.parametrize("token", ["A" * 1_000_000, "." * 100_000, "A." * 100_000], ids=["1 MB", "dots", "parts"])
def test_oversized_tokens(site: Site, loot: Loot, token: str) -> None:
    """A huge header is refused before it is read to its end, a huge body too; the next request is served."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        head = f"GET /oauth/verify HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        try:
            connection.sendall(head.encode())
            answer = connection.recv(100)
        except ConnectionError:  # gunicorn hangs up on who goes on talking
            answer = b"HTTP/1.1 400"
        assert answer.startswith(b"HTTP/1.1 4")
    assert introspect(site, token).status in {400, 413}
    assert passes(site, loot.token)


def test_logging_out_with_the_good_token_still_works(site: Site) -> None:
    """The endpoint that refused them all is not deaf."""
    assert log_out(site, sign_in(site).access_token).status == 200

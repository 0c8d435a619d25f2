"""Attacks through the nginx that ships: what it lets through is refused behind it, and what it stops is so in JSON."""

from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.support.front_end import MANY_FROM_ONE_ADDRESS, Nginx
from tests.support.site import Site
from tests.wire.bad import bodies, envelopes, values
from tests.wire.bad.refusals import faults_of
from tests.wire.bad.request import BadRequest
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import send
from tests.wire.forged import algorithms, claims, headers, shapes
from tests.wire.forged.forge import Forgeries, Loot
from tests.wire.sessions import machine_token, sign_in

PAGE = "/protected/page.html"


def methods() -> Iterator[BadRequest]:
    """Yield the wrong methods that nginx lets through; TRACE it refuses by itself, in HTML."""
    return (request for request in envelopes.methods() if request.method != "TRACE")


BATCHES: list[Callable[[], Iterator[BadRequest]]] = [
    values.missing,
    values.duplicates,
    values.look_alikes,
    values.grants,
    bodies.json_bodies,
    bodies.media_types,
    bodies.multipart_bodies,
    bodies.large_bodies,
    envelopes.authorizations,
    methods,
]
FORGERIES: list[Callable[[Loot], Forgeries]] = [
    algorithms.without_signature,
    algorithms.hmac_by_public_key,
    headers.named_keys,
    claims.bent,
    shapes.mangled,
    shapes.junk,
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server behind its front end."""
    site = Site(tmp_path_factory.mktemp("site"), "7.10.2", settings={"TRUSTED_PROXIES": "127.0.0.1"})
    site.fill(fill_as_recorded)
    with site:
        yield site


@pytest.fixture(scope="module")
def nginx(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """The front end, with a page to protect, and patience for more requests a second than people send."""
    with Nginx(tmp_path_factory.mktemp("nginx"), site.port, more=MANY_FROM_ONE_ADDRESS) as front_end:
        (front_end.pages / "protected" / "page.html").write_text("for bearers only")
        yield front_end


@pytest.fixture(scope="module")
def loot(site: Site) -> Loot:
    """What a forger has of this server."""
    key = load_pem_public_key((site.folder / "var/keys/public.key").read_bytes())
    assert isinstance(key, rsa.RSAPublicKey)
    [published] = send(site.url, "GET", "/.well-known/jwks.json", {}, None).document["keys"]
    return Loot(sign_in(site).access_token, machine_token(site), key, published["kid"])


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.__name__)
def test_bad_requests_are_refused(nginx: Nginx, site: Site, batch: Callable[[], Iterator[BadRequest]]) -> None:
    """Each bad request is a 4xx in JSON, without a token or an echo, and a good one after it is granted."""
    assert list(faults_of(nginx.port, batch())) == []
    assert "Traceback" not in site.log


@pytest.mark.parametrize("kind", FORGERIES, ids=lambda kind: kind.__name__)
def test_forged_tokens_open_no_page(nginx: Nginx, loot: Loot, kind: Callable[[Loot], Forgeries]) -> None:
    """No forged token opens a protected page, also not by a verdict that nginx has kept; the good one does."""
    for name, token in kind(loot):
        try:
            answers = [send(nginx.url, "GET", PAGE, {"Authorization": f"Bearer {token}"}, None) for _ in range(2)]
        except ValueError:  # no such header can be sent at all
            continue
        assert {answer.status for answer in answers} <= {400, 401}, name
        assert "for bearers only" not in str(answers), name
    good = send(nginx.url, "GET", PAGE, {"Authorization": f"Bearer {loot.token}"}, None)
    assert (good.status, good.body) == (200, "for bearers only")

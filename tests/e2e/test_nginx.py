"""The nginx configuration that ships, under a real nginx: who may see a protected page, and what passes through."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_oauth.shipped import shipped
from crm_oauth.store.ports import TokenFilter
from tests.support.front_end import Nginx
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, Received, post_json, send
from tests.wire.sessions import PW_CLIENT, Pair, introspect, pair_of, redeem, sign_in

PAGE = "/protected/page.html"
PASSWORD = {"grant_type": "password", "username": "admin", "password": "admin-pw", **PW_CLIENT}
MANY_SCOPES = [f"reports:of-the-department-number-{number:04}:read-and-write" for number in range(56)]
CACHE = 2  # seconds that nginx keeps a verdict, at most


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that trusts its front end, and knows scopes enough for a token of 4 KB."""
    folder = tmp_path_factory.mktemp("site")
    profile_text = (shipped("config") / "7.10.2.toml").read_text()
    before, _known, _after = profile_text.partition("known = [")
    profile = folder / "profile.toml"
    profile.write_text(f"{before}known = {MANY_SCOPES!r}\n")
    site = Site(folder, str(profile), settings={"TRUSTED_PROXIES": "127.0.0.1"})
    site.fill(fill_as_recorded)
    with site:
        yield site


@pytest.fixture(scope="module")
def nginx(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """The front end, with a page to protect."""
    with Nginx(tmp_path_factory.mktemp("nginx"), site.port) as front_end:
        (front_end.pages / "protected" / "page.html").write_text("for bearers only")
        yield front_end
    assert not re.search(r"\[(warn|crit|alert)\]", front_end.log), front_end.log


def _read_page(nginx: Nginx, token: str | None) -> Received:
    return send(nginx.url, "GET", PAGE, {} if token is None else {"Authorization": f"Bearer {token}"}, None)


def test_good_bearers_read_the_page(site: Site, nginx: Nginx) -> None:
    """A good token opens the page, whose answer says for whom; the verdict from the cache says the same."""
    pair = sign_in(site)
    for _ in range(3):
        answer = _read_page(nginx, pair.access_token)
        assert (answer.status, answer.body) == (200, "for bearers only")
        assert (answer.headers["x-auth-user-id"], answer.headers["x-auth-user-name"]) == ("1", "admin")
        assert answer.headers["x-auth-client-id"] == "pw-client"


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", "A" * 4000, "A" * 15_000], ids=lambda token: str(token)[:9])
def test_others_do_not(nginx: Nginx, token: str | None) -> None:
    """Without a good token there is a 401 with a challenge, and nothing of the page."""
    for _ in range(2):
        answer = _read_page(nginx, token)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "bearers" not in answer.body


def _assert_refused_soon(nginx: Nginx, token: str) -> None:
    deadline = time.monotonic() + CACHE + 1
    while (asked := time.monotonic()) and _read_page(nginx, token).status == 200:
        assert asked < deadline  # a busy machine may take its time to answer
        time.sleep(0.1)
    assert _read_page(nginx, token).status == 401


def test_revoked_tokens(site: Site, nginx: Nginx) -> None:
    """A revoked token is refused at once, or where nginx still knows it when its cache has expired."""
    known, unknown = sign_in(site), sign_in(site)
    assert _read_page(nginx, known.access_token).status == 200
    for pair in (known, unknown):
        assert post_json(nginx.url, "/oauth/revoke", {"token": pair.access_token, **PW_CLIENT}).status == 200
    assert _read_page(nginx, unknown.access_token).status == 401
    _assert_refused_soon(nginx, known.access_token)


def test_expired_tokens(site: Site, nginx: Nginx) -> None:
    """An expired token is refused like a revoked one."""
    pair = sign_in(site)
    with site.database.unit_of_work() as stores:
        [row] = stores.tokens.list(TokenFilter(access_token=pair.jti))
        row.access_token_expires = datetime.now(UTC) - timedelta(seconds=1)
    assert _read_page(nginx, pair.access_token).status == 401


def test_long_tokens(site: Site, nginx: Nginx) -> None:
    """A bearer of more than 4 KB gets through whole, to the page and to the session's own routes."""
    pair = pair_of(post_json(nginx.url, TOKEN_PATH, PASSWORD | {"scope": " ".join(MANY_SCOPES)}))
    assert len(pair.access_token) > 4096
    answer = _read_page(nginx, pair.access_token)
    assert (answer.status, answer.headers["x-auth-scopes"].split()) == (200, MANY_SCOPES)
    bearer = {"Authorization": f"Bearer {pair.access_token}"}
    assert send(nginx.url, "GET", "/Api/V8/current-user", bearer, None).status == 200
    assert introspect(site, pair.access_token).document["active"] is True
    assert send(nginx.url, "POST", "/Api/V8/logout", bearer, b"").status == 200
    _assert_refused_soon(nginx, pair.access_token)


@pytest.mark.parametrize("folder", ["", "/crm"])
@pytest.mark.parametrize(
    "path",
    [
        "/Api/access_token",
        "/Api/index.php/access_token",
        "/legacy/Api/access_token",
        "/legacy/Api/index.php/access_token",
        "/api/oauth/access_token",
        "/lib/API/public/index.php/oauth/access_token",
    ],
)
def test_token_requests(site: Site, nginx: Nginx, folder: str, path: str) -> None:
    """Every path of the token endpoint answers, at the root of a site and in its folder."""
    pair: Pair = pair_of(post_json(nginx.url, folder + path, PASSWORD))
    assert redeem(site, pair.refresh_token).status == 200


@pytest.mark.parametrize("folder", ["", "/crm"])
def test_metadata(nginx: Nginx, folder: str) -> None:
    """The server knows by which address it was asked, its folder included."""
    path = f"{folder}/.well-known/oauth-authorization-server"
    document = send(nginx.url, "GET", path, {"X-Forwarded-Host": "evil.example"}, None).document
    assert document["issuer"] == nginx.url + folder
    keys = send(nginx.url, "GET", document["jwks_uri"].removeprefix(nginx.url), {}, None).document
    assert len(keys["keys"]) == 1


def test_refusals_pass_through(nginx: Nginx) -> None:
    """An error of ours is not replaced by a page of nginx."""
    answer = post_json(nginx.url, TOKEN_PATH, PASSWORD | {"client_secret": "wrong"})
    assert (answer.status, answer.document["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"] == 'Basic realm="OAuth"'


def test_long_bodies(nginx: Nginx) -> None:
    """A body over 64 KiB is refused in JSON."""
    assert post_json(nginx.url, TOKEN_PATH, PASSWORD | {"more": "x" * 60_000}).status == 200
    answer = post_json(nginx.url, TOKEN_PATH, PASSWORD | {"more": "x" * 70_000})
    assert (answer.status, answer.headers["content-type"]) == (413, "application/json")
    assert answer.document["error"] == "invalid_request"


@pytest.mark.parametrize("path", ["/oauth/verify", "/healthz", "/readyz", "/metrics", "/Api/V8/module/Accounts", "/x"])
def test_nothing_else_is_reached(site: Site, nginx: Nginx, path: str) -> None:
    """What is for nginx and operators only, or SuiteCRM's own, is not ours to show."""
    bearer = {"Authorization": f"Bearer {sign_in(site).access_token}"}
    assert send(nginx.url, "GET", path, bearer, None).status == 404


def test_away(tmp_path: Path) -> None:
    """While crm-oauth is away clients are told so in JSON, and nobody passes."""
    with Nginx(tmp_path, upstream_port=1) as front_end:
        (front_end.pages / "protected" / "page.html").write_text("for bearers only")
        answer = post_json(front_end.url, TOKEN_PATH, PASSWORD)
        assert (answer.status, answer.document["error"]) == (503, "temporarily_unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert _read_page(front_end, "x").status == 500

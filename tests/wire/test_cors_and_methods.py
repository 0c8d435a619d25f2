"""Headers on every answer of the token paths, and what methods other than POST are told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.site import Site
from tests.wire.bad.request import PASSWORD
from tests.wire.conftest import PROFILES, fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, Received, send

# As SuiteCRM 7.12's Api/Core/app.php sets them.
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE",
    "access-control-allow-headers": "Content-Type, Access-Control-Allow-Headers, Authorization, X-Requested-With",
}
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
GOOD = json.dumps(PASSWORD).encode()
EVIL = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

REQUESTS: dict[str, tuple[str, str, dict[str, str], bytes]] = {
    "a token": ("POST", TOKEN_PATH, JSON, GOOD),
    "a token at the old path": ("POST", "/api/oauth/access_token", JSON, GOOD),
    "a refusal": ("POST", TOKEN_PATH, JSON, b"{}"),
    "a preflight": ("OPTIONS", TOKEN_PATH, EVIL, b""),
    "a wrong method": ("GET", TOKEN_PATH, JSON, b""),
    "HEAD": ("HEAD", TOKEN_PATH, JSON, b""),
    "a long body": ("POST", TOKEN_PATH, JSON, b" " * 70_000),
    "logout at another root": ("POST", "/legacy/Api/V8/logout", JSON, b""),
    "an unknown path below": ("GET", "/Api/V8/nothing", JSON, b""),
}


def _cors(received: Received) -> dict[str, str]:
    return {name: value for name, value in received.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("name", REQUESTS)
def test_cors(site: Site, version: str, name: str) -> None:
    """The new API's headers are on its every answer, whoever asks; the old API has none."""
    received = send(site.url, *REQUESTS[name])
    assert _cors(received) == ({} if version.startswith("7.10.") else CORS)


def test_cors_elsewhere(site: Site) -> None:
    """Paths that are not the API's have no such headers."""
    for path in ("/healthz", "/nothing"):
        assert _cors(send(site.url, "GET", path, {}, None)) == {}


def test_answers_carry_no_cookie(site: Site) -> None:
    """No answer sets a cookie, and none is to be kept."""
    received = send(site.url, *REQUESTS["a token"])
    assert "set-cookie" not in received.headers
    assert received.headers["cache-control"] == "no-store"


@pytest.fixture(params=PROFILES.values())
def broken_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A server whose database has lost a table."""
    site = Site(tmp_path, request.param)
    site.fill(fill_as_recorded)
    with site:
        with site.database.connection() as connection:
            connection.exec_driver_sql("DROP TABLE oauth2clients")
        yield site


def test_cors_on_faults(broken_site: Site, request: pytest.FixtureRequest) -> None:
    """A fault of ours has the headers too, is told in JSON, and tells nothing."""
    received = send(broken_site.url, *REQUESTS["a token"])
    assert received.status in {500, 503}
    assert "oauth2clients" not in received.body
    assert bool(_cors(received)) == ("7.10" not in request.node.callspec.id)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "FOO"])
def test_wrong_methods(site: Site, version: str, path: str, method: str) -> None:
    """Every method but POST is refused: by the old API with its 403, by the new one with 405 and Allow."""
    received = send(site.url, method, path, JSON, GOOD)
    if version.startswith("7.10."):
        assert received.status == 403
        assert received.document["errors"][0]["status"] == 403
    else:
        assert received.status == 405
        assert received.headers["allow"] == "POST"
        assert received.document == {"message": "Method not allowed. Must be one of: POST"}


@pytest.mark.parametrize("override", ["GET", "PUT", "OPTIONS"])
def test_method_overrides(site: Site, path: str, override: str) -> None:
    """Slim's ways to post as another method are not honoured: the request is a POST."""
    headers = JSON | {"X-Http-Method-Override": override}
    body = json.dumps(PASSWORD | {"_METHOD": override}).encode()
    assert send(site.url, "POST", path, headers, body).status == 200

"""What the nginx configuration that ships sends on to crm-oauth."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.front_end import Nginx
from tests.support.recorder import Recorder

FORGED = {
    "Forwarded": "for=192.0.2.1;host=evil.example",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X_Forwarded_For": "192.0.2.1",
}


@pytest.fixture
def upstream() -> Iterator[Recorder]:
    """Stands in the place of crm-oauth."""
    with Recorder() as recorder:
        yield recorder


@pytest.fixture
def nginx(upstream: Recorder, tmp_path: Path) -> Iterator[Nginx]:
    """The front end, with a page to protect."""
    with Nginx(tmp_path, upstream.port) as front_end:
        (front_end.pages / "protected" / "page.html").write_text("for bearers only")
        yield front_end


def _ask(nginx: Nginx, method: str, path: str, headers: dict[str, str], body: str | None = None) -> int:
    # From an address that is not the front end's own.
    connection = HTTPConnection("127.0.0.1", nginx.port, timeout=30, source_address=("127.0.0.2", 0))
    connection.request(method, path, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("folder", ["", "/crm"])
def test_forwarded_headers_are_overwritten(nginx: Nginx, upstream: Recorder, folder: str) -> None:
    """crm-oauth hears the client's address, scheme, host and folder from nginx, whatever the client claims."""
    _ask(nginx, "POST", f"{folder}/Api/access_token", FORGED | {"Host": "crm.example.com"}, "{}")
    [asked] = upstream.asked
    assert (asked.method, asked.path) == ("POST", f"{folder}/Api/access_token")
    told = {name: value for name, value in asked.headers.items() if "forwarded" in name}
    expected = {
        "x-forwarded-for": "127.0.0.2",
        "x-forwarded-proto": "http",
        "x-forwarded-host": "crm.example.com",
        "x-forwarded-prefix": folder,
    }
    assert told == {name: value for name, value in expected.items() if value}
    assert asked.headers["host"] == "crm.example.com"


def test_the_question(nginx: Nginx, upstream: Recorder) -> None:
    """The question about a bearer is a GET with its token, without the request's body and cookies."""
    headers = {"Authorization": "Bearer x", "Cookie": "session=1", "Content-Type": "application/json"}
    _ask(nginx, "POST", "/protected/page.html", headers, "{}")
    [asked] = upstream.asked
    assert (asked.method, asked.path, asked.headers["authorization"]) == ("GET", "/oauth/verify", "Bearer x")
    assert not {"cookie", "content-length", "transfer-encoding"} & set(asked.headers)


def test_one_question_for_many_requests(nginx: Nginx, upstream: Recorder) -> None:
    """A verdict is kept for its bearer, and for no other."""
    for _ in range(10):
        for token in ("one", "other", "One"):
            assert _ask(nginx, "GET", "/protected/page.html", {"Authorization": f"Bearer {token}"}) == 200
    asked = [request.headers["authorization"] for request in upstream.asked]
    assert set(asked) == {"Bearer one", "Bearer other", "Bearer One"}
    assert len(asked) < 30


def test_verdicts_are_nobody_elses(nginx: Nginx) -> None:
    """The cache's files, which hold tokens, are for nginx alone."""
    _ask(nginx, "GET", "/protected/page.html", {"Authorization": "Bearer x"})
    kept = [path for path in (nginx.folder / "verdicts").rglob("*") if path.is_file()]
    assert kept
    assert {path.stat().st_mode & 0o077 for path in (nginx.folder / "verdicts", *kept)} == {0}

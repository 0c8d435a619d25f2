"""What clients get through each front end, with TLS."""

from base64 import b64encode
from pathlib import Path

import pytest

from tests.e2e import scripts
from tests.e2e.scripts import literal
from tests.framing.connection import statuses
from tests.fronts.installation import MANY_SCOPES
from tests.fronts.servers import Front
from tests.support.programs import require_php
from tests.unit.compat import php
from tests.wire.bad.request import PASSWORD
from tests.wire.exchange import TOKEN_PATH, post_json, send
from tests.wire.sessions import PW_CLIENT, Pair, pair_of

FOLDERS = ("", "/crm")
TOKEN_PATHS = (
    "/Api/access_token",
    "/Api/index.php/access_token",
    "/legacy/Api/access_token",
    "/legacy/Api/index.php/access_token",
    "/api/oauth/access_token",
    "/lib/API/public/index.php/oauth/access_token",
)
_SAMPLES = {
    "'3D7f3fda97-d8e2-b9ad-eb89-5a2fe9b07650'": literal(PW_CLIENT["client_id"]),
    "=> 'client_secret'": f"=> {literal(PW_CLIENT['client_secret'])}",
    "'password' => 'admin'": "'password' => 'admin-pw'",
}


def _sign_in(front: Front, **more: str) -> Pair:
    return pair_of(post_json(front.url, TOKEN_PATH, PASSWORD | more))


def test_php_curl(front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password script of SuiteCRM's documentation gets a pair, and its curl takes the certificate."""
    require_php("curl")
    (tmp_path / "authority.ini").write_text(f"curl.cainfo={front.authority}\n")
    monkeypatch.setenv("PHP_INI_SCAN_DIR", f":{tmp_path}")  # after the system's own
    text = (scripts.FOLDER / "password.php").read_text().replace("https://path-to-instance", front.url)
    for sample, ours in _SAMPLES.items():
        assert sample in text
        text = text.replace(sample, ours)
    script = tmp_path / "password.php"
    script.write_text(text)
    answer = php.run(f"require {literal(script)}; echo $output;")
    assert list(answer) == ["token_type", "expires_in", "access_token", "refresh_token"], answer


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_path_of_the_token_endpoint(front: Front, folder: str) -> None:
    """Every spelling answers, at the root of a site and in its folder."""
    for path in TOKEN_PATHS:
        assert pair_of(post_json(front.url, folder + path, PASSWORD)), path


def test_long_bearers(front: Front) -> None:
    """A bearer of more than 4 KB arrives whole: it is told who it is, and can log out."""
    pair = _sign_in(front, scope=" ".join(MANY_SCOPES))
    assert len(pair.access_token) > 4096
    bearer = {"Authorization": f"Bearer {pair.access_token}"}
    answer = send(front.url, "GET", "/Api/V8/current-user", bearer, None)
    assert (answer.status, answer.document["data"]["attributes"]["user_name"]) == (200, "admin")
    assert send(front.url, "POST", "/Api/V8/logout", bearer, b"").status == 200
    assert send(front.url, "GET", "/Api/V8/current-user", bearer, None).status == 401


def test_bodies_in_chunks(front: Front) -> None:
    """A body whose length nobody told is read all the same."""
    body = b"grant_type=client_credentials&client_id=cc-client&client_secret=cc-secret"
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = f"POST {TOKEN_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert statuses(front.url, head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks) == [200]


def test_basic_credentials(front: Front) -> None:
    """A client may send its secret in a Basic header; a wrong one is refused in our words."""
    form = b"grant_type=client_credentials"
    basic = b64encode(b"cc-client:cc-secret").decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
    assert send(front.url, "POST", TOKEN_PATH, headers, form).status == 200
    answer = post_json(front.url, TOKEN_PATH, PASSWORD | {"client_secret": "wrong"})
    assert (answer.status, answer.document["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"] == 'Basic realm="OAuth"'


def test_forged_addresses(front: Front) -> None:
    """Whatever a client claims about where it comes from, the log tells where it does come from."""
    forged = {"X-Forwarded-For": "192.0.2.1", "X_Forwarded_For": "192.0.2.1", "Forwarded": "for=192.0.2.1"}
    headers = {"Content-Type": "application/json", "X-Request-Id": "made-by-the-client", **forged}
    assert send(front.url, "POST", TOKEN_PATH, headers, b"{}").status == 400
    told = front.log()
    assert '"address": "127.0.0.1"' in told
    assert "192.0.2.1" not in told
    assert "made-by-the-client" not in told


def test_long_bodies(front: Front) -> None:
    """A body over 64 KiB is refused in JSON."""
    assert post_json(front.url, TOKEN_PATH, PASSWORD | {"more": "x" * 60_000}).status == 200
    answer = post_json(front.url, TOKEN_PATH, PASSWORD | {"more": "x" * 70_000})
    assert (answer.status, answer.headers["content-type"]) == (413, "application/json")
    assert answer.document["error"] == "invalid_request"


@pytest.mark.parametrize("path", ["/oauth/verify", "/healthz", "/readyz", "/metrics", "/Api/V8/module/Accounts", "/x"])
def test_nothing_else_is_reached(front: Front, path: str) -> None:
    """What is for operators only, or SuiteCRM's own, is not ours to show."""
    bearer = {"Authorization": f"Bearer {_sign_in(front).access_token}"}
    assert send(front.url, "GET", path, bearer, None).status == 404

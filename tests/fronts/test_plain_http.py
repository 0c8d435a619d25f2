"""Without TLS there is a redirection, and what Let's Encrypt asks for."""

import pytest
import requests

from tests.fronts.servers import FRONTS

_CHALLENGES = ".well-known/acme-challenge"


@pytest.mark.parametrize("name", ["nginx", "apache-proxy", "apache-wsgi"])
def test_only_lets_encrypt_is_answered_without_tls(name: str) -> None:
    """A challenge is found, so that certificates are renewed; all else is sent to TLS, and a POST stays one."""
    with FRONTS[name]({}) as front:
        folder = front.pages / _CHALLENGES
        folder.mkdir(parents=True)
        (folder / "token").write_text("token.thumbprint")
        for path in (front.pages / ".well-known", folder, folder / "token"):
            path.chmod(0o755)
        assert requests.get(f"{front.plain_url}/{_CHALLENGES}/token", timeout=30).text == "token.thumbprint"
        for asked in ("Api/access_token?a=b", "", "a%0Ab", "%0A"):
            answer = requests.post(f"{front.plain_url}/{asked}", allow_redirects=False, timeout=30)
            assert answer.status_code == requests.codes.permanent_redirect, asked
            assert answer.headers["Location"].startswith("https://"), asked
        sent = requests.post(f"{front.plain_url}/Api/access_token?a=b", allow_redirects=False, timeout=30)
        assert sent.headers["Location"].endswith("/Api/access_token?a=b")

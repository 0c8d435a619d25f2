"""The documented view of a Flask application is protected by our tokens."""

import re
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from crm_oauth.store.ports import TokenFilter
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import post_json

DOCUMENT = Path(__file__).parents[2] / "docs" / "tokens-in-use.md"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Run a server."""
    site = Site(tmp_path, "7.10.2")
    site.fill(fill_as_recorded)
    with site:
        yield site


@pytest.fixture
def view(site: Site, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Run the document's example in the server's folder, with its settings, and one more view that asks for a scope."""
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    [example] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    with chdir(site.folder):
        exec(compile(example, DOCUMENT.name, "exec"), names)  # noqa: S102  # our own document
    names["app"].get("/scoped")(names["require_oauth"]("standard:read")(lambda: "scoped"))
    names["app"].register_error_handler(Exception, lambda _error: ("swallowed", 500))
    client: FlaskClient = names["app"].test_client()
    return client


def bearer(site: Site, **more: str) -> dict[str, str]:
    """Sign in and return the header of the token."""
    sent = {"grant_type": "password", "client_id": "pw-client", "client_secret": "pw-secret", **more}
    answer = post_json(site.url, "/Api/access_token", sent | {"username": "admin", "password": "admin-pw"})
    return {"Authorization": f"Bearer {answer.document['access_token']}"}


def test_a_good_bearer_gets_in(site: Site, view: FlaskClient) -> None:
    """A token of the server opens the view, which knows whose it is."""
    assert view.get("/orders", headers=bearer(site)).text == "orders of admin"


def test_a_revoked_bearer_is_refused_at_once(site: Site, view: FlaskClient) -> None:
    """A token that was revoked a moment ago is refused with RFC 6750's answer."""
    header = bearer(site)
    site.fill(lambda stores: stores.tokens.revoke(TokenFilter(), now=datetime.now(UTC)))
    answer = view.get("/orders", headers=header)
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["error"] == "invalid_token"
    assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_no_bearer_is_refused(view: FlaskClient) -> None:
    """Without a token the answer is 401, whatever error handlers the application has."""
    answer = view.get("/orders")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_scopes_are_asked_for(site: Site, view: FlaskClient) -> None:
    """A view that wants a scope refuses a token without it and takes one with it."""
    assert view.get("/scoped", headers=bearer(site)).status_code == 403
    assert view.get("/scoped", headers=bearer(site, scope="standard:read")).text == "scoped"

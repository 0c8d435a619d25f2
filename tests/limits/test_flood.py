"""A client that asks a server for tokens without end."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from app import create_app
from crm_oauth.limits import flood
from tests.support.site import Site
from tests.wire.bad.request import PASSWORD
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH
from tests.wire.sessions import CC_CLIENT, PW_CLIENT


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock by which tokens are counted; it stands still."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(flood, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A server whose clients get three tokens at once, and three more in a thousand seconds."""
    site = Site(tmp_path, "7.10.2", settings={"TOKENS_PER_CLIENT": "3/1000s"})
    site.fill(fill_as_recorded)
    site.command("init").check_returncode()
    monkeypatch.chdir(tmp_path)
    for name in site.environment:
        if name.startswith("CRM_OAUTH_"):
            monkeypatch.setenv(name, site.environment[name])
    yield create_app().test_client()
    site.database.dispose()


def test_a_client_waits_as_told(server: FlaskClient, clock: SimpleNamespace) -> None:
    """Tokens of any grant count, refusals do not; who comes when told gets one; what was refused is not used up."""

    def ask(sent: dict[str, str]) -> tuple[int, str | None]:
        answer = server.post(TOKEN_PATH, json=sent)
        return answer.status_code, answer.headers.get("Retry-After")

    for _ in range(4):
        assert ask(PASSWORD | {"client_secret": "wrong"}) == (401, None)
    granted = server.post(TOKEN_PATH, json=PASSWORD).get_json()
    refresh = PW_CLIENT | {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    assert [ask(PASSWORD)[0] for _ in range(2)] == [200, 200]
    assert ask(refresh) == (429, "334")
    assert ask(CC_CLIENT | {"grant_type": "client_credentials"})[0] == 200
    clock.now += 334
    assert ask(refresh)[0] == 200
    assert ask(PASSWORD) == (429, "333")

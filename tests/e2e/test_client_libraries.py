"""Client libraries get tokens by every grant, unmodified."""

import pytest

from tests.e2e.conftest import MACHINE_CLIENT, PASSWORD, PASSWORD_CLIENT, USER_NAME
from tests.e2e.libraries import LIBRARIES, Fetch


@pytest.fixture(params=LIBRARIES)
def fetch(request: pytest.FixtureRequest) -> Fetch:
    """Return a library's way of asking."""
    return LIBRARIES[request.param]


def test_password_and_refresh(fetch: Fetch, endpoint: str) -> None:
    """A library gets a pair for a user name and password, and another for the refresh token."""
    first = fetch(endpoint, PASSWORD_CLIENT, {"grant_type": "password", "username": USER_NAME, "password": PASSWORD})
    assert first["token_type"] == "Bearer"
    second = fetch(endpoint, PASSWORD_CLIENT, {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]})
    assert second["access_token"] != first["access_token"]


@pytest.mark.parametrize("profile", ["7.10.2", "7.12", "7.14"], indirect=True)
def test_client_credentials(fetch: Fetch, endpoint: str) -> None:
    """A library gets an access token for the client alone."""
    token = fetch(endpoint, MACHINE_CLIENT, {"grant_type": "client_credentials"})
    assert token["access_token"]
    assert "refresh_token" not in token

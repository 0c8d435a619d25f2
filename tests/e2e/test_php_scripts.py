"""PHP asks for tokens: the scripts of SuiteCRM's documentation, and curl's other ways of posting."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import scripts
from tests.e2e.conftest import MACHINE_CLIENT, PASSWORD, PASSWORD_CLIENT, USER_NAME
from tests.e2e.scripts import literal
from tests.support.programs import require_php
from tests.support.site import Site
from tests.unit.compat import php

Documented = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _php_with_curl() -> None:
    require_php("curl")


@pytest.fixture
def documented(site: Site, tmp_path: Path) -> Documented:
    """Return a function that runs a documented script with our address, id and secret in the place of the samples."""

    def run(name: str, client: tuple[str, str], refresh_token: str = "") -> dict[str, Any]:
        client_id, secret = client
        text = (scripts.FOLDER / name).read_text()
        for sample, ours in {
            "https://path-to-instance": site.url,
            "'3D7f3fda97-d8e2-b9ad-eb89-5a2fe9b07650'": literal(client_id),
            "=> 'client_secret'": f"=> {literal(secret)}",
            "'refresh_token' => 'refresh_token'": f"'refresh_token' => {literal(refresh_token)}",
        }.items():
            text = text.replace(sample, ours)
        script = tmp_path / name
        script.write_text(text)
        return dict(php.run(f"require {literal(script)}; echo $output;"))

    return run


def _assert_pair(answer: dict[str, Any]) -> None:
    assert list(answer) == ["token_type", "expires_in", "access_token", "refresh_token"], answer
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)


def test_documented_password_and_refresh(documented: Documented) -> None:
    """The documented password script prints a token pair; the documented refresh script trades it for another."""
    first = documented("password.php", PASSWORD_CLIENT)
    _assert_pair(first)
    second = documented("refresh_token.php", PASSWORD_CLIENT, first["refresh_token"])
    _assert_pair(second)
    assert first["access_token"] != second["access_token"]
    assert first["refresh_token"] != second["refresh_token"]


def test_documented_client_credentials(documented: Documented, profile: str) -> None:
    """The documented client credentials script prints an access token alone; the first version lacks the grant."""
    answer = documented("client_credentials.php", MACHINE_CLIENT)
    if profile == "7.10.0":
        assert answer["error"] == "unsupported_grant_type"
        return
    assert list(answer) == ["token_type", "expires_in", "access_token"], answer
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)


@pytest.mark.parametrize("as_array", [True, False], ids=["multipart", "http_build_query"])
def test_curl_fields(endpoint: str, *, as_array: bool) -> None:
    """PHP gets tokens with CURLOPT_POSTFIELDS as an array (multipart) and as http_build_query's string (form)."""
    client_id, client_secret = PASSWORD_CLIENT
    client = {"client_id": client_id, "client_secret": client_secret}

    def post(**fields: str) -> dict[str, Any]:
        return dict(scripts.run("post_fields.php", endpoint, client | fields, as_array))

    first = post(grant_type="password", username=USER_NAME, password=PASSWORD)
    _assert_pair(first)
    second = post(grant_type="refresh_token", refresh_token=first["refresh_token"])
    _assert_pair(second)

"""Client libraries that nobody here wrote, each behind the one call that a token request takes."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from authlib.integrations.requests_client import OAuth2Session

from tests.support.programs import require_program

Fetch = Callable[[str, tuple[str, str], dict[str, str]], dict[str, Any]]
"""Takes the token endpoint, the client's id and secret, and the grant's parameters; returns the answer."""


def authlib_basic(endpoint: str, client: tuple[str, str], parameters: dict[str, str]) -> dict[str, Any]:
    """Use Authlib's requests session, which authenticates the client by the Basic header."""
    return _authlib("client_secret_basic", endpoint, client, parameters)


def authlib_post(endpoint: str, client: tuple[str, str], parameters: dict[str, str]) -> dict[str, Any]:
    """Use Authlib's requests session with the client's secret in the body."""
    return _authlib("client_secret_post", endpoint, client, parameters)


def curl_form(endpoint: str, client: tuple[str, str], parameters: dict[str, str]) -> dict[str, Any]:
    """Use the curl command: Basic header, form."""
    fields = [part for name, value in parameters.items() for part in ("--data-urlencode", f"{name}={value}")]
    return _curl(endpoint, "--user", ":".join(client), *fields)


def curl_json(endpoint: str, client: tuple[str, str], parameters: dict[str, str]) -> dict[str, Any]:
    """Use the curl command: everything in a JSON body."""
    client_id, secret = client
    body = json.dumps(parameters | {"client_id": client_id, "client_secret": secret})
    return _curl(endpoint, "--header", "Content-Type: application/vnd.api+json", "--data", body)


def urllib_form(endpoint: str, client: tuple[str, str], parameters: dict[str, str]) -> dict[str, Any]:
    """Use Python's urllib: everything in a form."""
    client_id, secret = client
    form = urlencode(parameters | {"client_id": client_id, "client_secret": secret})
    return _urllib(Request(endpoint, form.encode()))  # noqa: S310  # the test's own http address


def urllib_basic(endpoint: str, client: tuple[str, str], parameters: dict[str, str]) -> dict[str, Any]:
    """Use Python's urllib: Basic header, form."""
    header = {"Authorization": "Basic " + b64encode(":".join(client).encode()).decode()}
    return _urllib(Request(endpoint, urlencode(parameters).encode(), header))  # noqa: S310  # the test's own http address


LIBRARIES: dict[str, Fetch] = {
    "Authlib, Basic": authlib_basic,
    "Authlib, body": authlib_post,
    "curl, Basic and form": curl_form,
    "curl, JSON": curl_json,
    "urllib, form": urllib_form,
    "urllib, Basic and form": urllib_basic,
}


def _authlib(method: str, endpoint: str, client: tuple[str, str], parameters: dict[str, str]) -> dict[str, Any]:
    with OAuth2Session(*client, token_endpoint_auth_method=method) as session:
        if parameters["grant_type"] == "refresh_token":
            return dict(session.refresh_token(endpoint, refresh_token=parameters["refresh_token"]))
        return dict(session.fetch_token(endpoint, **parameters))


def _curl(endpoint: str, *options: str) -> dict[str, Any]:
    command: list[str | Path] = [require_program("curl"), "--silent", "--show-error", *options, endpoint]
    return dict(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def _urllib(request: Request) -> dict[str, Any]:
    with urlopen(request, timeout=30) as response:  # noqa: S310  # the test's own http address
        return dict(json.load(response))

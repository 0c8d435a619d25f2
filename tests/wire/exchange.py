"""Requests as the recordings describe them, and answers in the form that the recordings have."""

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Protocol
from urllib.parse import urlsplit

TOKEN_PATH = "/Api/access_token"
"""Where SuiteCRM's documentation has programs ask for a token."""

_TIMES = ("iat", "nbf", "exp")


class Addressed(Protocol):
    """Whatever answers at an address: a server, or a front end before several."""

    @property
    def url(self) -> str:
        """Return the address, without a trailing slash."""


@dataclass(frozen=True)
class Received:
    """An answer, as it came."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def document(self) -> dict[str, Any]:
        """Return the body's JSON; the order of its keys is kept."""
        return dict(json.loads(self.body))


@dataclass(frozen=True)
class Expected:
    """What must be true of an answer: the recording, or what stands for it where we differ on purpose."""

    status: int
    headers: dict[str, str]
    body: str = ""
    body_keys: tuple[str, ...] = ()
    claims: dict[str, Any] = field(default_factory=dict)


# Headers that must be absent where the recording has none.
_TELLING = ("content-type", "www-authenticate", "allow", "pragma", "cache-control")


def send(url: str, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Received:
    """Send a request with these headers and no others but Host and Content-Length."""
    address = urlsplit(url)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(str(address.hostname), address.port, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Received(response.status, received, response.read().decode())
    finally:
        connection.close()


def post_json(url: str, path: str, parameters: dict[str, Any]) -> Received:
    """Post parameters as SuiteCRM's documentation does."""
    headers = {"Content-Type": "application/vnd.api+json", "Accept": "application/vnd.api+json"}
    return send(url, "POST", path, headers, json.dumps(parameters).encode())


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a JWT, in their order, unverified."""
    return decode_part(token.split(".")[1])


def decode_part(part: str) -> dict[str, Any]:
    """Return one part of a JWT as JSON."""
    return dict(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def assert_as_expected(received: Received, expected: Expected) -> None:
    """Compare an answer with a recording: status, telling headers, body to the byte, claims in order."""
    assert received.status == expected.status, received.body
    assert {name: received.headers.get(name) for name in _TELLING} == {
        name: expected.headers.get(name) for name in _TELLING
    }
    if not expected.body_keys:
        assert received.body == expected.body
        return
    assert tuple(received.document) == expected.body_keys
    assert received.document["token_type"] == "Bearer"
    assert received.document["expires_in"] == 3600
    claims = claims_of(received.document["access_token"])
    assert list(claims) == list(expected.claims)
    assert all(type(claims[name]) is int for name in _TIMES)
    assert claims["exp"] == claims["iat"] + 3600
    for name in ("aud", "sub", "scopes"):
        assert claims[name] == expected.claims[name]

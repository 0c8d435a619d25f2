"""A bad request, and the good ones that the bad ones are made from."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.wire.exchange import TOKEN_PATH

# Marks of hostile texts. No answer may hold either; the log may not hold the one that stands in secrets.
TEXT_MARK = "zqtext"
SECRET_MARK = "zqsecret"

PASSWORD = {
    "grant_type": "password",
    "client_id": "pw-client",
    "client_secret": "pw-secret",
    "username": "admin",
    "password": "admin-pw",
}
CREDENTIALS = {"grant_type": "client_credentials", "client_id": "cc-client", "client_secret": "cc-secret"}
REFRESH = PASSWORD | {"grant_type": "refresh_token"}

_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_BOUNDARY = "bound"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}


@dataclass(frozen=True)
class BadRequest:
    """A request that must be refused.

    Args:
        name: what is bad about it.
        body: as sent; in chunks when `chunked`.
        headers: besides Host, Accept and those that frame the body.
        method: of HTTP.
        path: of the request's target.
        chunked: whether the body is framed by chunks, not by its length.
        quoted: whether the answer's hint may quote what was sent, escaped.
    """

    name: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    path: str = TOKEN_PATH
    chunked: bool = False
    quoted: bool = False


def json_request(name: str, document: object, *, quoted: bool = False) -> BadRequest:
    """Post a document as JSON."""
    return json_body(name, json.dumps(document).encode(), quoted=quoted)


def json_body(name: str, body: bytes, *, quoted: bool = False) -> BadRequest:
    """Post bytes that call themselves JSON."""
    return BadRequest(f"json: {name}", body, _JSON, quoted=quoted)


def form_request(name: str, pairs: Iterable[tuple[str, str | bytes]]) -> BadRequest:
    """Post pairs as a form."""
    return form_body(name, urlencode(list(pairs)).encode())


def form_body(name: str, body: bytes) -> BadRequest:
    """Post bytes that call themselves a form."""
    return BadRequest(f"form: {name}", body, _FORM)


def multipart_request(name: str, pairs: Iterable[tuple[str, str | bytes]], *, quoted: bool = False) -> BadRequest:
    """Post pairs as multipart."""
    return BadRequest(f"multipart: {name}", multipart_body(pairs), MULTIPART, quoted=quoted)


def multipart_body(pairs: Iterable[tuple[str, str | bytes]], more: str = "") -> bytes:
    """Encode pairs as multipart.

    Args:
        pairs: names and values.
        more: appended to each part's Content-Disposition.
    """
    parts = b""
    for name, value in pairs:
        content = value.encode() if isinstance(value, str) else value
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
        parts += head.encode() + content + b"\r\n"
    return parts + f"--{_BOUNDARY}--\r\n".encode()

"""What a client sent: every way of posting parameters, read by one strict rule."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn, Self, TypeGuard
from urllib.parse import parse_qsl

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wrappers import Request

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.request_id import REQUEST_ID

MAX_BODY = 64 * 1024
"""The longest body that is taken, in bytes."""

BODY_READ_LIMIT = MAX_BODY + 1
"""What the framework may read of a body: it cuts one in chunks there without a word, so one byte too many must show."""

_MAX_VALUE = 8 * 1024
_MAX_FIELDS = 1000  # PHP's own max_input_vars

_UNUSABLE = re.compile("[\0\ud800-\udfff]")
"""What no database takes: NUL, and lone surrogates, which also stand for bytes that are not UTF-8."""


class Parameters:
    """The parameters of a body: texts, and the names whose values are not one usable text.

    A malformed parameter is refused only when somebody asks for it, because PHP never looked at those that the
    grant does not read.

    Args:
        pairs: name and value as sent, in order; a value may be anything that JSON can hold, None counts as missing.
    """

    def __init__(self, pairs: Iterable[tuple[str, object]]) -> None:
        self.texts: dict[str, str] = {}
        self._malformed: set[str] = set()
        for name, value in pairs:
            if value is None:
                continue
            if not _is_usable(value) or self.texts.setdefault(name, value) != value:
                self._malformed.add(name)
        for name in self._malformed:
            self.texts.pop(name, None)

    def get(self, name: str) -> str | None:
        """Return a parameter's text, or None when it was not sent.

        Raises:
            OAuthFault: invalid_request when it was sent but is not one usable text.
        """
        if name in self._malformed:
            raise OAuthFault.invalid_request(name)
        return self.texts.get(name)

    def require(self, name: str) -> str:
        """Return a parameter's text, which may be empty.

        Raises:
            OAuthFault: invalid_request when it is missing or malformed.
        """
        value = self.get(name)
        if value is None:
            raise OAuthFault.invalid_request(name)
        return value


def read_params(request: Request) -> Parameters:
    """Read the parameters of a body as Slim 3 under SuiteCRM does, minus XML.

    Form, multipart, `application/json` and whatever ends in `+json` are understood, with any parameters after the
    type. Anything else, and a body that does not parse, has no parameters. The query string is never read.

    Args:
        request: the HTTP request; its body must not have been read.

    Raises:
        werkzeug.exceptions.RequestEntityTooLarge: for a body over `MAX_BODY`, however it is framed.
        werkzeug.exceptions.BadRequest: for one that is badly framed, which gunicorn notices while it is read.
    """
    try:
        return _read_params(request)
    except ParseException:
        raise BadRequest from None


def authorization_of(request: Request) -> str:
    """Return the Authorization header of a request, "" when there is none."""
    # Apache hands a rewritten request's header to CGI and WSGI programs under the second name.
    environ = request.environ
    return environ.get("HTTP_AUTHORIZATION") or environ.get("REDIRECT_HTTP_AUTHORIZATION") or ""


def _read_params(request: Request) -> Parameters:
    media_type = re.split(r"\s*[;,]\s*", request.headers.get("Content-Type", ""))[0].lower()
    if "+" in media_type:
        media_type = "application/" + media_type.rpartition("+")[2]
    if media_type == "application/json":
        return Parameters(_json_pairs(_body(request)))
    if media_type == "application/x-www-form-urlencoded":
        return Parameters(_form_pairs(_body(request)))
    if media_type == "multipart/form-data":
        return Parameters(request.form.items(multi=True))
    return Parameters(())


def _body(request: Request) -> bytes:
    body = request.get_data(cache=False)
    if len(body) > MAX_BODY:
        raise RequestEntityTooLarge
    return body


def _is_usable(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= _MAX_VALUE and not _UNUSABLE.search(value)


def _form_pairs(body: bytes) -> Iterator[tuple[str, object]]:
    try:
        text = body.decode("ascii", "surrogateescape")
        yield from parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=_MAX_FIELDS)
    except ValueError:
        return


class _Pairs(list[tuple[str, object]]):
    """A JSON object with its repeated keys kept, so that two that disagree are seen."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


# Numbers only need to be recognised as no text; float() takes any length, int() refuses long ones.
_DECODER = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=float, parse_constant=_refuse)


def _json_pairs(body: bytes) -> Iterable[tuple[str, object]]:
    try:
        document = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return ()
    return document if isinstance(document, _Pairs) else ()


class _Payload(OAuth2Payload):
    """Authlib's view of the parameters: the good ones only."""

    def __init__(self, parameters: Parameters) -> None:
        self._texts = parameters.texts

    @property
    def data(self) -> dict[str, str]:
        return self._texts

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return defaultdict(list, {name: [text] for name, text in self._texts.items()})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, and how it is called in logs and audit trail.

    Args:
        address: of the client, as far as it is known; "" at a Unix socket.
        request_id: see `crm_oauth.observe.request_ids`.
    """

    address: str
    request_id: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read it from an HTTP request."""
        return cls(request.remote_addr or "", request.environ.get(REQUEST_ID, ""))


class WireRequest(OAuth2Request):
    """A token request as Authlib wants it, over parameters that we read ourselves.

    Authlib's own Flask request lets the query string outrank the body and cannot see JSON.

    Args:
        request: the HTTP request.
        parameters: of its body.
    """

    def __init__(self, request: Request, parameters: Parameters) -> None:
        # Authlib refuses plain http by this address. Whether a site needs TLS is its front end's business: SuiteCRM
        # itself never asked, and behind a proxy the address says nothing.
        super().__init__(request.method, "https://localhost/")
        self.parameters = parameters
        self.payload = _Payload(self.parameters)
        self.origin = Origin.of(request)
        self.is_backing_off = False
        self.refusal: OAuth2Error | None = None
        self.authorization = authorization_of(request)

    @property
    def form(self) -> dict[str, str]:
        """Return the same parameters: Authlib's client authentication reads them here."""
        return self.parameters.texts

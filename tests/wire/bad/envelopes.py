"""Bad requests around a good body: credentials in headers, methods, paths."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import urlencode

from tests.wire.bad.bodies import GOOD_JSON
from tests.wire.bad.request import CREDENTIALS, SECRET_MARK, BadRequest
from tests.wire.exchange import TOKEN_PATH

_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _basic(pair: bytes) -> str:
    return "Basic " + b64encode(pair).decode()


def authorizations() -> Iterator[BadRequest]:
    """Yield Authorization headers that prove nothing, beside a body without a client."""
    good = _basic(b"cc-client:cc-secret")
    schemes = (good.lower()[:5] + good[5:], good.upper()[:5] + good[5:], good.replace(" ", "\t"), good[6:])
    no_base64 = ("Basic", "Basic ", "Basic =", "Basic a", "Basic !!!!", "Basic \xe9\xe9", "Basic cc-client:cc-secret")
    pairs = (b"cc-client", b":", b"cc-client:", b":cc-secret", b"\xff\xfe:\x80", b"cc-client:cc-secret\0", b"a\0:b")
    coded = (b"cc-client%00:cc-secret", b"%00:x", b"cc-client:%00")
    wrong = (b"cc-client:%s" % SECRET_MARK.encode(), b"CC-CLIENT:cc-secret", b"cc-client:%s" % (b"x" * 5900))
    others = (f"Bearer {good[6:]}", "Bearer a.b.c", 'Digest username="cc-client"', "Negotiate YIIx", good[:-4])
    for header in (*schemes, *no_base64, *(_basic(pair) for pair in (*pairs, *coded, *wrong)), *others):
        headers = _FORM | {"Authorization": header}
        yield BadRequest(f"Authorization: {header[:40]!r}", b"grant_type=client_credentials", headers)


def methods() -> Iterator[BadRequest]:
    """Yield every other method with a good body."""
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "LOCK", "FOO"):
        yield BadRequest(method, GOOD_JSON, _JSON, method=method)


def paths() -> Iterator[BadRequest]:
    """Yield paths that are not quite the token endpoint's, and files that nobody may read."""
    almost = ("/Api//access_token", "/api/access_token", "/API/ACCESS_TOKEN", "/Api/access_token/")
    tricks = ("/Api/./access_token", "/..;/Api/access_token", "/Api/access_token;x=1", "//evil.example/Api/x")
    encoded = ("/Api/access_token%00", "/Api/access_token%20", "/Api/access_token%0d%0aX:1", "/Api/access_token%ff")
    files = ("/.env", "/private.key", "/Api/V8/OAuth2/private.key", "/var/keys/private.key", "/../etc/passwd")
    for path in (*almost, *tricks, *encoded, *files, "/", "/Api/", "/console", "/static/x", "/app.py"):
        yield BadRequest(f"path {path}", GOOD_JSON, _JSON, path=path)
    yield BadRequest("parameters in the query string", b"", _FORM, path=f"{TOKEN_PATH}?{urlencode(CREDENTIALS)}")

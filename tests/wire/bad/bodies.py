"""Bodies that do not parse, call themselves by another name, or are too large."""

import gzip
import json
import zlib
from collections.abc import Iterator
from urllib.parse import urlencode

from tests.wire.bad.request import (
    CREDENTIALS,
    MULTIPART,
    SECRET_MARK,
    BadRequest,
    form_body,
    json_body,
    multipart_body,
    multipart_request,
)

GOOD_JSON = json.dumps(CREDENTIALS).encode()
_GOOD_FORM = urlencode(CREDENTIALS).encode()
_LIMIT = 64 * 1024

_NO_OBJECTS = (b"", b" ", b"null", b"true", b"1", b'"x"', b"[]", b"[1]", b"{}", b"NaN", b"[" + GOOD_JSON + b"]")
_BROKEN = (
    b"{",
    GOOD_JSON[:-1],
    GOOD_JSON + GOOD_JSON,
    GOOD_JSON + b"\n" + GOOD_JSON,
    GOOD_JSON + b"x",
    GOOD_JSON + b"\0",
    GOOD_JSON[:-1] + b",}",
    b"/**/" + GOOD_JSON,
    b"\xef\xbb\xbf" + GOOD_JSON,
    GOOD_JSON.replace(b'"', b"'"),
    GOOD_JSON.replace(b"cc-client", b"cc-\ncli"),
    GOOD_JSON.replace(b"cc-client", b"cc-\xed\xa0\x80"),
    GOOD_JSON.replace(b"cc-client", b"cc-\xc0\x80"),
    GOOD_JSON.replace(b"cc-client", b"cc-\\ud800"),
    GOOD_JSON.replace(b"cc-client", b"cc-\\udc00\\ud800"),
    GOOD_JSON.replace(b'"cc-client"', b"NaN"),
    GOOD_JSON.replace(b'"cc-client"', b"-Infinity"),
    GOOD_JSON.replace(b'"cc-client"', b"1e99999"),
    GOOD_JSON.replace(b'"cc-client"', b"9" * 5000),
    GOOD_JSON.replace(b'"cc-client"', b"9" * 60000),
)


def json_bodies() -> Iterator[BadRequest]:
    """Yield JSON that is broken, no object, too deep, or in another encoding."""
    for body in (*_NO_OBJECTS, *_BROKEN):
        yield json_body(f"{body[:20]!r}... of {len(body)}", body)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp037"):
        yield json_body(encoding, json.dumps(CREDENTIALS).encode(encoding))
    for depth in (100, 1000, 10_000, 30_000, 100_000):
        yield json_body(f"lists {depth} deep", b"[" * depth + b"]" * depth)
        yield json_body(f"objects {depth} deep", b'{"a":' * depth)
        deep = b"[" * depth + b"]" * depth
        yield json_body(f"grant_type {depth} deep", GOOD_JSON.replace(b'"client_credentials"', deep))
        yield json_body(f"client_id {depth} deep", GOOD_JSON.replace(b'"cc-client"', deep))


def media_types() -> Iterator[BadRequest]:
    """Yield good parameters under media types that nobody reads, or under another one's."""
    texts = ("text/plain", "text/html", "text/json", "text/csv", "text/yaml", "text/javascript", "text/xml")
    applications = ("octet-stream", "xml", "yaml", "json-seq", "x-ndjson", "jsonp", "msgpack", "cbor", "graphql", "jwt")
    odd = ("", "json", "application", "/", ";", "*/*", "application/", "+", "application/json+xml", "a/soap+xml")
    multiparts = ("multipart/mixed; boundary=bound", "multipart/related", "multipart/form-data", "message/rfc822")
    for media_type in (*texts, *(f"application/{name}" for name in applications), *odd, *multiparts):
        for body in (GOOD_JSON, _GOOD_FORM):
            yield BadRequest(f"{body[:1]!r} as {media_type!r}", body, {"Content-Type": media_type})
    yield form_body("a JSON body", GOOD_JSON)
    yield json_body("a form", _GOOD_FORM)
    for coding, squeeze in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        for media_type, body in (("application/json", GOOD_JSON), ("application/x-www-form-urlencoded", _GOOD_FORM)):
            headers = {"Content-Type": media_type, "Content-Encoding": coding}
            yield BadRequest(f"{coding} {media_type}", squeeze(body), headers)


def xml_bodies() -> Iterator[BadRequest]:
    """Yield XML that would read files or fill the memory of who parses it."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "{SECRET_MARK}">{laughs}]><r>&l9;</r>'
    file = (
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><grant_type>&x;</grant_type></r>'
    )
    for media_type in ("application/xml", "text/xml", "application/soap+xml", "application/json"):
        for kind, text in (("bomb", bomb), ("external entity", file)):
            yield BadRequest(f"XML {kind} as {media_type}", text.encode(), {"Content-Type": media_type})


def multipart_bodies() -> Iterator[BadRequest]:
    """Yield multipart that is broken, or whose parts are no fields."""
    good = multipart_body(CREDENTIALS.items())
    yield multipart_request("300 parts", [(f"name{number}", "x") for number in range(300)])
    yield multipart_request("1,001 parts", [(f"n{number}", "") for number in range(1001)])
    for name, body in {
        "files": multipart_body(CREDENTIALS.items(), more='; filename="x"'),
        "no end": good[:-12],
        "cut in a head": good[:40],
        "nothing": b"",
        "only the end": b"--bound--\r\n",
        "another boundary": good.replace(b"bound", b"other"),
        "no names": good.replace(b'name="', b'nome="'),
        "a megabyte head": good.replace(b"form-data", b"form-data; x=" + b"x" * 60000),
    }.items():
        yield BadRequest(f"multipart: {name}", body, MULTIPART)
    yield form_body("1,001 fields", _GOOD_FORM + b"&a=1" * 998)


def large_bodies() -> Iterator[BadRequest]:
    """Yield good parameters followed by so much that the body is one byte too long."""
    padded = {
        "application/json": GOOD_JSON.ljust(_LIMIT + 1),
        "application/x-www-form-urlencoded": (_GOOD_FORM + b"&a=").ljust(_LIMIT + 1, b"a"),
        MULTIPART["Content-Type"]: multipart_body(CREDENTIALS.items()).ljust(_LIMIT + 1),
    }
    for media_type, body in padded.items():
        for chunked in (False, True):
            yield BadRequest(f"too long {media_type}", body, {"Content-Type": media_type}, chunked=chunked)

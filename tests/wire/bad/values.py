"""Bad values of the parameters, in bodies that are well formed."""

import json
from collections.abc import Iterator

from tests.wire.bad.request import (
    PASSWORD,
    REFRESH,
    SECRET_MARK,
    TEXT_MARK,
    BadRequest,
    form_request,
    json_body,
    json_request,
    multipart_request,
)

_SECRETS = ("client_secret", "password", "refresh_token")

_NO_TEXTS: dict[str, object] = {
    "true": True,
    "false": False,
    "zero": 0,
    "one": 1,
    "fraction": 1.5,
    "huge number": 10**300,
    "list": [],
    "list of texts": ["x", "y"],
    "object": {},
    "object with a text": {"$ne": "x"},
}
_EMPTY = {"null": None, "empty": "", "blanks": "   "}
_HOSTILE = {
    "10 kB": "MARK" * 2500,
    "NUL": "MARK\0",
    "lone surrogate": "MARK\ud800",
    "quote": "MARK'\"`",
    "SQL": "MARK' OR 1=1 OR SLEEP(5); DROP TABLE users; -- ",
    "LDAP": "MARK*)(uid=*))(|(uid=*",
    "CRLF": "MARK\r\nSet-Cookie: a=b",
    "XSS": "MARK<script>alert(1)</script>",
    "percent NUL": "MARK%00",
    "template": "MARK{{7*7}}${jndi:ldap://x/}%s%n",
    "not ASCII": "MARK\u00e9\u202e\U0001f600",
}
_NOT_UTF8 = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\0")

# League takes a scope that is null, empty or blank, and an empty redirect_uri.
PARAMETERS = dict.fromkeys(PASSWORD, _NO_TEXTS | _EMPTY) | {
    "refresh_token": _NO_TEXTS | _EMPTY,
    "scope": _NO_TEXTS,
    "redirect_uri": _NO_TEXTS,
}


def values(name: str) -> Iterator[BadRequest]:
    """Yield every bad value of one parameter.

    Args:
        name: a key of `PARAMETERS`.
    """
    good = REFRESH if name == "refresh_token" else PASSWORD
    mark = SECRET_MARK if name in _SECRETS else TEXT_MARK
    hostile = {kind: text.replace("MARK", mark) for kind, text in _HOSTILE.items()}
    listed = {"the good value in a list": [good.get(name, "x")]}
    for kind, value in (PARAMETERS[name] | hostile | listed).items():
        yield json_request(f"{name} is {kind}", good | {name: value}, quoted=name == "scope")
    for raw in _NOT_UTF8:
        pairs = list((good | {name: mark.encode() + raw}).items())
        yield form_request(f"{name} ends in {raw!r}", pairs)
        yield multipart_request(f"{name} ends in {raw!r}", pairs, quoted=name == "scope")


def missing() -> Iterator[BadRequest]:
    """Yield requests that lack one parameter each."""
    for name in PASSWORD:
        rest = {other: value for other, value in PASSWORD.items() if other != name}
        yield json_request(f"no {name}", rest)
        yield form_request(f"no {name}", rest.items())
    yield json_request("no refresh_token", REFRESH)


def duplicates() -> Iterator[BadRequest]:
    """Yield requests that give one parameter twice, each time another value."""
    for name in PASSWORD:
        pairs = [*PASSWORD.items(), (name, f"{SECRET_MARK}-other")]
        for order, both in (("good first", pairs), ("good last", pairs[::-1])):
            members = ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in both)
            yield json_body(f"{name} twice, {order}", f"{{{members}}}".encode())
            yield form_request(f"{name} twice, {order}", both)
            yield multipart_request(f"{name} twice, {order}", both)


def look_alikes() -> Iterator[BadRequest]:
    """Yield names that a database's collation may take for the good ones."""
    client_ids = ("PW-CLIENT", "Pw-Client", "pw-client ", " pw-client", "pw-client\t", "pw-clien_", "%")
    beyond_ascii = ("pw-cli\u00e9nt", "pw-client\u00a0", "\uff50w-client", "pw\u00ad-client", "pw-client\u200b")
    for client_id in (*client_ids, *beyond_ascii):
        yield json_request(f"client_id {client_id!a}", PASSWORD | {"client_id": client_id})
    for username in (
        "admin ",
        " admin",
        "%",
        "1",
        "\u00e1dmin",
        "\u0430dmin",
        "adm\u0131n",
        "\uff41dmin",
        "admin\u200b",
    ):
        yield json_request(f"username {username!a}", PASSWORD | {"username": username})


def grants() -> Iterator[BadRequest]:
    """Yield grants that are not on, or not quite those that are."""
    urn = "urn:ietf:params:oauth:grant-type"
    known_elsewhere = ("authorization_code", "implicit", "urn:openid:params:grant-type:ciba", "sms_code", "refresh")
    of_rfcs = (f"{urn}:jwt-bearer", f"{urn}:token-exchange", f"{urn}:device_code", f"{urn}:saml2-bearer")
    almost = ("Password", "PASSWORD", "password ", " password", "password\n", "passw\u043erd", "client-credentials")
    for grant_type in (*known_elsewhere, *of_rfcs, *almost, "__class__", "0", f"{TEXT_MARK}<b>"):
        yield json_request(f"grant_type {grant_type!a}", PASSWORD | {"grant_type": grant_type})
        yield form_request(f"grant_type {grant_type!a}", (PASSWORD | {"grant_type": grant_type}).items())


def refreshes(token: str, access_token: str) -> Iterator[BadRequest]:
    """Yield manglings of a good refresh token, which must stay good.

    Args:
        token: the refresh token, of the client `pw-client`.
        access_token: an access token, which is none.
    """
    size = len(token)
    for place in range(0, size, size // 64):
        flipped = f"{int(token[place], 16) ^ 1:x}"
        yield _refresh(f"digit {place} flipped", token[:place] + flipped + token[place + 1 :])
    cut = (token[:-2], token[2:], token[: size // 2], token[:168], token[:8], token[8:])
    joined = (token * 2, token + "00", f" {token}", f"{token} ", f"{token}\n", f"0x{token}", token.replace("a", "g"))
    for number, mangled in enumerate((*cut, *joined, access_token, "def50200" * 1000, "." * 8000)):
        yield _refresh(f"mangling {number}", mangled)
    owner = {"grant_type": "refresh_token", "refresh_token": token}
    yield json_request("refresh by another client", owner | {"client_id": "pub-client", "client_secret": "pub-secret"})
    yield json_request("refresh without a client", owner)
    yield json_request("refresh with a wrong secret", owner | {"client_id": "pw-client", "client_secret": "x"})
    yield json_request("refresh for more", REFRESH | owner | {"scope": "standard:create"}, quoted=True)


def _refresh(name: str, token: str) -> BadRequest:
    return json_request(f"refresh token, {name}", REFRESH | {"refresh_token": token})

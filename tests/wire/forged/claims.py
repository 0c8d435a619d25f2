"""Tokens that claim what was not granted."""

import json
import time

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.wire.exchange import decode_part
from tests.wire.forged.forge import HEADER, Forgeries, Loot, encode, signer, token_of

_LATER = int(time.time()) + 86_400


def bent(loot: Loot) -> Forgeries:
    """Bend the claims: under the good signature, and signed with the forger's key."""
    head, _claims, signature = loot.token.split(".")
    changes: dict[str, dict[str, object]] = {
        "another user": {"sub": "user-2"},
        "no user": {"sub": ""},
        "another client": {"aud": "cc-client"},
        "two clients": {"aud": ["pw-client", "cc-client"]},
        "another session": {"jti": decode_part(loot.other.split(".")[1])["jti"]},
        "a longer life": {"exp": _LATER},
        "every scope": {"scopes": ["admin:access"]},
        "an administrator": {"admin": True},
    }
    for name, change in changes.items():
        claims = loot.claims | change
        yield f"{name}, the good signature", f"{head}.{encode(claims)}.{signature}"
        yield f"{name}, another key", loot.forged(decode_part(head), claims)
    yield "the same claims, another key", loot.forged(decode_part(head))


def mixed(loot: Loot) -> Forgeries:
    """Take the parts of two good tokens."""
    first, second = loot.token.split("."), loot.other.split(".")
    for name, parts in {
        "another payload": (first[0], second[1], first[2]),
        # Tokens without a jti in their header all have the same one.
        "another header": (second[0], first[1], first[2] if first[0] != second[0] else second[2]),
        "another signature": (first[0], first[1], second[2]),
        "header and payload swapped": (first[1], first[0], first[2]),
        "payload and signature swapped": (first[0], first[2], first[1]),
    }.items():
        yield name, ".".join(parts)


def own_key(loot: Loot, key: rsa.RSAPrivateKey) -> Forgeries:
    """Sign with the server's own key what the server never would: a leaked signature is not a session.

    Args:
        loot: the good token, whose session lives.
        key: the server's private key.
    """
    good, now = loot.claims, int(time.time())
    changes: dict[str, dict[str, object]] = {
        "exp as text": {"exp": str(_LATER)},
        "exp null": {"exp": None},
        "exp past": {"exp": now - 1, "nbf": now - 3600, "iat": now - 3600},
        "exp a list": {"exp": [_LATER]},
        "exp negative": {"exp": -1},
        "nbf in the future": {"nbf": now + 600},
        "nbf as text": {"nbf": "0"},
        "jti unknown": {"jti": "0" * 80},
        "jti in upper case": {"jti": str(good["jti"]).upper()},
        "jti with a blank": {"jti": f"{good['jti']} "},
        "jti with NUL": {"jti": f"{good['jti']}\u0000"},
        "jti a lone surrogate": {"jti": "\ud800"},
        "jti long": {"jti": "a" * 5000},
        "jti null": {"jti": None},
        "jti empty": {"jti": ""},
        "jti a number": {"jti": 1},
        "jti a pattern": {"jti": "%"},
        "jti a list": {"jti": [good["jti"]]},
        "jti true": {"jti": True},
        "jti of another client": {"jti": decode_part(loot.other.split(".")[1])["jti"]},
        "aud another": {"aud": "cc-client"},
        "aud in upper case": {"aud": "PW-CLIENT"},
        "aud two": {"aud": ["pw-client", "cc-client"]},
        "aud null": {"aud": None},
    }
    payloads: dict[str, object] = {name: good | change for name, change in changes.items()}
    for name in ("exp", "nbf", "jti", "aud"):
        payloads[f"{name} missing"] = {claim: good[claim] for claim in good if claim != name}
    payloads |= {
        "exp NaN": json.dumps(good | {"exp": float("nan")}).encode(),
        "no object": [good],
        "text": "claims",
        "nothing": b"",
        "no JSON": b"{",
        "deep": b"[" * 5000,
        "a huge number": json.dumps(good).replace(str(good["exp"]), "9" * 5000).encode(),
        "no UTF-8": b'{"jti":"\xff"}',
    }
    for name, payload in payloads.items():
        yield f"our own key: {name}", token_of(HEADER, payload, signer(key))

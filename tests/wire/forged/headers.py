"""Tokens whose header names the key to verify them by, or asks for what is not supported."""

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.wire.forged.forge import HEADER, Forgeries, Loot, encode

_JKU = "https://forger.example/jwks.json"

_KIDS: tuple[object, ...] = (
    None,
    "",
    "unknown",
    "../../../../../../dev/null",
    "/dev/null",
    "var/keys/public.key",
    "file:///etc/passwd",
    "' UNION SELECT 'x' --",
    "1; DROP TABLE oauth2tokens",
    "$(sleep 5)",
    "|sleep 5",
    "\u0000",
    "\ud800",
    "k" * 5000,
    0,
    True,
    [],
    ["unknown"],
    {"kid": "unknown"},
)


def named_keys(loot: Loot) -> Forgeries:
    """Bring the forger's key along, or say where it lies (RFC 7515 section 4.1)."""
    jwk = _jwk(loot.key)
    forged: dict[str, dict[str, object]] = {
        "jwk": {"jwk": jwk},
        "jwk with the server's kid": {"jwk": jwk | {"kid": loot.kid}, "kid": loot.kid},
        "jwk as text": {"jwk": "key"},
        "jku": {"jku": _JKU},
        "jku with a kid": {"jku": _JKU, "kid": "1"},
        "jku to a file": {"jku": "file:///etc/passwd"},
        "jku to ourselves": {"jku": "http://127.0.0.1/.well-known/jwks.json"},
        "x5u": {"x5u": "https://forger.example/chain.pem"},
        "x5c": {"x5c": ["MIIB"]},
        "x5t": {"x5t": "AAAA"},
        "x5t#S256": {"x5t#S256": "AAAA"},
    }
    for name, fields in forged.items():
        yield name, loot.forged(HEADER | fields)


def key_ids(loot: Loot) -> Forgeries:
    """Name a key that is not there, or is no name."""
    signature = loot.token.rpartition(".")[2]
    for kid in _KIDS:
        header = HEADER | {"kid": kid}
        yield f"kid {str(kid)[:40]!r}", loot.forged(header)
        yield f"kid {str(kid)[:40]!r}, the good signature", f"{encode(header)}.{encode(loot.claims)}.{signature}"
    yield "the server's own kid", loot.forged(HEADER | {"kid": loot.kid})


def extensions(loot: Loot) -> Forgeries:
    """Ask for extensions that nobody here understands (RFC 7515 section 4.1.11, RFC 7797)."""
    forged: dict[str, dict[str, object]] = {
        "crit without names": {"crit": []},
        "crit unknown": {"crit": ["unknown"], "unknown": 1},
        "crit of what is missing": {"crit": ["exp"]},
        "crit as text": {"crit": "b64"},
        "b64 false": {"b64": False, "crit": ["b64"]},
        "b64 false without crit": {"b64": False},
        "zip": {"zip": "DEF"},
        "cty JWT": {"cty": "JWT"},
        "typ at+jwt": {"typ": "at+jwt"},
        "typ missing": {"typ": None},
        "a private header": {"admin": True},
        "jti of another type": {"jti": 1},
    }
    for name, fields in forged.items():
        yield name, loot.forged(HEADER | fields)


def _jwk(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": encode(numbers.n.to_bytes(256)), "e": encode(numbers.e.to_bytes(3)), "alg": "RS256"}

"""Texts that are almost a token."""

import json

from tests.wire.forged.forge import HEADER, Forgeries, Loot, encode

_BIG = 12 * 1024


def serializations(loot: Loot) -> Forgeries:
    """Write a good token as another kind of JOSE object (RFC 7515 section 7.2, RFC 7516)."""
    head, claims, signature = loot.token.split(".")
    signatures = {"protected": head, "signature": signature}
    yield "flattened JSON", json.dumps({"payload": claims, **signatures})
    yield "general JSON", json.dumps({"payload": claims, "signatures": [signatures]})
    yield "a detached payload", f"{head}..{signature}"
    yield "nested", loot.forged(HEADER | {"cty": "JWT"}, loot.token.encode())
    for encryption in ("dir", "RSA-OAEP", "PBES2-HS256+A128KW"):
        header = {"alg": encryption, "enc": "A128GCM", "zip": "DEF", "p2c": 2**31, "p2s": "AAAA"}
        parts = encode(header), encode(b"key"), encode(bytes(12)), claims, encode(bytes(16))
        yield f"JWE of {encryption}", ".".join(parts)


def mangled(loot: Loot) -> Forgeries:
    """Cut, lengthen and respell a good token."""
    head, claims, signature = loot.token.split(".")
    token = loot.token
    for cut in (1, 2, 10, len(signature), len(signature) + 1):
        yield f"cut by {cut}", token[:-cut]
    yield "cut at its beginning", token[1:]
    yield from {
        "a dot before": f".{token}",
        "a dot after": f"{token}.",
        "a part more": f"{token}.{signature}",
        "two dots between": f"{head}..{claims}.{signature}",
        "padded": f"{head}=.{claims}=.{signature}==",
        "a signature too long": f"{token}AAAA",
        "a flipped digit of the signature": f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        "other spare bits": _other_spare_bits(token),
        "twice": f"{token}{token}",
        "two tokens": f"{token} {token}",
        "a comma": f"{token}, {token}",
        "quoted": f'"{token}"',
        "in angle brackets": f"<{token}>",
        "Bearer inside": f"Bearer {token}",
        "percent-encoded": token.replace(".", "%2E"),
        "in upper case": token.upper(),
        "a blank within": f"{head}. {claims}.{signature}",
        "a tab within": f"{head}.\t{claims}.{signature}",
        "stray characters in the payload": f"{head}.{claims[:4]}!{claims[4:]}.{signature}",
        "stray characters in the signature": f"{head}.{claims}.{signature[:4]}!{signature[4:]}",
        "plain base64": f"{head}.{claims}.+/{signature[2:]}",
        "not ASCII": f"{head}.{claims}.é{signature[1:]}",
    }.items()


def junk(_loot: Loot) -> Forgeries:
    """Send no token at all, some of it large."""
    deep, digits, no_text = b'{"a":' * 1500, b"9" * 5000, b"\xff\xfe"
    yield from {
        "a word": "x",
        "two dots": "..",
        "three letters": "a.b.c",
        "many dots": "." * _BIG,
        "many dots and letters": "a." * (_BIG // 2),
        "large parts": f"{'A' * (_BIG // 3)}.{'A' * (_BIG // 3)}.{'A' * (_BIG // 3)}",
        "a large header": f"{encode(HEADER | {'x': 'x' * 8000})}.{encode({})}.AAAA",
        "a deep header": f"{encode(b'[' * 5000)}.{encode({})}.AAAA",
        "a deep claim": f"{encode(HEADER)}.{encode(deep)}.AAAA",
        "JSON null": f"{encode(None)}.{encode(None)}.AAAA",
        "JSON numbers": f"{encode(1)}.{encode(2)}.{encode(3)}",
        "a bomb of digits": f"{encode(digits)}.{encode(digits)}.AAAA",
        "no UTF-8": f"{encode(no_text)}.{encode(no_text)}.AAAA",
        "a refresh token's beginning": "def50200" + "0" * 400,
        "SQL": "' OR '1'='1",
        "a format": "%s%s%s%n",
        "a template": "{{7*7}}",
    }.items()


def _other_spare_bits(token: str) -> str:
    """Spell the signature's last character otherwise: the same bytes, were the spare bits ignored."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]

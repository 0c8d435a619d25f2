"""Tokens that ask to be verified in another way than the server signs."""

import hmac
from collections.abc import Iterator
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.wire.forged.forge import HEADER, Forgeries, Loot, Sign, encode, token_of, unsigned

_NONES = ("none", "None", "NONE", "nOnE", "none ", " none", "none\u0000", "nоne")  # noqa: RUF001  # the last with a Cyrillic o
_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_NO_NAMES = (None, "", "RS", "rs256", "RS256 ", "RS256\n", ["RS256"], ["none", "RS256"], {"RS256": True}, True, 256)


def without_signature(loot: Loot) -> Forgeries:
    """Say that there is no signature, or give an empty one."""
    signature = loot.token.rpartition(".")[2]
    for name in _NONES:
        header = HEADER | {"alg": name}
        yield f"alg {name!r}", token_of(header, loot.claims, unsigned)
        yield f"alg {name!r}, the good signature", f"{encode(header)}.{encode(loot.claims)}.{signature}"
    yield "RS256, an empty signature", token_of(HEADER, loot.claims, unsigned)
    yield "RS256, a zero signature", token_of(HEADER, loot.claims, lambda _text: bytes(256))
    yield "RS256, a signature of ones", token_of(HEADER, loot.claims, lambda _text: b"\xff" * 256)
    yield "RS256, the signature 1", token_of(HEADER, loot.claims, lambda _text: bytes(255) + b"\x01")


def hmac_by_public_key(loot: Loot) -> Forgeries:
    """Take the public key, in each of its encodings, for the secret of an HMAC (CVE-2015-9235)."""
    for encoding, secret in _encodings(loot):
        for name, digest in _HASHES.items():
            header = HEADER | {"alg": name}
            sign: Sign = partial(hmac.digest, secret, digest=digest)
            yield f"{name} by {encoding}", token_of(header, loot.claims, sign)


def other_algorithms(loot: Loot) -> Forgeries:
    """Sign with an algorithm that the server does not, or name none that there is."""
    own = ec.generate_private_key(ec.SECP256R1())
    pss = padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size)
    signs: dict[str, Sign] = {
        "RS384": lambda text: loot.key.sign(text, padding.PKCS1v15(), SHA384()),
        "RS512": lambda text: loot.key.sign(text, padding.PKCS1v15(), SHA512()),
        "PS256": lambda text: loot.key.sign(text, pss, SHA256()),
        "ES256": lambda text: _raw(own.sign(text, ec.ECDSA(SHA256()))),
        "ES256K": lambda text: _raw(own.sign(text, ec.ECDSA(SHA256()))),
        "EdDSA": lambda _text: bytes(64),
        "HS256": lambda text: hmac.digest(b"", text, "sha256"),
    }
    for name, sign in signs.items():
        yield f"{name} by another key", token_of(HEADER | {"alg": name}, loot.claims, sign)
    yield "ES256, a zero signature", token_of(HEADER | {"alg": "ES256"}, loot.claims, lambda _text: bytes(64))
    signature = loot.token.rpartition(".")[2]
    for alg in (*signs, *_NO_NAMES):
        header = {"typ": "JWT", "alg": alg}
        yield f"alg {alg!r}, the good signature", f"{encode(header)}.{encode(loot.claims)}.{signature}"
    yield "no alg", token_of({"typ": "JWT"}, loot.claims, unsigned)
    for twice in (b'{"alg":"RS256","alg":"none"}', b'{"alg":"none","alg":"RS256"}'):
        yield f"alg twice: {twice!r}", token_of(twice, loot.claims, unsigned)


def _encodings(loot: Loot) -> Iterator[tuple[str, bytes]]:
    key, spki, pkcs1 = loot.public_key, PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1
    pem = key.public_bytes(Encoding.PEM, spki)
    modulus = key.public_numbers().n.to_bytes(key.key_size // 8)
    yield "PEM", pem
    yield "PEM without its last newline", pem.rstrip()
    yield "PEM with Windows newlines", pem.replace(b"\n", b"\r\n")
    yield "PEM without its armour", b"".join(pem.splitlines()[1:-1])
    yield "PEM of PKCS#1", key.public_bytes(Encoding.PEM, pkcs1)
    yield "DER", key.public_bytes(Encoding.DER, spki)
    yield "DER of PKCS#1", key.public_bytes(Encoding.DER, pkcs1)
    yield "SSH", key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    yield "the modulus", modulus
    yield "the modulus of the JWK", encode(modulus).encode()
    yield "nothing", b""


def _raw(signature: bytes) -> bytes:
    return b"".join(number.to_bytes(32) for number in utils.decode_dss_signature(signature))

"""The forger's tools: a good token, the server's public key, and keys of the forger's own."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.wire.exchange import decode_part

Forgeries = Iterator[tuple[str, str]]
"""What was forged, and the token."""

Sign = Callable[[bytes], bytes]

HEADER: dict[str, object] = {"typ": "JWT", "alg": "RS256"}


def encode(part: object) -> str:
    """Encode a part of a JWT: bytes as they are, anything else as JSON."""
    raw = part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def token_of(header: object, claims: object, sign: Sign) -> str:
    """Put a token together."""
    signed = f"{encode(header)}.{encode(claims)}"
    return f"{signed}.{encode(sign(signed.encode()))}"


def unsigned(_text: bytes) -> bytes:
    """Sign with nothing."""
    return b""


def signer(key: rsa.RSAPrivateKey) -> Sign:
    """Return a function that signs by RS256."""
    return lambda text: key.sign(text, padding.PKCS1v15(), SHA256())


@dataclass(frozen=True)
class Loot:
    """What a forger has.

    Args:
        token: a good access token of one session.
        other: one of another session, of another client and user.
        public_key: the server's, as anybody may read it.
        kid: the name under which the server publishes it.
    """

    token: str
    other: str
    public_key: rsa.RSAPublicKey
    kid: str

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        """Return a key of the forger's own."""
        return rsa.generate_private_key(65537, 2048)

    @property
    def claims(self) -> dict[str, object]:
        """Return the good token's claims."""
        return decode_part(self.token.split(".")[1])

    def forged(self, header: object, claims: object = None) -> str:
        """Return a token signed with the forger's key, by default with the good token's claims."""
        return token_of(header, self.claims if claims is None else claims, signer(self.key))

"""The two kinds of secret that defuse/php-encryption takes: a password, or a key as ASCII-safe text."""

import hmac
import re
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac, sha256

_HEADER = bytes.fromhex("def00000")
_KEY_BYTES = 32
_ASCII_SAFE_KEY = re.compile(rb"[0-9a-fA-F]{136}")
_LOOKS_LIKE_KEY = re.compile(rb"\s*(?i:def00000).*|[0-9a-fA-F]{136}", re.DOTALL)
_PBKDF2_ROUNDS = 100_000


class DefuseError(ValueError):
    """The ciphertext is malformed, was changed or made with another secret; or the secret is damaged."""


@dataclass(frozen=True, slots=True)
class Password:
    """A text of any length; every salt costs 100,000 rounds of PBKDF2."""

    secret: bytes = field(repr=False)

    def input_key(self, salt: bytes) -> bytes:
        """Return the 32 bytes from which the keys for `salt` are derived."""
        return pbkdf2_hmac("sha256", sha256(self.secret).digest(), salt, _PBKDF2_ROUNDS)


@dataclass(frozen=True, slots=True)
class RawKey:
    """Random bytes, used as they are."""

    secret: bytes = field(repr=False)

    def input_key(self, salt: bytes) -> bytes:  # noqa: ARG002 - same shape as Password
        """Return the 32 bytes from which the keys for any salt are derived."""
        return self.secret


def read_secret(text: str | bytes) -> Password | RawKey:
    """Tell an ASCII-safe key from a password.

    Raises:
        DefuseError: The text looks like an ASCII-safe key but is damaged.
    """
    raw = text.encode() if isinstance(text, str) else text
    trimmed = raw.rstrip(b"\0\t\n\r ")  # what Encoding::trimTrailingWhitespace() removes
    if _LOOKS_LIKE_KEY.fullmatch(trimmed):
        return RawKey(_load_key(trimmed))
    return Password(raw)


def _load_key(text: bytes) -> bytes:
    if not _ASCII_SAFE_KEY.fullmatch(text):
        raise DefuseError("an ASCII-safe defuse key has 136 hexadecimal digits")
    raw = bytes.fromhex(text.decode())
    checked, checksum = raw[: len(_HEADER) + _KEY_BYTES], raw[len(_HEADER) + _KEY_BYTES :]
    if not (checked.startswith(_HEADER) and hmac.compare_digest(sha256(checked).digest(), checksum)):
        raise DefuseError("the ASCII-safe defuse key is damaged: its header or checksum does not fit")
    return checked[len(_HEADER) :]

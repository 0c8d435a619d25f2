"""The container of defuse/php-encryption v2, in which league/oauth2-server wraps refresh tokens.

Hex of: header (4 bytes), salt (32), IV (16), AES-256-CTR ciphertext, HMAC-SHA256 of all before it (32).
"""

import hmac
import os
import re
from functools import cached_property
from struct import Struct
from typing import NamedTuple, Self

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crm_oauth.compat.defuse_secret import DefuseError, Password, RawKey, read_secret
from crm_oauth.recent import Recent

__all__ = ["DefuseError", "EncryptionKey"]

_HEADER = bytes.fromhex("def50200")
_PREFIX = Struct("4s 32s 16s")  # header, salt, IV
_MAC_BYTES = 32
_MIN_BYTES = _PREFIX.size + _MAC_BYTES
_MAX_BYTES = 8192  # ten times what league makes; longer junk never reaches the key derivation
_HEX = re.compile("[0-9a-fA-F]*")
_OWN_SALT_LABEL = b"crm-oauth: salt of the refresh tokens we write"
_REMEMBERED_SALTS = 1024


class _DerivedKeys(NamedTuple):
    encryption: bytes
    authentication: bytes


class EncryptionKey:
    """A secret that encrypts and decrypts as the PHP library does; safe to share between threads.

    A password costs 100,000 rounds of PBKDF2 for each salt. What this class writes therefore carries one
    salt per secret, the same in every process and on every node, and the keys of salts that a MAC has
    proven are remembered. The IV is random each time, so no key stream is used twice.
    """

    def __init__(self, secret: Password | RawKey) -> None:
        self._secret = secret
        # Of salts that a MAC has proven only, so that junk cannot push good ones out.
        self._remembered = Recent[bytes, _DerivedKeys](_REMEMBERED_SALTS)

    def __repr__(self) -> str:
        return f"EncryptionKey({self._secret})"

    @classmethod
    def from_text(cls, text: str | bytes) -> Self:
        """Read a setting: an ASCII-safe key ("def00000...", 136 hex digits), or else a password as it stands.

        SuiteCRM takes the text of `oauth2_encryption_key` as a password, without decoding its base64.
        White space after an ASCII-safe key is ignored; in a password it counts.

        Raises:
            DefuseError: The text looks like an ASCII-safe key but is damaged.
        """
        return cls(read_secret(text))

    def encrypt(self, plaintext: bytes) -> str:
        """Return the container as lower-case hex.

        Raises:
            DefuseError: The plaintext is so long that `decrypt` would refuse its container.
        """
        if len(plaintext) > _MAX_BYTES - _MIN_BYTES:
            raise DefuseError("the plaintext is too long")
        keys = self._keys_for(self._own_salt)
        self._remembered.put(self._own_salt, keys)
        iv = os.urandom(16)
        body = _PREFIX.pack(_HEADER, self._own_salt, iv) + _aes_ctr(keys, iv, plaintext)
        return (body + _mac(keys, body)).hex()

    def decrypt(self, ciphertext: str) -> bytes:
        """Return the plaintext of a container.

        As in PHP, upper-case hex passes and an odd last digit is ignored.

        Raises:
            DefuseError: Not a container, too long, changed, or made with another secret.
        """
        container = _parse(ciphertext)
        body, mac = container[:-_MAC_BYTES], container[-_MAC_BYTES:]
        _, salt, iv = _PREFIX.unpack_from(body)
        keys = self._keys_for(salt)
        if not hmac.compare_digest(_mac(keys, body), mac):
            raise DefuseError("the ciphertext was changed or made with another secret")
        self._remembered.put(salt, keys)
        return _aes_ctr(keys, iv, body[_PREFIX.size :])

    def remembers(self, ciphertext: str) -> bool:
        """Tell whether this secret has opened, or made, another container with the same salt."""
        try:
            _, salt, _ = _PREFIX.unpack_from(_parse(ciphertext))
        except DefuseError:
            return False
        return self._remembered.get(salt) is not None

    @cached_property
    def _own_salt(self) -> bytes:
        # A salt is public: were this one a mere hash of the password, guesses could be tested without PBKDF2.
        return hmac.digest(self._secret.input_key(_OWN_SALT_LABEL), _OWN_SALT_LABEL, "sha256")

    def _keys_for(self, salt: bytes) -> _DerivedKeys:
        if known := self._remembered.get(salt):
            return known
        input_key = self._secret.input_key(salt)
        return _DerivedKeys(
            encryption=_hkdf(input_key, salt, b"DefusePHP|V2|KeyForEncryption"),
            authentication=_hkdf(input_key, salt, b"DefusePHP|V2|KeyForAuthentication"),
        )


def _parse(ciphertext: str) -> bytes:
    """Refuse cheaply, before any key derivation, what cannot be a container."""
    if len(ciphertext) > 2 * _MAX_BYTES + 1:
        raise DefuseError("the ciphertext is too long")
    if not _HEX.fullmatch(ciphertext):
        raise DefuseError("the ciphertext is not hexadecimal")
    container = bytes.fromhex(ciphertext[: len(ciphertext) // 2 * 2])
    if len(container) < _MIN_BYTES:
        raise DefuseError("the ciphertext is too short")
    if not container.startswith(_HEADER):
        raise DefuseError("the ciphertext has another header")
    return container


def _hkdf(input_key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(input_key)


def _mac(keys: _DerivedKeys, body: bytes) -> bytes:
    return hmac.digest(keys.authentication, body, "sha256")


def _aes_ctr(keys: _DerivedKeys, iv: bytes, text: bytes) -> bytes:
    cipher = Cipher(AES(keys.encryption), CTR(iv)).encryptor()  # CTR decrypts by encrypting again
    return cipher.update(text) + cipher.finalize()

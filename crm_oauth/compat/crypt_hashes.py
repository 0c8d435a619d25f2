"""Hashes in the forms of crypt(3), as PHP's `crypt()` and `password_verify()` take them."""

import re
from ctypes import CDLL, c_char_p, create_string_buffer
from hmac import compare_digest

import bcrypt
from passlib.hash import (  # type: ignore[import-untyped]  # libpass ships no types
    bsdi_crypt,
    des_crypt,
    md5_crypt,
    sha256_crypt,
    sha512_crypt,
)

from crm_oauth.cores import any_core

_BCRYPT_MAX_BYTES = 72
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./0-9A-Za-z]{21}[.Oeu][./0-9A-Za-z]{31}")
_EXTENDED_DES = re.compile(r"_[./0-9A-Za-z]{19}")
_OTHERS = (
    (re.compile(r"\$1\$[./0-9A-Za-z]{0,8}\$[./0-9A-Za-z]{22}"), md5_crypt),
    (re.compile(r"\$5\$(rounds=[0-9]{4,9}\$)?[./0-9A-Za-z]{0,16}\$[./0-9A-Za-z]{43}"), sha256_crypt),
    (re.compile(r"\$6\$(rounds=[0-9]{4,9}\$)?[./0-9A-Za-z]{0,16}\$[./0-9A-Za-z]{86}"), sha512_crypt),
    (re.compile(r"[./0-9A-Za-z]{13}"), des_crypt),
)
# glibc systems carry libxcrypt under one of two names; musl has crypt_r in the C library itself.
_LIBCRYPT_NAMES = ("libcrypt.so.1", "libcrypt.so.2", None)
_CRYPT_DATA_BYTES = 1 << 18  # twice the largest `struct crypt_data` there is


def hash_bcrypt(secret: bytes, rounds: int) -> str:
    """Return a `$2y$` hash, the prefix that PHP writes.

    Args:
        secret: At most 72 bytes, none of them NUL.
        rounds: Binary logarithm of the number of rounds, 4 to 31.

    Raises:
        ValueError: The secret is one that bcrypt would cut short.
    """
    if len(secret) > _BCRYPT_MAX_BYTES or b"\0" in secret:
        raise ValueError("bcrypt takes at most 72 bytes, none of them NUL")
    return bcrypt.hashpw(secret, bcrypt.gensalt(rounds)).decode().replace("$2b$", "$2y$", 1)


def bcrypt_rounds(stored: str) -> int | None:
    """Return the binary logarithm of the rounds of a bcrypt hash, None for any other text."""
    match = _BCRYPT.fullmatch(stored)
    return int(match[1]) if match else None


@any_core()
def verify_crypt(secret: bytes, stored: str) -> bool:
    """Tell whether `stored` is the hash of `secret`, in any form of crypt(3): bcrypt, MD5, SHA-2 or DES.

    Never raises: a stored text that is no such hash verifies nothing.
    """
    if b"\0" in secret:  # C would stop reading there
        return False
    try:
        if bcrypt_rounds(stored) is not None:
            return bcrypt.checkpw(secret[:_BCRYPT_MAX_BYTES], stored.encode())  # PHP ignores the rest
        if _EXTENDED_DES.fullmatch(stored):
            return _verify_extended_des(secret, stored)
        return any(scheme.verify(secret, stored) for form, scheme in _OTHERS if form.fullmatch(stored))
    except ValueError:
        return False


def _verify_extended_des(secret: bytes, stored: str) -> bool:
    """Prefer the C library: the million rounds that PHP asks for take 0.1 s there and 10 s in Python."""
    for name in _LIBCRYPT_NAMES:
        try:
            crypt_r = CDLL(name).crypt_r
        except (OSError, AttributeError):
            continue
        crypt_r.restype = c_char_p
        computed: bytes | None = crypt_r(secret, stored.encode(), create_string_buffer(_CRYPT_DATA_BYTES))
        if computed and computed.startswith(b"_"):
            return compare_digest(computed, stored.encode())
    return bool(bsdi_crypt.verify(secret, stored))

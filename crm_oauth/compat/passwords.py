"""User passwords as SuiteCRM stores them in `users.user_hash`."""

import re
from hashlib import md5
from hmac import compare_digest

from crm_oauth.compat.crypt_hashes import hash_bcrypt, verify_crypt
from crm_oauth.compat.equal_work import fill_up
from crm_oauth.compat.panel_escape import submitted_forms

_BARE_MD5 = re.compile("[0-9a-f]{32}")


def hash_user_password(plain: str, *, rounds: int = 10) -> str:
    """Return a hash that SuiteCRM verifies: `password_hash(md5($plain))`, 60 characters, `$2y$`.

    Args:
        plain: The password as it will be sent.
        rounds: Binary logarithm of bcrypt's rounds.
    """
    return hash_bcrypt(_md5_hex(plain), rounds)


def verify_user_password(plain: str, stored: str | None, *, rounds: int = 10) -> bool:
    """Tell whether a password fits a `user_hash` of any age: bare MD5, any crypt(3) form, bcrypt.

    SuiteCRM's panel hashed some characters in escaped form; the password as typed is accepted all the same.

    Args:
        plain: The password as sent.
        stored: The column, or None for an unknown user; a check that fails takes as long for either.
        rounds: Binary logarithm of bcrypt's rounds of the dearest hashes in use.
    """
    forms = submitted_forms(plain)
    if stored and any(_matches(_md5_hex(form), stored) for form in forms):
        return True
    for _ in forms:
        fill_up(stored, rounds)
    return False


def _matches(digest: bytes, stored: str) -> bool:
    if _BARE_MD5.fullmatch(stored):
        return compare_digest(digest, stored.encode())
    return verify_crypt(digest, stored)


def _md5_hex(plain: str) -> bytes:
    # Not the protection itself: SuiteCRM takes MD5 first and then hashes its hex digits.
    return md5(plain.encode(), usedforsecurity=False).hexdigest().encode()

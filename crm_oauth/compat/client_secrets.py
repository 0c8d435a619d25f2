"""Client secrets as SuiteCRM stores them in `oauth2clients.secret`."""

import hmac
import re
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from crm_oauth.compat.crypt_hashes import hash_bcrypt, verify_crypt
from crm_oauth.compat.equal_work import fill_up
from crm_oauth.compat.expiring_set import ExpiringSet
from crm_oauth.compat.panel_escape import submitted_forms

_SHA256_HEX = re.compile("[0-9a-f]{64}")  # SuiteCRM compares lower-case digits exactly


def generate_client_secret() -> str:
    """Return a new secret of 256 random bits: 43 characters that need no escaping anywhere."""
    return secrets.token_urlsafe(32)


def hash_client_secret(secret: str, method: Literal["sha256", "bcrypt"], *, rounds: int = 10) -> str:
    """Return what to store for a secret.

    Args:
        secret: The secret as the client will send it.
        method: "sha256" for generated secrets and wherever a SuiteCRM with the `Api/` directory reads
            the table; "bcrypt" for secrets that a person chose.
        rounds: Binary logarithm of bcrypt's rounds.

    Raises:
        ValueError: The secret is empty or, for bcrypt, longer than 72 bytes.
    """
    if not secret:
        raise ValueError("a client secret must not be empty")
    if method == "bcrypt":
        return hash_bcrypt(secret.encode(), rounds)
    return sha256(secret.encode()).hexdigest()


class ClientSecretVerifier:
    """Verifies client secrets, slow hashes only once in a while; safe to share between threads.

    Args:
        rounds: Binary logarithm of bcrypt's rounds of the dearest hashes in use; what a failing check costs.
        remember_seconds: How long a verified secret of a slow hash is verified without hashing it again.
        remember_entries: How many of them are remembered at most.
    """

    def __init__(self, rounds: int = 10, remember_seconds: float = 300, remember_entries: int = 1024) -> None:
        self._rounds = rounds
        self._remembered = ExpiringSet[tuple[str, bytes]](remember_seconds, remember_entries)
        self._process_key = secrets.token_bytes(32)

    def verify(self, secret: str | None, stored: str | None) -> bool:
        """Tell whether a secret fits the column: SHA-256 hex, or any form of crypt(3).

        Args:
            secret: As sent; None and "" never verify.
            stored: The column, or None for an unknown client; a check that fails takes as long for either.
        """
        forms = submitted_forms(secret or "")
        checked = stored if secret else None
        if checked and self._matches([form.encode() for form in forms], checked):
            return True
        for _ in forms:
            fill_up(checked, self._rounds)
        return False

    def _matches(self, forms: Sequence[bytes], stored: str) -> bool:
        if _SHA256_HEX.fullmatch(stored):
            return any(hmac.compare_digest(sha256(form).hexdigest(), stored) for form in forms)
        # With the stored hash in the entry, a changed secret is noticed at once.
        entry = (stored, hmac.digest(self._process_key, forms[0], "sha256"))
        if entry in self._remembered:
            return True
        if not any(verify_crypt(form, stored) for form in forms):
            return False
        self._remembered.add(entry)
        return True

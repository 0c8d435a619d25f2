"""Client secrets as SuiteCRM stores them in `oauth2clients.secret`."""

import hmac
import re
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from crm_oauth.compat.crypt_hashes import hash_bcrypt, verify_crypt
from crm_oauth.compat.equal_work import fill_up
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


def verify_client_secret(secret: str | None, stored: str | None, *, rounds: int = 10) -> bool:
    """Tell whether a secret fits the column: SHA-256 hex, or any form of crypt(3).

    Args:
        secret: As sent; None and "" never verify.
        stored: The column, or None for an unknown client; a check that fails takes as long for either.
        rounds: Binary logarithm of bcrypt's rounds of the dearest hashes in use; what a failing check costs.
    """
    forms = submitted_forms(secret or "")
    checked = stored if secret else None
    if checked and _matches([form.encode() for form in forms], checked):
        return True
    for _ in forms:
        fill_up(checked, rounds)
    return False


def _matches(forms: Sequence[bytes], stored: str) -> bool:
    if _SHA256_HEX.fullmatch(stored):
        return any(hmac.compare_digest(sha256(form).hexdigest(), stored) for form in forms)
    return any(verify_crypt(form, stored) for form in forms)

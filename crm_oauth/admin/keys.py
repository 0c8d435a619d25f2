"""The key that signs the panel's cookies and seals what it keeps for the next page."""

import base64
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX, SESSION_KEY_FILE, Settings

_SHORTEST = 32  # characters; what `crm-oauth init` makes has 43


def load_session_key(settings: Settings) -> str:
    """Read the key from the settings or its file.

    Raises:
        StartupError: there is none, or it can be guessed.
    """
    if settings.session_key:
        key = settings.session_key.get_secret_value()
    else:
        try:
            key = SESSION_KEY_FILE.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            fault = f"{PREFIX}SESSION_KEY is not set and {SESSION_KEY_FILE} cannot be read; `crm-oauth init` makes one."
            raise StartupError([fault]) from None
    if len(key) < _SHORTEST:
        raise StartupError([f"{PREFIX}SESSION_KEY: at least {_SHORTEST} characters, from a random source."])
    return key


class Seal:
    """Seals values so that only this panel can read them, and marks passwords.

    Args:
        key: the session key.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derived("held")))

    def close(self, value: dict[str, Any]) -> str:
        """Seal a value that JSON can hold."""
        return self._fernet.encrypt(json.dumps(value).encode()).decode()

    def open(self, text: str | None) -> dict[str, Any]:
        """Open what was sealed; nothing that another key sealed, or that is older than an hour."""
        if not text:
            return {}
        try:
            value: dict[str, Any] = json.loads(self._fernet.decrypt(text, ttl=3600))
        except InvalidToken:
            return {}
        return value

    def mark(self, password_hash: str | None) -> str:
        """Return what tells two passwords apart, and nothing else about them.

        Args:
            password_hash: the user's column; None where a directory checks passwords.
        """
        return hmac.digest(self._derived("password"), (password_hash or "").encode(), "sha256").hex()

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self._key, f"crm-oauth panel {purpose}".encode(), "sha256")

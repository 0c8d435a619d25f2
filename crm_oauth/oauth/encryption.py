"""The keys that encrypt refresh tokens."""

from crm_oauth.compat.defuse import DefuseError, EncryptionKey
from crm_oauth.compat.refresh_codec import RefreshClaims, RefreshCodec, RefreshTokenError
from crm_oauth.faults import StartupError
from crm_oauth.oauth.watched import Watched
from crm_oauth.settings import ENCRYPTION_KEY_FILE, PREFIX, Settings

KNOWN_TO_ALL = "SCRM-DEFK"
"""What SuiteCRM falls back to when its configuration has no key: as good as none."""


class RefreshTokenKeys:
    """Encrypts and decrypts refresh tokens with the keys that settings and files hold now.

    Args:
        settings: see `load_refresh_codec`.

    Raises:
        StartupError: as `load_refresh_codec`.
    """

    def __init__(self, settings: Settings) -> None:
        self._codec = Watched(lambda: load_refresh_codec(settings), (ENCRYPTION_KEY_FILE,))

    def encode(self, claims: RefreshClaims) -> str:
        """Return the refresh token of these claims."""
        return self._codec.value.encode(claims)

    def decode(self, text: str) -> RefreshClaims:
        """Return the claims of a refresh token.

        Raises:
            RefreshTokenError: no key opens it.
        """
        codec = self._codec.value
        try:
            return codec.decode(text)
        except RefreshTokenError:
            # A key that another process made a moment ago is in the file already.
            newer = self._codec.newer_than(codec)
            if newer is None:
                raise
            return newer.decode(text)


def load_refresh_codec(settings: Settings) -> RefreshCodec:
    """Read the encryption keys: the current one encrypts, all of them decrypt.

    Args:
        settings: name the keys; without one, `var/keys/encryption.key` is read: a key a line, the current one first.

    Raises:
        StartupError: when a key is missing, empty, damaged, or the one that everybody knows.
    """
    texts = [settings.encryption_key.get_secret_value()] if settings.encryption_key else _read_file()
    older = (secret.get_secret_value() for secret in settings.encryption_key_previous)
    faults: list[str] = []
    keys = [key for text in (*texts, *older) if (key := _parse(text, faults))]
    if faults:
        raise StartupError(faults)
    return RefreshCodec(keys[0], keys[1:])


def _read_file() -> list[str]:
    try:
        lines = ENCRYPTION_KEY_FILE.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        fault = f"{PREFIX}ENCRYPTION_KEY is not set and there is no {ENCRYPTION_KEY_FILE}; `crm-oauth init` makes one."
        raise StartupError([fault]) from None
    except (OSError, UnicodeDecodeError):
        fault = f"{PREFIX}ENCRYPTION_KEY is not set and {ENCRYPTION_KEY_FILE} cannot be read as text."
        raise StartupError([fault]) from None
    return [line.strip() for line in lines] or [""]


def _parse(text: str, faults: list[str]) -> EncryptionKey | None:
    if not text:
        faults.append(
            f"{PREFIX}ENCRYPTION_KEY is empty; take SuiteCRM's oauth2_encryption_key, or let `crm-oauth init` make one."
        )
    elif text == KNOWN_TO_ALL:
        faults.append(
            f"{PREFIX}ENCRYPTION_KEY is SuiteCRM's built-in default, which everybody knows; use a key of your own."
        )
    else:
        try:
            return EncryptionKey.from_text(text)
        except DefuseError as error:
            faults.append(f"{PREFIX}ENCRYPTION_KEY, or a previous one, is damaged: {error}.")
    return None

"""The RSA keys: one signs access tokens, it and those before it verify them."""

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64encode, urlsafe_b64decode, urlsafe_b64encode
from structlog import get_logger

from crm_oauth.faults import StartupError
from crm_oauth.key_rotation import previous_keys_folder
from crm_oauth.oauth.pem import MIN_BITS, KeyFile, read_key, read_previous_keys
from crm_oauth.oauth.watched import Watched
from crm_oauth.settings import PREFIX

_ALGORITHM = "RS256"

# Without joserfc's way through a whole JWS, which would read the header and the claims once more for each check.
_RS256 = JWSRegistry(algorithms=[_ALGORITHM]).get_alg(_ALGORITHM)

_log = get_logger(__name__)


class BadSignatureError(Exception):
    """None of the keys made this signature."""


@dataclass(frozen=True)
class SigningKeys:
    """The keys as the files hold them at one moment.

    Args:
        signing: signs.
        previous: signed before.
        warnings: one sentence for each file that an operator should look after; the keys can be used without it.
    """

    signing: KeyFile
    previous: tuple[KeyFile, ...]
    warnings: tuple[str, ...]

    @property
    def private(self) -> RSAKey:
        """Return the key that signs."""
        return self.signing.key

    @cached_property
    def verifying(self) -> dict[str, RSAKey]:
        """Return every key that verifies, by kid, the one that signs first."""
        return {file.kid: file.key for file in (self.signing, *self.previous)}

    @classmethod
    def load(cls, private_path: Path, public_path: Path) -> Self:
        """Read PEM files; those of a SuiteCRM will do.

        Halves that do not match are a fault, unless one of them is a previous key's: then a rotation is between the
        two files, or was interrupted there.

        Args:
            private_path: PKCS#1 or PKCS#8, at least 2048 bits, without a pass phrase; beside it, `previous/*.pem`.
            public_path: its public half; PHP reads it, we only check it.

        Raises:
            StartupError: for a file that is missing, unreadable, too weak, or not the other's half.
        """
        faults: list[str] = []
        warnings: list[str] = []
        signing = read_key(private_path, f"{PREFIX}PRIVATE_KEY", faults)
        public = read_key(public_path, f"{PREFIX}PUBLIC_KEY", faults)
        # After the pair: a rotation writes the previous key first.
        previous = tuple(read_previous_keys(previous_keys_folder(private_path), warnings))
        if signing and signing.key.private_key is None:
            faults.append(f"{PREFIX}PRIVATE_KEY: {private_path} holds no private key.")
        elif signing and signing.is_weak:
            faults.append(
                f"{PREFIX}PRIVATE_KEY: {private_path} has fewer than {MIN_BITS} bits; make one of 2048 or more."
            )
        elif signing and public and signing.kid != public.kid:
            fault = f"{PREFIX}PUBLIC_KEY: {public_path} is not the public half of {private_path}"
            if {signing.kid, public.kid}.isdisjoint(file.kid for file in previous):
                faults.append(f"{fault}.")
            else:
                warnings.append(f"{fault}; unless it is being rotated now, mend it with: crm-oauth keys rotate")
        if faults or signing is None:
            raise StartupError(faults)
        return cls(signing, previous, tuple(warnings))


class KeyRing:
    """Signs and verifies with the keys that the files hold now.

    Args:
        private_path: see `SigningKeys.load`.
        public_path: see `SigningKeys.load`.

    Raises:
        StartupError: as `SigningKeys.load`.
    """

    def __init__(self, private_path: Path, public_path: Path) -> None:
        self._keys = Watched(
            lambda: _load_and_warn(private_path, public_path),
            (private_path, public_path, previous_keys_folder(private_path)),
        )

    def sign(self, header: dict[str, Any], payload: bytes) -> str:
        """Return a compact JWS (RFC 7515 section 7.1), RS256.

        Args:
            header: the protected header, in the order that it shall have.
            payload: the claims' JSON.
        """
        signed = b".".join((json_b64encode(header), urlsafe_b64encode(payload)))
        signature = _RS256.sign(signed, self._keys.value.private)
        return b".".join((signed, urlsafe_b64encode(signature))).decode()

    def verify(self, token: str, header: Mapping[str, object]) -> None:
        """Make sure that one of the keys signed a compact JWS.

        Args:
            token: its text.
            header: of the token; its kid picks a key, and without one each is tried, as league's tokens have none.

        Raises:
            BadSignatureError: for any other signature, algorithm or header.
        """
        keys = self._keys.value
        if _is_signed(token, header, keys):
            return
        # A key that another process made a moment ago is in the files already.
        newer = self._keys.newer_than(keys)
        if newer is None or not _is_signed(token, header, newer):
            raise BadSignatureError

    def public_keys(self) -> list[dict[str, Any]]:
        """Return the public half of every key that verifies, as JWKs (RFC 7517)."""
        return [
            {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": _ALGORITHM}
            for kid, key in self._keys.value.verifying.items()
        ]


def permission_warning(path: Path) -> str | None:
    """Say what is wrong with a key file's permissions; None when only its owner and group get at it.

    Args:
        path: an existing file. 400, 440, 600, 640 and 660 pass, as in league.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o117:
        return f"{path} has mode {mode:03o}; others may reach it. Set it with: chmod 600 {path}"
    return None


def _load_and_warn(private_path: Path, public_path: Path) -> SigningKeys:
    keys = SigningKeys.load(private_path, public_path)
    for warning in keys.warnings:
        _log.warning("key files need looking after", warning=warning)
    return keys


def _is_signed(token: str, header: Mapping[str, object], keys: SigningKeys) -> bool:
    # What is critical must be understood (RFC 7515 section 4.1.11), and nothing is.
    if header.get("alg") != _ALGORITHM or "crit" in header:
        return False
    signed, _, signature = token.rpartition(".")
    try:
        made = urlsafe_b64decode(signature.encode())
    except ValueError:
        return False
    return any(_RS256.verify(signed.encode(), made, key) for key in _candidates(keys, header.get("kid")))


def _candidates(keys: SigningKeys, kid: object) -> Iterable[RSAKey]:
    if kid is None:
        return keys.verifying.values()
    return [keys.verifying[kid]] if isinstance(kid, str) and kid in keys.verifying else []

"""RSA keys in PEM files."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

MIN_BITS = 2048


@dataclass(frozen=True)
class KeyFile:
    """A key and the file that holds it.

    Args:
        path: the file.
        key: what it holds, with or without its private half.
    """

    path: Path
    key: RSAKey

    @cached_property
    def kid(self) -> str:
        """Return the key's thumbprint (RFC 7638)."""
        return self.key.thumbprint()

    @property
    def bits(self) -> int:
        """Return the size of the key."""
        return self.key.raw_value.key_size

    @property
    def is_weak(self) -> bool:
        """Return whether it has too few bits to be used."""
        return self.bits < MIN_BITS


def read_key(path: Path, name: str, faults: list[str]) -> KeyFile | None:
    """Read a key, weak or not.

    Args:
        path: PKCS#1, PKCS#8 or a public key, without a pass phrase.
        name: what the operator knows it by.
        faults: where a sentence is added when it cannot be read.
    """
    try:
        return KeyFile(path, RSAKey.import_key(path.read_bytes()))
    except FileNotFoundError:
        faults.append(f"{name}: there is no {path}; `crm-oauth init` makes a missing pair.")
    except OSError as error:
        faults.append(f"{name}: {path} cannot be read: {error.strerror}.")
    except (JoseError, ValueError, TypeError, UnsupportedAlgorithm):
        faults.append(f"{name}: {path} is no RSA key in PEM form without a pass phrase.")
    return None


def read_previous_keys(folder: Path, warnings: list[str]) -> Iterator[KeyFile]:
    """Read the keys that can be read and used: to miss one is better than to sign and verify nothing.

    Args:
        folder: its `*.pem` files are read; it need not be there.
        warnings: where a sentence is added for each file that is not used.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".pem")
    except FileNotFoundError:
        return
    except OSError as error:
        warnings.append(f"Previous keys: {folder} cannot be read: {error.strerror}.")
        return
    for path in paths:
        file = read_key(path, "Previous key, not used", warnings)
        if file and file.is_weak:
            warnings.append(f"Previous key, not used: {path} has fewer than {MIN_BITS} bits.")
        elif file:
            yield file

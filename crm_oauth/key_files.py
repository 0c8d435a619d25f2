"""Makes key files: whole or not at all, and never in the place of one that is there.

Any number of processes may make the same file at once: the first wins and the others use what it made. What root makes
belongs to the owner of the folder that it is in, as whom the server runs.
"""

import base64
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from crm_oauth.faults import StartupError

_OWNER_ONLY = 0o600
_READABLE = 0o644


def make_directory(directory: Path) -> None:
    """Make a directory and whatever is missing above it, for the owner only."""
    if not directory.is_dir():
        make_directory(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)
        give_to_owner(directory, directory.parent)


def give_to_owner(path: Path, of: Path) -> None:
    """Give a file or folder to the owner of another one, where root has made it.

    Args:
        path: a file or folder; of a link, the link itself.
        of: whose owner gets it.
    """
    owner = of.stat()
    with suppress(PermissionError):  # only root can give it away, and only root has to
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def make_encryption_key(path: Path) -> bool:
    """Make an encryption key.

    Returns:
        Whether the file was missing.

    Raises:
        OSError: it cannot be written.
    """
    return _make(path, new_encryption_key(), _OWNER_ONLY)


def take_key(path: Path, content: bytes) -> bool:
    """Put a secret key from elsewhere in place.

    Returns:
        Whether the file was missing; else it holds this very key.

    Raises:
        OSError: the file cannot be read or written.
        StartupError: there is another key already.
    """
    made = _make(path, content, _OWNER_ONLY)
    if faults := tuple(in_the_way(path, content)):
        raise StartupError(faults)
    return made


def in_the_way(path: Path, content: bytes) -> Iterator[str]:
    """Yield a sentence if a file holds another key than it shall.

    Raises:
        OSError: the file cannot be read.
    """
    if path.exists() and path.read_bytes().strip() != content.strip():
        yield f"{path} holds another key already; move it away first."


def make_session_key(path: Path) -> bool:
    """Make a key of 256 random bits that signs sessions.

    Returns:
        Whether the file was missing.

    Raises:
        OSError: it cannot be written.
    """
    return _make(path, secrets.token_urlsafe(32).encode(), _OWNER_ONLY)


def make_key_pair(private_path: Path, public_path: Path) -> tuple[Path, ...]:
    """Make an RSA key pair, or the missing public half of a private key.

    Args:
        private_path: PKCS#8 PEM without a pass phrase, mode 600.
        public_path: its public half, mode 644.

    Returns:
        The files that were missing.

    Raises:
        OSError: a file cannot be read or written.
        StartupError: the private key is missing or unusable, while its public half may be in use.
    """
    # In this order: whoever makes a pair makes the private key first, so a public one seen now has its other half.
    orphan = public_path.exists()
    made = []
    if not private_path.exists():
        if orphan:
            raise StartupError([f"{private_path} is missing; restore it, or remove {public_path} too."])
        if _make(private_path, new_private_key(), _OWNER_ONLY):
            made.append(private_path)
    # From the file, not from what was made above: another process may have been first.
    if not orphan and _make(public_path, public_half(private_path), _READABLE):
        made.append(public_path)
    return tuple(made)


def new_encryption_key() -> bytes:
    """Return a new encryption key as SuiteCRM's installer makes it: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32))


def new_private_key(bits: int = 2048) -> bytes:
    """Return a new RSA key as PKCS#8 PEM without a pass phrase.

    Args:
        bits: its size; 4096 may take a second.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_half(private_path: Path) -> bytes:
    """Return the public half of a private key as PEM.

    Args:
        private_path: PKCS#1 or PKCS#8 PEM without a pass phrase.

    Raises:
        OSError: it cannot be read.
        StartupError: it is no such key.
    """
    try:
        key = load_pem_private_key(private_path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise StartupError([f"{private_path} is no private key in PEM form without a pass phrase."]) from None
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sync_directory(directory: Path) -> None:
    """Wait until the names in a directory are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(path: Path, content: bytes, mode: int) -> bool:
    if path.exists():
        return False
    make_directory(path.parent)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        give_to_owner(Path(file.name), path.parent)
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        try:
            # Unlike a rename, a link never replaces.
            os.link(file.name, path)
        except FileExistsError:
            return False
    sync_directory(path.parent)
    return True

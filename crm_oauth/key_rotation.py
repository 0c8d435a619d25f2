"""Replaces keys while servers use them: each file whole, in an order in which no server ever refuses a token.

One rotation at a time: a lock file in the key folder makes the others wait.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from stat import S_IMODE
from tempfile import TemporaryDirectory

from joserfc.jwk import RSAKey

from crm_oauth.key_files import give_to_owner, new_encryption_key, new_private_key, public_half, sync_directory

_LOCK_NAME = ".lock"


def previous_keys_folder(private_path: Path) -> Path:
    """Return the folder of the public halves that no longer sign: `previous/`, beside the private key."""
    return private_path.parent / "previous"


@contextmanager
def rotation_lock(folder: Path) -> Iterator[None]:
    """Keep every other rotation in a folder waiting.

    Args:
        folder: an existing folder of key files.

    Raises:
        OSError: the lock file cannot be made or opened.
    """
    path = folder / _LOCK_NAME
    if not path.exists():
        path.touch(mode=0o600)
        give_to_owner(path, folder)
    # Opened for writing, without which NFS grants no exclusive lock.
    with path.open("ab") as file:
        flock(file, LOCK_EX)
        yield


def rotate_signing_key(private_path: Path, public_path: Path, *, bits: int) -> str:
    """Make a new key sign; the one that signed goes on verifying.

    Modes and owners of both files stay, and where one is a link, what it points to is replaced.

    Args:
        private_path: PEM of the key that signs, an existing file.
        public_path: its public half, for SuiteCRM's PHP; an existing file.
        bits: size of the new key.

    Returns:
        The new key's kid, its thumbprint (RFC 7638).

    Raises:
        OSError: a file cannot be read or replaced, or its owner not kept.
        StartupError: the private key is none.
    """
    new = new_private_key(bits)
    with rotation_lock(private_path.parent):
        # Whoever reads the new private key must find the old public half, or it would refuse what that one signed.
        _keep_public_half(private_path, like=public_path)
        _replace(private_path.resolve(), new, like=private_path)
        _replace(public_path.resolve(), public_half(private_path), like=public_path)
    return RSAKey.import_key(new).thumbprint()


def rotate_encryption_key(path: Path, *, drop_older: bool) -> int:
    """Make a new key encrypt.

    Args:
        path: a file with a key a line, the one that encrypts first.
        drop_older: whether the others, which still decrypt, go.

    Returns:
        How many older ones there are now.

    Raises:
        OSError: the file cannot be read or replaced, or its owner not kept.
    """
    with rotation_lock(path.parent):
        older = [] if drop_older else path.read_bytes().splitlines()
        _replace(path.resolve(), b"".join(line + b"\n" for line in (new_encryption_key(), *older)), like=path)
    return len(older)


def remove_key(path: Path) -> None:
    """Remove a key file for good; whoever calls holds the lock.

    Raises:
        OSError: it cannot be removed.
    """
    path.unlink()
    sync_directory(path.parent)


def _keep_public_half(private_path: Path, like: Path) -> None:
    folder = previous_keys_folder(private_path)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        give_to_owner(folder, private_path.parent)
        folder.chmod(S_IMODE(private_path.parent.stat().st_mode))
        sync_directory(private_path.parent)
    half = public_half(private_path)
    _replace(folder / f"{RSAKey.import_key(half).thumbprint()}.pem", half, like)


def _replace(path: Path, content: bytes, like: Path) -> None:
    """Put a whole file in the place of another, readable for those who can read `like`, also when root does it."""
    status = like.stat()
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        new = Path(folder) / path.name
        with new.open("xb") as file:
            os.chown(new, status.st_uid, status.st_gid)
            new.chmod(S_IMODE(status.st_mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    sync_directory(path.parent)

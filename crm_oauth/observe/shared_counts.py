"""A folder in memory where the processes of one server keep what they count for `/metrics`."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where Prometheus's library looks for the folder's name, once: when it is imported."""

_PREFIX = "crm-oauth-metrics-"
_MEMORY = Path("/dev/shm")  # noqa: S108  # a disk would stall who counts; names of others are not taken


def share_counts(server: int) -> Path:
    """Make the folder, or find it, and tell Prometheus's library, which must not have been imported yet.

    What servers left that were killed is removed.

    Args:
        server: process that starts all others of this server.

    Returns:
        The folder; that which the operator chose, if so.
    """
    if chosen := os.environ.get(DIRECTORY_VARIABLE):
        Path(chosen).mkdir(parents=True, exist_ok=True)
        return Path(chosen)
    parent = _parent()
    _remove_left(parent)
    folder = parent / f"{_PREFIX}{server}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or not _is_ours(folder):
        # Somebody else of this machine was here first: let this process count alone.
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    os.environ[DIRECTORY_VARIABLE] = str(folder)
    return folder


def remove_counts(folder: Path) -> None:
    """Remove the folder, so that the next server begins anew; one that the operator chose is the operator's to clear.

    Args:
        folder: as `share_counts` returned it.
    """
    if folder.parent == _parent() and folder.name.startswith(_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def _parent() -> Path:
    return _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())


def _remove_left(parent: Path) -> None:
    for left in parent.glob(_PREFIX + "*"):
        with suppress(FileNotFoundError):  # another process of this server is at it too
            server = left.name.split("-")[3]
            # One of our own number is of a server before us.
            if _is_ours(left) and (server == str(os.getpid()) or not Path("/proc", server).exists()):
                shutil.rmtree(left, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return folder.lstat().st_uid == os.geteuid()

"""Folders for servers: in memory, where a disk would be waited for, and on a disk, where it shall be."""

import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  # what is in there has names that are made up
_DISK = Path("/var/tmp")  # noqa: S108  # same
_ROOM = 4 << 30  # a container may have very little


def memory() -> Path | None:
    """Return the folder in memory, if the machine has one with room for database servers."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None


def disk() -> Path | None:
    """Return a folder that survives a restart, as /tmp does not where it is memory; any account may enter it."""
    return _DISK if _DISK.is_dir() else None

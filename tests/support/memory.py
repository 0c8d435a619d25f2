"""A folder in memory, for servers whose disk would be waited for."""

import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  # what is in there has names that are made up
_ROOM = 4 << 30  # a container may have very little


def memory() -> Path | None:
    """Return the folder, if the machine has one with room for database servers."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None

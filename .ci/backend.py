"""setuptools builds the package; here is what it cannot be told in setup.cfg."""  # noqa: INP001 - pip wants a file, not a package

import gzip
import io
import os
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - every hook but the one below is setuptools' own
from setuptools.command.egg_info import manifest_maker

# What a source distribution holds besides the package; setuptools looks for a MANIFEST.in at the top.
manifest_maker.template = ".ci/sdist.in"


def build_sdist(folder: str, config_settings: dict[str, Any] | None = None) -> str:
    """Build a source distribution whose bytes do not tell by whom, nor when if SOURCE_DATE_EPOCH is set."""
    name = build_meta.build_sdist(folder, config_settings)
    _mend(Path(folder, name), int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    return name


def _mend(path: Path, epoch: int) -> None:
    tar = io.BytesIO()
    with tarfile.open(path) as old, tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old, key=lambda member: member.name):
            content = old.extractfile(member) if member.isfile() else None
            file = Path(member.name.partition("/")[2])
            if file.is_symlink():  # setuptools has followed it
                member.type, member.linkname, member.size, content = tarfile.SYMTYPE, str(file.readlink()), 0, None
            member.mtime, member.mode = epoch, 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.pax_headers = {}
            new.addfile(member, content)
    path.write_bytes(gzip.compress(tar.getvalue(), mtime=epoch))


if __name__ == "__main__":
    sys.stdout.write(build_sdist(sys.argv[1]) + "\n")

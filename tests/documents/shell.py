"""Runs the lines of a document as its reader would."""

import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import SCRIPT
from tests.support.site import Site

_PROGRAMS = f"{SCRIPT.parent}:{Path(sys.executable).parent}"


def run(site: Site, command: str, status: int = 0) -> str:
    """Run a line in an installation's folder and return what it says.

    Args:
        site: the installation.
        command: of bash.
        status: with which it must end.
    """
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=site.folder,
        env=site.environment | {"PATH": f"{_PROGRAMS}:{site.environment['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return ended.stdout if status == 0 else ended.stdout + ended.stderr

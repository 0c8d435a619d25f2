"""Debian's own Python, which Debian's mod_wsgi and uWSGI run, with the packages of this run."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from stat import S_IXOTH

from tests.support.programs import require_program

ROOT = Path(__file__).parents[2]

_PYTHON = "python{}.{}".format(*sys.version_info)


def make_environment(folder: Path) -> tuple[Path, Path]:
    """Make a virtual environment that any account may read.

    Args:
        folder: an empty folder that any account may enter.

    Returns:
        The environment, and the folder that has `config/` in it.
    """
    python = require_program(_PYTHON, only_in=Path("/usr/bin"))
    environment = folder / "environment"
    subprocess.run([python, "-m", "venv", "--without-pip", environment], check=True)
    packages = environment / "lib" / _PYTHON / "site-packages"
    here = Path(sysconfig.get_path("purelib"))
    if _may_be_entered(here) and _may_be_entered(ROOT):
        (packages / "here.pth").write_text(f"import site; site.addsitedir({str(here)!r})\n")
        return environment, ROOT
    shutil.copytree(
        here, packages, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__editable__*", "*mypy*", "playwright*")
    )
    ours = folder / "crm-oauth"
    for part in ("crm_oauth", "grants", "config", "migrations"):
        shutil.copytree(ROOT / part, ours / part, symlinks=True)
    shutil.copy(ROOT / "app.py", ours)
    (packages / "here.pth").write_text(f"{ours}\n")
    return environment, ours


def _may_be_entered(folder: Path) -> bool:
    return all(path.stat().st_mode & S_IXOTH for path in (folder, *folder.parents))

"""The packages, built as a release builds them, and an environment that has the wheel and no checkout."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.programs import require_program

ROOT = Path(__file__).parents[2]
_GUIDE = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "upgrades.md").read_text(), re.DOTALL)[1].splitlines()
_INSTALL, COMMANDS = _GUIDE[:2], _GUIDE[3:]
"""The lines of the guide that install the wheel, and those that then run in its folder."""

_NOT_KEPT = shutil.ignore_patterns(
    *(line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()), ".git", ".gitignore", "*.py[cod]"
)


@dataclass(frozen=True)
class Built:
    """What `make wheel` made of a copy of the checkout.

    Args:
        source: the copy.
        wheel: of the program.
        sdist: of the whole repository.
    """

    source: Path
    wheel: Path
    sdist: Path


def build(source: Path) -> Built:
    """Copy the checkout to a folder that does not exist yet, and build there."""
    shutil.copytree(ROOT, source, symlinks=True, ignore=_NOT_KEPT)
    options = [f"VENV={sys.prefix}", f"--assume-old={sys.prefix}/installed"]
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1700000000"}
    made = subprocess.run(
        [require_program("make"), "wheel", *options],
        cwd=source,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    [wheel], [sdist] = (source / "dist").glob("*.whl"), (source / "dist").glob("*.tar.gz")
    return Built(source, wheel, sdist)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build once."""
    return build(tmp_path_factory.mktemp("build") / "source")


@pytest.fixture(scope="session")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel by the lines of the guide; return the folder of the environment's programs.

    Its dependencies are those of the tests' own environment, but nothing of what that does to find the checkout.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv, pip = [line.replace("/opt/crm-oauth", str(folder)) for line in _INSTALL]
    offline = os.environ | {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_QUIET": "1"}
    subprocess.run(["sh", "-c", venv], check=True)
    [site_packages] = folder.glob(".venv/lib/python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    subprocess.run(["sh", "-c", pip], cwd=built.wheel.parent, env=offline, check=True)
    return folder / ".venv" / "bin"

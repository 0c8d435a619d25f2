"""What the packages hold, and that anybody can build the same."""

import re
import subprocess
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

from tests.packaging.conftest import ROOT, Built, build

# What pip adds to a source distribution.
_ADDED = re.compile(r"PKG-INFO|crm_oauth\.egg-info/.*|setup\.cfg")


def test_two_builds_are_the_same_bytes(built: Built, tmp_path: Path) -> None:
    """Built again, elsewhere and later, wheel and source distribution are the same, byte for byte."""
    again = build(tmp_path / "again")
    assert again.wheel.name == built.wheel.name
    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()


def test_the_source_distribution_holds_the_repository(built: Built) -> None:
    """Every file of the repository is in it, links as links, and nothing that lay about."""
    with tarfile.open(built.sdist) as tar:
        told = {member.name.partition("/")[2]: member for member in tar if not member.isdir()}
    there = {
        str(path.relative_to(built.source)): path
        for path in built.source.rglob("*")
        if path.is_file() and not {"dist", "build"} & set(path.relative_to(built.source).parts[:1])
    }
    assert {name for name in told if not _ADDED.fullmatch(name)} == {n for n in there if not _ADDED.fullmatch(n)}
    assert [name for name, member in told.items() if member.issym()] == ["config/default.toml"]
    assert told[".ci/run"].mode & 0o100


def test_the_wheel_takes_few_names(built: Built) -> None:
    """At the top of the environment that it is installed in the wheel takes three names."""
    with zipfile.ZipFile(built.wheel) as wheel:
        top = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"app.py", "crm_oauth", "grants"}


def test_there_is_one_version(built: Built, installed: Path) -> None:
    """The version of setup.cfg is the one of the packages, the command, the newest changes and the description."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    version = setup["metadata"]["version"]
    assert built.wheel.name == f"crm_oauth-{version}-py3-none-any.whl"
    assert built.sdist.name == f"crm_oauth-{version}.tar.gz"
    told = subprocess.run([installed / "crm-oauth", "--version"], capture_output=True, text=True, check=True).stdout
    assert told == f"crm-oauth, version {version}\n"
    assert re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == version
    assert f"\n  version: {version}\n" in (ROOT / "docs" / "openapi.yaml").read_text()

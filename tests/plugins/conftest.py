"""An outside package, installed as pip does it, and a profile that turns its grant on."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_oauth.shipped import shipped
from tests.support.site import Site

SAMPLE = Path(__file__).with_name("sample_grant")


def profile_with(grant: str, folder: Path) -> str:
    """Copy a profile that ships, with one more grant, and return the copy's path."""
    profile_text = (shipped("config") / "7.10.2.toml").read_text()
    changed, found = re.subn(r"^grants = \[", f'grants = ["{grant}", ', profile_text, flags=re.MULTILINE)
    assert found == 1
    copy = folder / "with-plugin.toml"
    copy.write_text(changed)
    return str(copy)


@pytest.fixture(scope="package")
def plugin_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the outside package, without any network, in a folder of its own."""
    source = shutil.copytree(SAMPLE, tmp_path_factory.mktemp("source") / "sample")  # pip builds beside the source
    target = tmp_path_factory.mktemp("plugins")
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", target, source], check=True)
    return target


@pytest.fixture(scope="package", params=["with the grant", "shipped"])
def profile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name a profile that turns the outside grant on, or a file like it that does not."""
    if request.param == "shipped":
        return "7.10.2"
    return profile_with("staff_card", tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="package")
def site(profile: str, plugin_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a server where the outside package is installed."""
    site = Site(tmp_path_factory.mktemp("site"), profile)
    site.environment["PYTHONPATH"] = str(plugin_path)
    with site:
        yield site


@pytest.fixture(scope="package")
def till(site: Site) -> dict[str, str]:
    """Add the card's holder and a client for the outside grant by the command line; return the client's credentials."""
    site.command("users", "add", "alice", "--password-stdin", stdin="wonderland\n").check_returncode()
    added = json.loads(site.command("clients", "add", "--name", "Till", "--grant", "staff_card", "--json").stdout)
    return {"client_id": added["id"], "client_secret": added["secret"]}

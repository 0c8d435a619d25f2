"""The wheel, installed where there is no checkout, is a whole server."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.packaging.conftest import COMMANDS, ROOT
from tests.support.programs import require_program
from tests.support.site import Site

_DECOY = "raise RuntimeError('not ours')\n"


@pytest.fixture(scope="module")
def site(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run the wheel's server in a folder that has programs of its own, with names like ours."""
    folder = tmp_path_factory.mktemp("empty")
    site = Site(folder, "default", program=[installed / "crm-oauth"])
    (folder / "app.py").write_text(_DECOY)
    (folder / "grants").mkdir()
    (folder / "grants" / "__init__.py").write_text(_DECOY)
    with site:
        yield site


@pytest.mark.parametrize("command", COMMANDS[:-1])
def test_the_guide_leads_to_a_server(site: Site, command: str) -> None:
    """Each line of the guide before the last one, which serves, ends well in a folder that is ready."""
    assert COMMANDS[-1] == ".venv/bin/crm-oauth serve"
    _told(site, *command.split()[1:])


def _told(site: Site, *arguments: str) -> str:
    ended = site.command(*arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_it_runs_none_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    """The program, its plugins and its files are those of the wheel."""
    asked = "import app, crm_oauth, grants; print(app.__file__, *crm_oauth.__path__, *grants.__path__)"
    told = subprocess.run(
        [installed / "python", "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert all(path.startswith(str(installed.parent)) for path in told.split())


def test_it_issues_tokens(site: Site) -> None:
    """What `init --demo` prints gets tokens by curl."""
    require_program("curl")
    lines = [line for line in _told(site, "init", "--demo").splitlines() if line.startswith("curl ")]
    assert len(lines) == 2
    for line in lines:
        answer = subprocess.run(["sh", "-c", f"{line} -s"], capture_output=True, text=True, check=True).stdout
        assert json.loads(answer)["token_type"] == "Bearer"


def test_its_panel_has_styles(site: Site) -> None:
    """The panel's first page is there, and everything that it links to."""
    page = requests.get(f"{site.url}/admin/", timeout=30)
    assert page.status_code == 200
    links = re.findall(r'(?:href|src)="(/admin/static/[^"]+)"', page.text)
    assert any(link.endswith(".css") or ".css?" in link for link in links)
    for link in links:
        assert requests.get(site.url + link, timeout=30).status_code == 200


def test_it_has_every_profile(site: Site) -> None:
    """The profiles are those of `config/`, and each of them can be served."""
    listed = [profile["name"] for profile in json.loads(_told(site, "profile", "list", "--json"))]
    names = {path.stem for path in (ROOT / "config").glob("*.toml")} - {"default"}
    assert listed == sorted(names)
    assert "password" in _told(site, "profile", "show", "default")


def test_it_shows_the_files_for_other_programs(site: Site) -> None:
    """What ships for nginx and the others can be listed and printed, as it is in `config/`."""
    listed = json.loads(_told(site, "config", "list", "--json"))
    assert {file["name"] for file in listed} == {path.name for path in (ROOT / "config").glob("*.*")}
    for file in listed:
        assert Path(file["path"]).read_text() == (ROOT / "config" / file["name"]).read_text()
    assert _told(site, "config", "show", "nginx.conf") == (ROOT / "config" / "nginx.conf").read_text()
    refused = site.command("config", "show", "../settings.py")
    assert (refused.returncode, "nginx.conf" in refused.stderr) == (1, True)

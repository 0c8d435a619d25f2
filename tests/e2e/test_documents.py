"""The commands that the documents show run as they stand."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.programs import require_program
from tests.support.site import Site
from tests.wire.exchange import post_json

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8000"

# The other guides need more than a server, and have tests of their own.
PAGES = ["README.md", "docs/tokens-in-use.md", "docs/panel.md", "docs/directory.md"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a server with the administrator that the README speaks of."""
    with Site(tmp_path_factory.mktemp("documents"), "default") as site:
        assert site.command("users", "add", "admin", "--admin", "--password-stdin", stdin="pw\n").returncode == 0
        yield site


@pytest.fixture(scope="module")
def client(site: Site) -> dict[str, str]:
    """Make the client that the examples stand for."""
    add = ("clients", "add", "--name", "x", "--grant", "client_credentials", "--user", "admin", "--json")
    made = json.loads(site.command(*add).stdout)
    return {"client_id": made["id"], "client_secret": made["secret"]}


def commands(document: str, starting: str) -> list[str]:
    """Return the shell commands of a document, their continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    lines = re.sub(r"\\\n\s*", "", "".join(blocks)).splitlines()
    return [line for line in lines if line.startswith(starting)]


@pytest.mark.parametrize("command", [command for page in PAGES for command in commands(page, "crm-oauth")])
def test_commands_run(site: Site, command: str) -> None:
    """Each `crm-oauth` command of the documents ends well."""
    arguments = shlex.split(command.replace("NAME", "admin"))[1:]
    if arguments[:2] == ["users", "add"]:
        arguments[2] += "-too"  # "admin" is there already
        arguments.append("--password-stdin")  # where the reader has a terminal, a test has none
    if "--follow" in arguments:  # until the reader has seen enough
        arguments.remove("--follow")
    ended = site.command(*arguments, stdin="pw\n")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("document", ["README.md", "docs/tokens-in-use.md"])
def test_curl_lines_get_the_documented_answer(site: Site, client: dict[str, str], document: str) -> None:
    """Each curl line, with a client's id and secret in it, is answered with good news."""
    require_program("curl")
    token = post_json(site.url, "/Api/access_token", client | {"grant_type": "client_credentials"}).document
    filled = {
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
        "ACCESS_OR_REFRESH_TOKEN": token["access_token"],
        ADDRESS: site.url,
    }
    lines = commands(document, "curl")
    assert lines
    for line in lines:
        command = re.sub("|".join(filled), lambda match: filled[match[0]], line)
        told = subprocess.run(["sh", "-c", f"{command} -s"], capture_output=True, text=True, check=True).stdout
        answer = json.loads(told)
        assert answer.get("token_type") == "Bearer"
        assert answer.get("expires_in") == 3600 or answer.get("active") is True


def test_make_lists_its_targets() -> None:
    """`make` alone is the menu, and the README's two commands are on it."""
    told = subprocess.run([require_program("make")], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^make (\w+) ", told, re.MULTILINE))
    assert {line.split()[1] for line in commands("README.md", "make")} <= targets
    assert {"serve", "test", "lint", "bench"} <= targets


def test_python_is_new_enough() -> None:
    """The oldest Python that the README names is the one that the package asks for."""
    [named] = re.findall(r"Python (3\.\d+) or newer", (ROOT / "README.md").read_text())
    assert f"python_requires = >={named}" in (ROOT / "setup.cfg").read_text()
    assert sys.version_info >= tuple(map(int, named.split(".")))

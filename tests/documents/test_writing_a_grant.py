"""docs/writing-a-grant.md: its files are installed, its commands run in their order, its grants are asked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.grant import Grant
from tests.documents.reading import blocks, command_lines, files, text_of
from tests.documents.shell import run
from tests.support.site import Site
from tests.wire.exchange import claims_of, post_json

PAGE = "docs/writing-a-grant.md"
COMMANDS = command_lines(PAGE)
SERVE = COMMANDS.index("crm-oauth serve")

# Without a network, and beside the environment that runs the tests.
_OFFLINE = "--quiet --no-index --no-deps --no-build-isolation ."
_INSTALL = f"python -m pip install --target plugins {_OFFLINE}"
_SECOND = 'welcoming_ticket = "intranet_ticket:WelcomingTicketGrant"'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An installation beside the files of the page."""
    folder = tmp_path_factory.mktemp("tutorial")
    site = Site(folder, "7.10.2")
    site.environment |= {"PYTHONPATH": str(folder / "plugins")}
    for name, text in files(PAGE).items():
        (folder / name).write_text(text)
    with (folder / "intranet_ticket.py").open("a") as module:
        module.write("\n\n" + blocks(PAGE, "python")[-1])
    _replace(folder / "pyproject.toml", "[tool.setuptools]", f"{_SECOND}\n[tool.setuptools]")
    return site


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def told(site: Site) -> dict[str, str]:
    """Run the commands up to `serve`; return what each says."""
    answers = {}
    for command in COMMANDS[:SERVE]:
        if command.startswith("export "):
            site.environment |= dict(pair.split("=", 1) for pair in command.split()[1:])
        else:
            line = {"pip install .": _INSTALL}.get(command, command)
            line += " --password-stdin <<< secret" if "users add" in line else ""
            if "profile check" in line:
                _replace(
                    site.folder / "with-tickets.toml", '["intranet_ticket"', '["welcoming_ticket", "intranet_ticket"'
                )
            answers[command] = run(site, line + (" --json" if "clients add" in line else ""))
    return answers


@pytest.fixture(scope="module")
def served(site: Site, told: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Serve, and return the client that was made."""
    with site:
        yield json.loads(next(answer for command, answer in told.items() if "clients add" in command))


def test_the_grant_is_known(told: dict[str, str]) -> None:
    """The profile of the page is good, and the command line tells where the grant comes from."""
    assert told["crm-oauth profile check with-tickets.toml"] == "with-tickets.toml is good.\n"
    shown = told["crm-oauth profile show"]
    assert re.search(r"^intranet_ticket\tintranet_ticket:\w+\tintranet-ticket\t1.0$", shown, re.MULTILINE)


def test_a_ticket_is_worth_a_pair(site: Site, served: dict[str, Any]) -> None:
    """The last lines get a pair of tokens, and the built-in grant refreshes it."""
    [ticket, curl] = [line for line in COMMANDS[SERVE + 1 :] if line.startswith(("ticket", "curl"))]
    for word, value in {
        "CLIENT_ID": served["id"],
        "CLIENT_SECRET": served["secret"],
        "http://127.0.0.1:8000": site.url,
    }.items():
        curl = curl.replace(word, value)
    pair = json.loads(run(site, f"{ticket}\n{curl} -s"))
    asked = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    client = {"client_id": served["id"], "client_secret": served["secret"]}
    assert "refresh_token" in post_json(site.url, "/Api/access_token", asked | client).document


def test_the_test_of_the_page_passes(site: Site, told: dict[str, str]) -> None:
    """The page's own test, run by its own command after pytest is installed, passes."""
    assert told
    assert COMMANDS.index("pip install pytest") < COMMANDS.index(_last("python -m pytest"))
    assert "1 passed" in run(site, f"env -u CRM_OAUTH_DATABASE_URL {_last('python -m pytest')}")


def test_the_package_becomes_a_file(site: Site, told: dict[str, str]) -> None:
    """The last command makes a wheel."""
    assert told
    assert _last("pip wheel") == "pip wheel --no-deps ."
    run(site, f"python -m pip wheel {_OFFLINE}")
    assert [path.name for path in site.folder.glob("*.whl")] == ["intranet_ticket-1.0-py3-none-any.whl"]


def _last(beginning: str) -> str:
    [command] = [line for line in COMMANDS if line.startswith(beginning)]
    return command


def test_a_grant_may_add_its_user(site: Site, served: dict[str, Any]) -> None:
    """The grant that adds whom the database does not have gets a token for them, and leaves their row."""
    assert served
    made = json.loads(run(site, "crm-oauth clients add --name Door --grant welcoming_ticket --json"))
    ticket = run(site, "python -c 'import intranet_ticket; print(intranet_ticket.make_ticket(\"berta\"))'").strip()
    asked = {"grant_type": "urn:example:welcoming-ticket", "ticket": ticket}
    client = {"client_id": made["id"], "client_secret": made["secret"]}
    token = post_json(site.url, "/Api/access_token", asked | client).document["access_token"]
    users = {user["user_name"]: user["id"] for user in json.loads(run(site, "crm-oauth users list --json"))}
    assert claims_of(token)["sub"] == users["berta"]


def test_everything_a_grant_sets_is_explained() -> None:
    """Each attribute of a grant and each fault for its requests is on the page."""
    attributes = {name for name in Grant.__annotations__ if name.isupper()}
    for name in attributes:
        assert f"| `{name}` |" in text_of(PAGE)
    faults = {name for name in vars(OAuthFault) if name.startswith(("invalid", "grant", "too_many"))}
    for name in faults:
        assert f"| `OAuthFault.{name}(" in text_of(PAGE)

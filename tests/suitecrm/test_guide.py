"""docs/from-suitecrm.md: the commands of the guide, in its order, and its lines for nginx and Apache."""

import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests
from sqlalchemy import make_url

from crm_oauth.compat.passwords import hash_user_password
from tests.cli.conftest import SCRIPT
from tests.suitecrm.front_ends import apache, nginx
from tests.suitecrm.site_database import SiteDatabase, make_site_database
from tests.suitecrm.site_files import make_site
from tests.suitecrm.site_rows import add_client, add_token, add_user
from tests.support.database_servers import DatabaseServer
from tests.support.site import Site

GUIDE = (Path(__file__).parents[2] / "docs" / "from-suitecrm.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
FrontEnd = Callable[[str], AbstractContextManager[str]]

_API_TYPE = {"Content-Type": "application/vnd.api+json"}
VALUES = {"CLIENT_ID": "client", "CLIENT_SECRET": "the-secret", "USER_NAME": "jo", "PASSWORD": "keys"}


@pytest.fixture
def crm(tmp_path: Path, mariadb_server: DatabaseServer) -> Iterator[Path]:
    """The folder of a SuiteCRM site with a client, a user and a session."""
    site = make_site_database(mariadb_server)
    secret = hashlib.sha256(VALUES["CLIENT_SECRET"].encode()).hexdigest()
    add_client(site, VALUES["CLIENT_ID"], secret=secret, allowed_grant_type="password")
    add_user(site, "user", user_name="Jo", user_hash=hash_user_password(VALUES["PASSWORD"], rounds=4))
    add_token(site, "session", assigned_user_id="user")
    yield _folder(tmp_path / "crm", site)
    mariadb_server.drop_database(site.url)


def _folder(folder: Path, site: SiteDatabase) -> Path:
    url = make_url(site.url)
    connection = {
        "db_host_name": url.host,
        "db_port": str(url.port),
        "db_user_name": url.username,
        "db_password": "",
        "db_name": url.database,
    }
    lines = "".join(f"$sugar_config['dbconfig']['{key}'] = '{value}';\n" for key, value in connection.items())
    make_site(folder)
    (folder / "config_override.php").write_text(f"<?php\n/***CONFIGURATOR***/\n{lines}")
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The installation to which it moves."""
    (tmp_path / "own").mkdir()
    site = Site(tmp_path / "own", "7.12")
    del site.environment["CRM_OAUTH_ENCRYPTION_KEY"]
    site.environment["PATH"] = f"{SCRIPT.parent}:{site.environment['PATH']}"
    return site


def _run(site: Site, crm: Path, command: str) -> str:
    """Run a line of the guide as its reader would."""
    command = command.replace("/var/www/suitecrm", str(crm)).replace("127.0.0.1:8000", f"127.0.0.1:{site.port}")
    command = re.sub(r"\b[A-Z]+(_[A-Z]+)?\b", lambda word: VALUES.get(word[0], word[0]), command)
    ended = subprocess.run(
        ["bash", "-c", command], cwd=site.folder, env=site.environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_guide_leads_to_a_server_that_issues_tokens(site: Site, crm: Path) -> None:
    """Every command of the guide works in its order; the last one gets a token for a user of the site."""
    serve = COMMANDS.index("crm-oauth serve")
    told = {command: _run(site, crm, command) for command in COMMANDS[:serve]}
    assert "Jo" in told["crm-oauth users list"]
    assert VALUES["CLIENT_ID"] in told["crm-oauth clients list"]
    assert "session" in told["crm-oauth tokens list"]
    with site:
        answers = [json.loads(_run(site, crm, command)) for command in COMMANDS[serve + 1 :]]
    assert [sorted(answer) for answer in answers] == [["access_token", "expires_in", "refresh_token", "token_type"]]


@pytest.mark.parametrize(("language", "front_end"), [("nginx", nginx), ("apache", apache)])
def test_a_line_of_the_front_end_hands_over_the_token_endpoint(
    site: Site, crm: Path, language: str, front_end: FrontEnd
) -> None:
    """Behind the guide's location the token endpoint is ours, and everything else SuiteCRM's as before."""
    for command in COMMANDS[: COMMANDS.index("crm-oauth doctor")]:
        _run(site, crm, command)
    (lines,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    fields = {"grant_type": "password", "username": "jo"} | {
        name.lower(): value for name, value in VALUES.items() if name != "USER_NAME"
    }
    with site, front_end(lines.replace("127.0.0.1:8000", f"127.0.0.1:{site.port}")) as root:
        endpoint = f"{root}/Api/access_token"
        for answer in (
            requests.post(endpoint, data=fields, timeout=30),
            requests.post(endpoint, json=fields, headers=_API_TYPE, timeout=30),
        ):
            assert answer.json().get("token_type") == "Bearer"
        wrong = requests.post(endpoint, json=fields | {"client_secret": "wrong"}, timeout=30)
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        assert requests.get(f"{root}/Api/V8/meta/modules", timeout=30).text == "SuiteCRM"

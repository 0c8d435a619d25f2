"""docs/beside-suitecrm.md: the commands of the guide, in its order, and the rights that it grants."""

import re
from pathlib import Path

import pytest
import requests
from sqlalchemy import inspect, make_url

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from tests.cli.conftest import Installation
from tests.suitecrm.shared.conftest import LATER
from tests.suitecrm.site_database import SiteDatabase
from tests.suitecrm.site_files import make_site
from tests.suitecrm.site_rows import add_client, add_user
from tests.support.site import Site

GUIDE = (Path(__file__).parents[3] / "docs" / "beside-suitecrm.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
GRANTS = "".join(re.findall(r"```sql\n(.*?)```", GUIDE, re.DOTALL)).splitlines()
SETTINGS = "".join(re.findall(r"```ini\n(.*?)```", GUIDE, re.DOTALL))

pytestmark = pytest.mark.parametrize("crm", LATER[:1], indirect=True)


@pytest.fixture
def adopted(empty: Installation, crm: SiteDatabase) -> Installation:
    """A folder in which every command of the guide but the last has been run."""
    add_client(crm, "client", name="A client", secret=hash_client_secret("secret", "sha256"))
    add_user(crm, "user", user_name="jo", user_hash=hash_user_password("keys", rounds=4))
    make_site(empty.folder / "crm")
    url = "mysql://USER:PASSWORD@HOST/DATABASE"
    (empty.folder / ".env").write_text(SETTINGS.replace(url, crm.url))
    told = {command: empty.told(*_arguments(command, empty.folder / "crm")) for command in COMMANDS[:-1]}
    assert "A client" in told["crm-oauth clients list"]
    assert "Europe/Berlin" in told["crm-oauth db adopt"]
    return empty


def _arguments(command: str, folder: Path) -> list[str]:
    return command.replace("/var/www/suitecrm", str(folder)).split()[1:]


def test_the_guide_leads_to_a_server_with_few_rights(adopted: Installation, crm: SiteDatabase) -> None:
    """After the commands of the guide an account with no more rights than it grants serves every grant."""
    assert COMMANDS[-1] == "crm-oauth serve"
    name = make_url(crm.url).database
    with crm.connection() as connection:
        ours = [table for table in inspect(connection).get_table_names() if table.startswith("crm_oauth_")]
    grants = GRANTS + [f"GRANT SELECT, INSERT, UPDATE, DELETE ON DATABASE.{table} TO USER;" for table in ours]
    for host in ("localhost", "127.0.0.1"):
        account = f"guest@'{host}'"
        crm.execute(f"CREATE OR REPLACE USER {account}")
        for grant in grants:
            crm.execute(grant.replace("DATABASE", str(name)).replace("USER", account))
    client = {"client_id": "client", "client_secret": "secret"}
    sign_in = {"grant_type": "password", "username": "jo", "password": "keys"}
    url = make_url(crm.url).set(username="guest").render_as_string()
    with Site(adopted.folder, "7.12", url) as site:
        endpoint = f"{site.url}/Api/access_token"
        token = requests.post(endpoint, json=client | sign_in, timeout=30).json()
        refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
        assert "access_token" in requests.post(endpoint, json=client | refresh, timeout=30).json()

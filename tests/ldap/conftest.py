"""An OpenLDAP server, and settings that name it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crm_oauth.settings import Settings
from tests.support.ldap_server import BASE, PEOPLE, SEARCHER, SEARCHER_PASSWORD, LdapServer
from tests.support.programs import require_module
from tests.support.started import started

SettingsMaker = Callable[..., Settings]

BY_NAME = {"ldap_user_dn": f"uid={{username}},{PEOPLE}"}
BY_SEARCH = {
    "ldap_search_base": BASE,
    "ldap_search_filter": "(&(objectClass=inetOrgPerson)(uid={username}))",
    "ldap_search_dn": SEARCHER,
    "ldap_search_password": SEARCHER_PASSWORD,
}


@pytest.fixture(scope="session")
def ldap_server() -> Iterator[LdapServer]:
    """A server of this run's own."""
    require_module("ldap", package="python-ldap")
    with started(LdapServer()) as server:
        yield server


@pytest.fixture
def settings(ldap_server: LdapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SettingsMaker:
    """Return a function that makes settings that name the server, and these."""
    monkeypatch.chdir(tmp_path)  # where no .env is

    def make(**others: object) -> Settings:
        ours = {"user_store": "ldap", "ldap_url": ldap_server.url, "ldap_ca_file": ldap_server.ca_file}
        return Settings.model_validate(ours | others)

    return make

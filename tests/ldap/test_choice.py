"""What must be set, and there, for a directory to be asked."""

import sys
from pathlib import Path

import pytest

from crm_oauth.faults import StartupError
from crm_oauth.settings import PREFIX, Settings
from crm_oauth.store.user_stores import user_store
from crm_oauth.store.users import SqlUserStore
from tests.ldap.conftest import BY_NAME, BY_SEARCH
from tests.support.programs import require_module

_WHERE: dict[str, object] = {"user_store": "ldap", "ldap_url": "ldap://directory.example.org"}


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _faults(settings: dict[str, object]) -> list[str]:
    with pytest.raises(StartupError) as caught:
        user_store(Settings.model_validate(settings))
    return [fault.partition(":")[0].removeprefix(PREFIX) for fault in caught.value.faults]


def test_the_database_is_the_default() -> None:
    """Where nothing is said the hashes in the rows count, whatever is said of a directory."""
    assert user_store(Settings()) is SqlUserStore
    assert user_store(Settings.model_validate(BY_SEARCH)) is SqlUserStore


def test_without_python_ldap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that cannot be spoken to keeps the program from starting."""
    monkeypatch.delitem(sys.modules, "crm_oauth.store.directory", raising=False)
    monkeypatch.setitem(sys.modules, "ldap", None)
    assert _faults(_WHERE | BY_NAME) == ["USER_STORE"]


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"user_store": "ldap"}, ["LDAP_URL", "LDAP_USER_DN"]),
        (_WHERE, ["LDAP_USER_DN"]),
        (_WHERE | BY_NAME | {"ldap_search_base": "dc=example,dc=org"}, ["LDAP_USER_DN"]),
        (_WHERE | BY_SEARCH | {"ldap_search_password": None}, ["LDAP_SEARCH_DN"]),
        (_WHERE | BY_SEARCH | {"ldap_search_dn": None}, ["LDAP_SEARCH_DN"]),
        (_WHERE | BY_NAME | {"ldap_ca_file": "nowhere.pem"}, ["LDAP_CA_FILE"]),
    ],
)
def test_settings_that_do_not_suffice(settings: dict[str, object], missing: list[str]) -> None:
    """What is missing is told by name, all at once."""
    require_module("ldap", package="python-ldap")
    assert _faults(settings) == missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("USER_STORE", "sql"),
        ("LDAP_URL", "ldapi://directory.example.org"),
        ("LDAP_URL", "directory.example.org"),
        ("LDAP_URL", "ldap://directory.example.org:70000"),
        ("LDAP_URL", "ldap://"),
        ("LDAP_USER_DN", "uid=joe,ou=people"),
        ("LDAP_SEARCH_FILTER", "(uid=joe)"),
        ("LDAP_TIMEOUT", "0"),
    ],
)
def test_settings_that_cannot_be(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A value that would never work, or would let anybody in, is refused by its name."""
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(StartupError) as caught:
        Settings.load()
    assert [fault.partition(":")[0] for fault in caught.value.faults] == [PREFIX + name]

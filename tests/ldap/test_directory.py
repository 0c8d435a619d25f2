"""A directory takes the right password of the right person, and nothing else."""

import pytest

from crm_oauth.settings import Settings
from crm_oauth.store.ports import DirectoryUnavailable
from crm_oauth.store.user_stores import open_directory
from tests.ldap.conftest import BY_NAME, BY_SEARCH, SettingsMaker
from tests.support.ldap_server import PEOPLE, LdapServer, password_of

PEOPLE_THERE = ["joe", "josé", "O'Brien, (Pat)*"]


@pytest.fixture(params=[BY_NAME, BY_SEARCH], ids=["by name", "by search"])
def way(request: pytest.FixtureRequest, settings: SettingsMaker) -> Settings:
    """Settings for each way of naming a user."""
    return settings(**request.param)


@pytest.mark.parametrize("name", PEOPLE_THERE)
def test_the_right_password(way: Settings, name: str) -> None:
    """Each person's own password is taken, with any letters and marks in the name, and nobody else's."""
    directory = open_directory(way)
    assert directory.verify(name, password_of(name))
    assert directory.verify(name.upper(), password_of(name))
    assert not any(directory.verify(name, password_of(other)) for other in PEOPLE_THERE if other != name)


@pytest.mark.parametrize(
    "password", ["", " ", "wrong", "*", "{CLEARTEXT}", password_of("joe") + " ", password_of("joe")[:-1]]
)
def test_a_wrong_password(way: Settings, password: str) -> None:
    """Nothing but the very password is taken."""
    assert not open_directory(way).verify("joe", password)


@pytest.mark.parametrize("name", [None, "", "nobody", "jo", "jose", "admin"])
@pytest.mark.parametrize("password", ["", password_of("joe")])
def test_a_user_who_is_not_there(way: Settings, name: str | None, password: str) -> None:
    """Who is unknown to the directory, or to the CRM, is refused whatever the password."""
    assert not open_directory(way).verify(name, password)


@pytest.mark.parametrize(
    "name",
    [
        "*",
        "j*e",
        "joe)(uid=*",
        "*)(|(uid=joe",
        "nobody)(|(uid=joe)",
        r"\6aoe",
        r"\2a",
        f"joe,{PEOPLE}",
        "joe+uid=joe",
        "joe,ou=people",
        r"joe\,",
        "#6a6f65",
        '"joe"',
        "joe;",
        "joe\x01",
    ],
)
def test_a_name_is_only_a_name(way: Settings, name: str) -> None:
    """A name cannot say anything in the language of filters or of distinguished names."""
    assert not open_directory(way).verify(name, password_of("joe"))


def test_an_empty_password_is_never_tried(ldap_server: LdapServer, way: Settings) -> None:
    """The server grants anybody a session without a password, which counts for nothing here."""
    from ldap import initialize  # noqa: PLC0415  # not every machine has it

    connection = initialize(ldap_server.url)
    assert connection.simple_bind_s(f"uid=joe,{PEOPLE}", "")
    connection.unbind_s()
    assert not open_directory(way).verify("joe", "")


def test_a_name_that_two_have(settings: SettingsMaker) -> None:
    """A search that finds two people of one name lets neither in."""
    assert open_directory(settings(**BY_NAME)).verify("twin", password_of("twin"))
    assert not open_directory(settings(**BY_SEARCH)).verify("twin", password_of("twin"))


def test_a_filter_that_fits_all(settings: SettingsMaker) -> None:
    """A filter under which more people are found than are asked for lets nobody in."""
    way = settings(**BY_SEARCH | {"ldap_search_filter": "(|(uid={username})(objectClass=person))"})
    assert not open_directory(way).verify("joe", password_of("joe"))


@pytest.mark.parametrize(
    "others",
    [
        BY_SEARCH | {"ldap_search_password": "wrong"},
        BY_SEARCH | {"ldap_search_base": "ou=nowhere,dc=example,dc=org"},
        BY_SEARCH | {"ldap_search_dn": None, "ldap_search_password": None},
        BY_SEARCH | {"ldap_search_filter": "(uid={username}"},
    ],
    ids=["searcher's password", "search base", "anonymous search", "filter"],
)
def test_a_search_that_cannot_work(settings: SettingsMaker, others: dict[str, object]) -> None:
    """A fault in the settings is not told as a wrong password, not even to somebody unknown."""
    directory = open_directory(settings(**others))
    for name in ("joe", None):
        with pytest.raises(DirectoryUnavailable):
            directory.verify(name, password_of("joe"))


def test_ping(way: Settings) -> None:
    """A directory that answers is found well."""
    open_directory(way).ping()

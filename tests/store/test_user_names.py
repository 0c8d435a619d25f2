"""User names ignore case, in any script, and nothing else; among namesakes the usable one is found."""

import pytest

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.db import Database
from crm_oauth.store.models import User


def add_user(database: Database, user_id: str, user_name: str, **columns: object) -> None:
    """Insert a user who may authenticate, unless the columns say otherwise."""
    with database.unit_of_work() as stores:
        stores.users.add(User(**{"id": user_id, "user_name": user_name, "status": "Active", **columns}))


def find(database: Database, user_name: str) -> str | None:
    """Look a name up and return the id of whoever is found."""
    with database.unit_of_work() as stores:
        user = stores.users.find_by_name(user_name)
        return user.id if user else None


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("admin", "admin"),
        ("admin", "ADMIN"),
        ("Admin", "aDMIN"),
        ("josé", "JOSÉ"),
        ("JOSÉ", "josé"),
        ("Ñandú", "ñANDÚ"),
        ("Ωμέγα", "ΩΜΈΓΑ"),
        ("ОЛЬГА", "ольга"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("ႠႬႠ", "ⴀⴌⴀ"),
        ("ⴀⴌⴀ", "ႠႬႠ"),
        ("groß", "groß"),
        ("山田", "山田"),
        ("no \U0001f600 one", "NO \U0001f600 ONE"),
        ("ends in blank ", "Ends in Blank "),
    ],
)
def test_case_is_ignored(database: Database, stored: str, asked: str) -> None:
    """A name is found in any case, in scripts beyond ASCII too."""
    add_user(database, "1", stored)
    assert find(database, asked) == "1"


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("josé", "jose"),
        ("jose", "josé"),
        ("admin", "admin "),
        ("admin ", "admin"),
        ("admin", " admin"),
        ("admin", "adm%"),
        ("admin", "_dmin"),
        ("admin", ""),
        ("", " "),
        ("0", "00"),
        ("1", "1.0"),
        ("groß", "gross"),
        ("\U0001f600", "\U0001f601"),
    ],
)
def test_nothing_else_is_ignored(database: Database, stored: str, asked: str) -> None:
    """Accents, blanks and wildcards make another name."""
    add_user(database, "1", stored)
    assert find(database, asked) is None


UNUSABLE = {
    "inactive": {"status": "Inactive"},
    "without status": {"status": None},
    "portal only": {"portal_only": True},
    "a group": {"is_group": True},
    "externally authenticated": {"external_auth_only": True},
}


@pytest.mark.parametrize("columns", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_usable_namesake_comes_first(database: Database, columns: dict[str, object]) -> None:
    """One who may authenticate is found before a namesake who may not, even one spelled exactly so."""
    add_user(database, "1", "Admin", **columns)
    add_user(database, "2", "admin")
    add_user(database, "3", "Admin", **columns)
    assert find(database, "Admin") == "2"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_password_of_an_unusable_user_is_right(database: Database) -> None:
    """Who may not get in is not told either whether the password was right."""
    add_user(database, "1", "usable", user_hash=hash_user_password("secret"))
    add_user(database, "2", "unusable", user_hash=hash_user_password("secret"), status="Inactive")
    with database.unit_of_work() as stores:
        told = [
            stores.users.verify_password(stores.users.find_by_name(name), password)
            for name, password in (("usable", "secret"), ("usable", "other"), ("unusable", "secret"), ("no", "secret"))
        ]
    assert told == [True, False, False, False]


def test_unusable_user_is_still_found(database: Database) -> None:
    """Without a usable namesake the unusable one is found, for whoever asks must tell why it is refused."""
    add_user(database, "1", "admin", status="Inactive")
    assert find(database, "admin") == "1"


def test_deleted_namesake_is_passed_over(database: Database) -> None:
    """A deleted namesake never stands in the way, nor is it ever found."""
    add_user(database, "1", "admin", deleted=True)
    assert find(database, "admin") is None
    add_user(database, "2", "ADMIN")
    assert find(database, "admin") == "2"


def test_exactly_spelled_namesake_comes_first(database: Database) -> None:
    """Of two usable namesakes the one spelled as asked is found."""
    add_user(database, "1", "ADMIN")
    add_user(database, "2", "admin")
    assert [find(database, "admin"), find(database, "ADMIN")] == ["2", "1"]


def test_list_is_of_the_living_by_name(database: Database) -> None:
    """The list holds every user but the deleted, by name."""
    add_user(database, "1", "b")
    add_user(database, "2", "a", status="Inactive")
    add_user(database, "3", "c", deleted=True)
    with database.unit_of_work() as stores:
        assert [user.id for user in stores.users.list()] == ["2", "1"]


@pytest.mark.parametrize(
    ("columns", "allowed"),
    [
        ({"status": "Active"}, True),
        ({"status": ""}, True),
        ({"status": "Active", "portal_only": None, "is_group": None, "external_auth_only": None}, True),
        ({"status": "inactive "}, False),
        ({"status": "Active", "deleted": True}, False),
        *((columns, False) for columns in UNUSABLE.values()),
    ],
)
def test_who_may_authenticate(columns: dict[str, object], allowed: object) -> None:
    """The rule is SuiteCRM's for its web login, with its ways about NULL and about case."""
    assert User(**columns).standing.may_authenticate is allowed

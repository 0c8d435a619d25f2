"""Clients and users are found by what somebody types of their names, on every database."""

import pytest
from sqlalchemy.orm import Session

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, User
from crm_oauth.store.name_search import clients_of, find_clients, find_users, ids_of_users, user_names

from .test_token_pages import reading


@pytest.fixture
def rows(database: Database) -> Database:
    """Some clients and users, a deleted one of each, and a user who is inactive."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="c1", name="Beta 50% off", allowed_grant_type="password"))
        stores.clients.add(Client(id="c2", name="Alpha", allowed_grant_type="client_credentials"))
        stores.clients.add(Client(id="c3", name="alphabet", allowed_grant_type="password"))
        stores.clients.add(Client(id="c4", name="Alpha", allowed_grant_type="password", deleted=True))
        active = {"status": "Active"}
        stores.users.add(User(id="u1", user_name="Joe", first_name="Ann", last_name="Smith", **active))
        stores.users.add(User(id="u2", user_name="amy", first_name="x", last_name="Johnson", **active))
        stores.users.add(User(id="u3", user_name="zoe", first_name="JO_", last_name=None, **active))
        stores.users.add(User(id="u4", user_name="joe", deleted=True, **active))
        stores.users.add(User(id="u5", user_name="jo", status="Inactive"))
    return database


def ids(session: Session, part: str = "", grant: str = "", limit: int = 9, *, deleted: bool = False) -> list[str]:
    """Return the ids of the clients that are found, in order."""
    return [client.id for client in find_clients(session, part, grant=grant, limit=limit, deleted=deleted)]


def test_clients_are_found_by_a_part_of_their_name(rows: Database) -> None:
    """All that is asked for must hold; the first by name are told, in any case, and deleted ones when asked for."""
    with reading(rows) as session:
        assert ids(session) == ["c2", "c3", "c1"]
        assert ids(session, limit=2) == ["c2", "c3"]
        assert ids(session, "PHA") == ["c2", "c3"]
        assert ids(session, "pha", grant="password") == ["c3"]
        assert ids(session, "alpha", deleted=True) == ["c2", "c4", "c3"]
        assert ids(session, "50%") == ["c1"]
        assert [ids(session, wild) for wild in ("a%t", "alph_", "/")] == [[], [], []]


def test_users_are_proposed_by_how_a_name_begins(rows: Database) -> None:
    """User name, first name or last name begin as typed, in any case; who is deleted or inactive is not proposed."""
    with reading(rows) as session:

        def proposed(part: str) -> list[str]:
            return [user.id for user in find_users(session, part)]

        assert sorted(proposed("jO")) == ["u1", "u2", "u3"]
        assert proposed("smi") == ["u1"]
        assert [proposed(part) for part in ("oe", "j%", "jo__", "/")] == [[], [], [], []]
        assert proposed("jo_") == ["u3"]


def test_few_of_many_users_are_proposed(database: Database) -> None:
    """However many there are, twenty are proposed, by user name."""
    with database.unit_of_work() as stores:
        for number in range(21):
            stores.users.add(User(id=f"{number}", user_name=f"j{20 - number:02}", status="Active"))
    with reading(database) as session:
        assert [user.user_name for user in find_users(session, "j")] == [f"j{number:02}" for number in range(20)]


def test_names_of_the_dead_are_known(rows: Database) -> None:
    """Deleted clients and users are found by id, and users by their whole name in any case: lists show what was."""
    with reading(rows) as session:
        assert ids_of_users(session, "JOE") == ["u1", "u4"]
        assert ids_of_users(session, "jo_") == []
        assert user_names(session, {"u4", "u5", "none"}) == {"u4": "joe", "u5": "jo"}
        assert {key: client.name for key, client in clients_of(session, {"c1", "c4"}).items()} == {
            "c1": "Beta 50% off",
            "c4": "Alpha",
        }

"""No look-up that a request makes reads a whole table."""

import re
from collections.abc import Callable

import pytest

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token, User
from crm_oauth.store.ports import Repositories, TokenFilter
from tests.support.plans import plan_of, statements

from .conftest import NOW

PRIMARY_KEY = r"PRIMARY|\w+_pkey|sqlite_autoindex_\w+_1"

LOOK_UPS: dict[str, tuple[Callable[[Repositories], object], str]] = {
    "client by id": (lambda stores: stores.clients.get("7"), PRIMARY_KEY),
    "user by id": (lambda stores: stores.users.get("7"), PRIMARY_KEY),
    "user by name": (lambda stores: stores.users.find_by_name("NAME-7"), r"ix_users_user_name\w*"),
    "access token": (
        lambda stores: stores.tokens.find_by_access_token("access-7"),
        "ix_oauth2tokens_access_token",
    ),
    "refresh token": (
        lambda stores: stores.tokens.find_by_refresh_token("refresh-7"),
        "ix_oauth2tokens_refresh_token",
    ),
    "redeem": (
        lambda stores: stores.tokens.redeem("refresh-7", access_token="access-7", client_id="7", now=NOW),
        r"ix_oauth2tokens_\w+_token|ix_oauth2tokens_client",
    ),
    "tokens of a client": (
        lambda stores: stores.tokens.list(TokenFilter(client_id="7")),
        "ix_oauth2tokens_client",
    ),
    "revoke by user": (
        lambda stores: stores.tokens.revoke(TokenFilter(user_id="7"), now=NOW),
        "ix_oauth2tokens_assigned_user_id",
    ),
}


@pytest.fixture
def filled(database: Database) -> Database:
    """A database with rows enough that reading them all would not be the shortest way."""
    with database.unit_of_work() as stores:
        for number in map(str, range(100)):
            stores.clients.add(Client(id=number))
            stores.users.add(User(id=number, user_name=f"name-{number}"))
            stores.tokens.add(
                Token(
                    client=number,
                    assigned_user_id=number,
                    access_token=f"access-{number}",
                    refresh_token=f"refresh-{number}",
                )
            )
    return database


@pytest.mark.parametrize(("look_up", "index"), LOOK_UPS.values(), ids=LOOK_UPS.keys())
def test_look_up_uses_its_index(filled: Database, look_up: Callable[[Repositories], object], index: str) -> None:
    """The database's own plan of the first statement names the index, and no reading of a whole table."""
    with filled.connection() as connection:
        engine = connection.engine
    with statements(engine) as seen, filled.unit_of_work() as stores:
        look_up(stores)
    plan = plan_of(filled, *seen[0])
    assert re.search(rf"\b({index})\b", plan)
    assert not re.search(r"SCAN oauth|SCAN users|Seq Scan|'type': 'ALL'", plan)

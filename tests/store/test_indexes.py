"""No look-up that a request makes reads a whole table."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token, User
from crm_oauth.store.own_models import Refresh
from crm_oauth.store.ports import Repositories, Session, TokenFilter
from crm_oauth.store.sessions import BY_ACCESS_TOKEN
from tests.support.new_tokens import new_token
from tests.support.plans import parts, plan_of, statements

from .conftest import NOW

PRIMARY_KEY = r"PRIMARY|\w+_pkey|sqlite_autoindex_\w+_1"

LATELY = datetime.now(UTC) + timedelta(minutes=1)
"""After the rows below."""

CLIENT = Client(id="7", is_confidential=True, allowed_grant_type="password", deleted=False)
USER = User(id="7", deleted=False, portal_only=False, is_group=False, external_auth_only=False)
SESSION = Session(
    row_id="7",
    client_id="7",
    user_id="7",
    access_token="access-7",
    refresh_token="refresh-7",
    access_token_expires=None,
    refresh_token_expires=None,
    is_used=False,
    is_revoked=False,
    has_client=True,
    user=None,
)

READS_ALL = r"SCAN oauth|SCAN users|Seq Scan|'type': 'ALL'"
LOOK_UPS: dict[str, tuple[Callable[[Repositories], object], str]] = {
    "client by id": (lambda stores: stores.clients.get("7"), PRIMARY_KEY),
    "client with user": (lambda stores: stores.clients.get_with_user("7"), PRIMARY_KEY),
    "user by id": (lambda stores: stores.users.get("7"), PRIMARY_KEY),
    "user by name": (lambda stores: stores.users.find_by_name("NAME-7"), r"ix_users_user_name\w*"),
    "access token": (
        lambda stores: stores.tokens.find_session("access-7"),
        "ix_oauth2tokens_access_token",
    ),
    "refresh token": (
        lambda stores: stores.tokens.find_refreshable("refresh-7"),
        "ix_oauth2tokens_refresh_token",
    ),
    "refresh": (lambda stores: stores.tokens.refresh(SESSION, CLIENT, new_token(), now=NOW), PRIMARY_KEY),
    "issue for a client": (lambda stores: stores.tokens.issue(new_token(), CLIENT, None), PRIMARY_KEY),
    "issue for a user": (lambda stores: stores.tokens.issue(new_token(), CLIENT, USER), PRIMARY_KEY),
    "unchanged client": (lambda stores: stores.clients.require_unchanged(CLIENT, USER), PRIMARY_KEY),
    "use": (lambda stores: stores.tokens.find_use("7"), PRIMARY_KEY),
    "tokens of a client": (
        lambda stores: stores.tokens.list(TokenFilter(client_id="7")),
        "ix_oauth2tokens_client",
    ),
    "revoke by user": (
        lambda stores: stores.tokens.revoke(TokenFilter(user_id="7"), now=NOW),
        "ix_oauth2tokens_assigned_user_id",
    ),
    "revoke what was issued lately": (
        lambda stores: stores.tokens.revoke(TokenFilter(entered_from=LATELY), now=NOW),
        "ix_oauth2tokens_entered",
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
                    id=number,
                    client=number,
                    assigned_user_id=number,
                    access_token=f"access-{number}",
                    refresh_token=f"refresh-{number}",
                )
            )
    with database.connection() as connection:
        # Where MariaDB sees that there is no such row, it tells no plan.
        used = [{"token_id": f"{n}", "successor_id": f"{n + 1}", "line_id": f"{n}", "used_at": NOW} for n in range(99)]
        connection.execute(insert(Refresh), used)
    return database


@pytest.mark.parametrize(("look_up", "index"), LOOK_UPS.values(), ids=LOOK_UPS.keys())
def test_look_up_uses_its_index(filled: Database, look_up: Callable[[Repositories], object], index: str) -> None:
    """The plan of the first statement that has one names the index, and no reading of a whole table."""
    with statements(filled) as seen, filled.unit_of_work() as stores:
        look_up(stores)
    told = [part for statement, parameters in seen for part in parts(statement, parameters)]
    plan = plan_of(filled, *next(each for each in told if not each[0].startswith("BEGIN")))
    assert re.search(rf"\b({index})\b", plan)
    assert not re.search(READS_ALL, plan)


def test_sessions_looked_up_together_use_the_index(filled: Database) -> None:
    """As many sessions as are ever looked up together are so by the index of their tokens."""
    with statements(filled) as seen, filled.work() as unit:
        found = BY_ACCESS_TOKEN(unit, [f"access-{number}" for number in range(8)])
    assert [session.row_id for session in found if session] == list("01234567")
    plan = plan_of(filled, *seen[0])
    assert "ix_oauth2tokens_access_token" in plan
    assert not re.search(READS_ALL, plan)

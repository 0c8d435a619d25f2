"""Token pairs that succeed one another are one line of sessions, and end together."""

from datetime import timedelta
from threading import Thread

import pytest

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, NewToken, Token, User
from crm_oauth.store.ports import Repositories, TokenFilter
from tests.support.new_tokens import new_token

from .conftest import NOW, TokenMaker


def named(row_id: str) -> dict[str, str]:
    """Return the columns of a row whose identifiers tell its id."""
    return {"id": row_id, "access_token": f"access-{row_id}", "refresh_token": f"refresh-{row_id}"}


def refresh(stores: Repositories, row: Token | NewToken, successor_id: str) -> NewToken:
    """Redeem a row and insert its successor, as the pipeline does; nothing else changes the client meanwhile."""
    session = stores.tokens.find_refreshable(str(row.refresh_token))
    client, _user = stores.clients.get_with_user(str(row.client)) or (None, None)
    assert session is not None
    assert client is not None
    successor = new_token(
        **named(successor_id),
        client="client-1",
        assigned_user_id="user-1",
        date_entered=NOW - timedelta(minutes=9),  # by a server whose clock is behind
        access_token_expires=NOW + timedelta(hours=1),
        refresh_token_expires=NOW + timedelta(days=1),
    )
    assert stores.tokens.refresh(session, client, successor, now=NOW)
    return successor


@pytest.fixture
def line(database: Database, client: Client, add_token: TokenMaker) -> list[Token | NewToken]:
    """Three generations `a`, `b`, `c` of one session, and before them two, `x` and `y`, of the same user and client."""
    rows: list[Token | NewToken] = []
    for ids in ("xy", "abc"):
        rows = [add_token(**named(ids[0]), client=client.id)]
        for row_id in ids[1:]:
            with database.unit_of_work() as stores:
                rows.append(refresh(stores, rows[-1], row_id))
    return rows


def revoked(database: Database) -> set[str]:
    """Return the ids of all revoked rows, used ones too."""
    with database.unit_of_work() as stores:
        found = [stores.tokens.find_refreshable(f"refresh-{row_id}") for row_id in "abcxy"]
        return {session.row_id for session in found if session and session.is_revoked}


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize(
    "which", [TokenFilter(row_id="a"), TokenFilter(row_id="b"), TokenFilter(access_token="access-c")], ids=str
)
def test_revoking_one_ends_its_line(database: Database, which: TokenFilter) -> None:
    """Whichever generation is chosen, the whole line is revoked and no other; only its live row is counted."""
    with database.unit_of_work() as stores:
        assert stores.tokens.revoke(which, now=NOW) == 1
    assert revoked(database) == {"a", "b", "c"}


def test_a_use_is_found_with_its_successor(database: Database, line: list[Token | NewToken]) -> None:
    """A used row tells when it was used and, while that is live and not revoked, which row took its place."""
    with database.unit_of_work() as stores:
        _, successor = stores.tokens.find_use(line[0].id) or (None, None)
        assert successor is None, "b was used in its turn"
        use, successor = stores.tokens.find_use(line[1].id) or (None, None)
        assert use is not None
        assert successor is not None
        assert (use.line_id, use.used_at, successor.id) == ("a", NOW, "c")
        assert stores.tokens.find_use(line[2].id) is None
        stores.tokens.revoke(TokenFilter(row_id="c"), now=NOW)
        assert (stores.tokens.find_use(line[1].id) or ("", line[1]))[1] is None


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("which", [TokenFilter(row_id="a"), TokenFilter(user_id="user-1"), TokenFilter()], ids=str)
def test_a_refresh_at_that_moment_does_not_escape(
    database: Database, add_token: TokenMaker, which: TokenFilter
) -> None:
    """A pair that an uncommitted refresh mints, its access token over, while its line is revoked is revoked too."""
    row = add_token(**named("a"), access_token_expires=NOW)
    counts: list[int] = []

    def revoke() -> None:
        with database.unit_of_work() as stores:
            counts.append(stores.tokens.revoke(which, now=NOW))

    revoker = Thread(target=revoke)
    with database.work() as unit:
        unit.begin()  # where a refresh is one statement, it would be over too soon
        refresh(database.stores(unit), row, "b")
        revoker.start()
        revoker.join(0.5)  # it must be waiting for the row by now; being slower only makes the test easier
        assert not counts
    revoker.join()
    assert revoked(database) >= {"b"}


def test_a_session_comes_with_client_and_user(database: Database, add_token: TokenMaker) -> None:
    """A session is good while its client is there and its user may authenticate, and for an ownerless one always."""
    add_token(**named("a"))
    add_token(**named("machine"), assigned_user_id=None)
    add_token(**named("late"), access_token_expires=NOW)

    def good(row_id: str) -> tuple[bool, bool]:
        with database.unit_of_work() as stores:
            session = stores.tokens.find_session(f"access-{row_id}")
            same = stores.tokens.find_refreshable(f"refresh-{row_id}")
        assert session is not None
        assert same is not None
        told = session.access_token_is_good(NOW), session.refresh_token_is_good(NOW)
        assert told == (same.access_token_is_good(NOW), same.refresh_token_is_good(NOW))
        return told

    assert good("a") == (False, False), "its client does not exist"
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="client-1"))
    assert good("a") == (False, False), "its user does not exist"
    assert good("machine") == (True, True)
    with database.unit_of_work() as stores:
        stores.users.add(User(id="user-1", user_name="joe", status="Active"))
    assert good("a") == (True, True)
    assert good("late") == (False, True)
    with database.unit_of_work() as stores:
        user = stores.users.get("user-1")
        assert user is not None
        user.status = "Inactive"
    assert good("a") == (False, False)

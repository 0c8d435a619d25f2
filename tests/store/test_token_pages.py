"""Pages of a search hold each of its rows once, in order, whichever way one leafs through them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import null, select
from sqlalchemy.orm import Session

from bench.filling import add_tokens
from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token
from crm_oauth.store.token_pages import ORDERS, Pages, Place, count, pages
from crm_oauth.store.token_search import TokenSearch
from tests.support.database_servers import DatabaseServer
from tests.support.plans import plan_of, statements

from .conftest import NOW, TokenMaker

SIZE = 3


@contextmanager
def reading(database: Database) -> Iterator[Session]:
    """Lend a session."""
    with database.work() as unit:
        yield unit.session


@pytest.fixture
def ids(add_token: TokenMaker, database: Database) -> list[str]:
    """Tokens with equal times, with none, revoked, used, of two clients and two users."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="client-1", allowed_grant_type="password"))
        stores.clients.add(Client(id="client-2", allowed_grant_type="client_credentials"))
    made = []
    for number in range(20):
        token = add_token(
            id=f"{number * 7 % 20:02}-id",
            date_entered=NOW - timedelta(hours=number // 4),
            access_token_expires=None if number % 7 == 5 else NOW + timedelta(hours=number % 5 - 2),
            refresh_token_expires=None if number % 3 == 0 else NOW + timedelta(days=number % 4),
            token_is_revoked=[True, False, null(), False][number % 4],
            client=f"client-{number % 2 + 1}",
            assigned_user_id=f"user-{number % 3}",
            deleted=number == 11,
        )
        made.append(token.id)
    return sorted(set(made) - {made[11]})


def leaf(session: Session, found: Pages, order: str, *, forwards: bool) -> list[str]:
    """Go through all pages, and return the ids in the order in which they are read from first to last."""
    page = found.after(None, SIZE) if forwards else found.before(None, SIZE)
    seen = [row.id for row in page.rows]
    while page.has_next if forwards else page.has_previous:
        end = Place.of(page.rows[-1] if forwards else page.rows[0], ORDERS[order])
        place = Place.parse(str(end), ORDERS[order])
        page = found.after(place, SIZE) if forwards else found.before(place, SIZE)
        ids = [row.id for row in page.rows]
        seen = seen + ids if forwards else ids + seen
    session.expunge_all()
    return seen


@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
@pytest.mark.parametrize("descending", [True, False], ids=["descending", "ascending"])
@pytest.mark.parametrize("order", ORDERS)
def test_leafing_shows_each_row_once(
    database: Database,
    ids: list[str],
    order: str,
    descending: bool,  # noqa: FBT001  # pytest's way
    few: bool,  # noqa: FBT001  # pytest's way
) -> None:
    """Forwards and backwards the pages are the same, hold every row once, and are in order."""
    with reading(database) as session:
        found = pages(session, TokenSearch(), ORDERS[order], descending=descending, few=few)
        forwards = leaf(session, found, order, forwards=True)
        assert forwards == leaf(session, found, order, forwards=False)
        assert sorted(forwards) == ids
        rows = [session.get_one(Token, each) for each in forwards]
        firsts = [getattr(row, ORDERS[order][0].key) for row in rows]
        comparable = [(value is not None, value) if value is not None else (False,) for value in firsts]
        assert comparable == sorted(comparable, reverse=descending)


@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
def test_the_ends_are_told(
    database: Database,
    add_token: TokenMaker,
    few: bool,  # noqa: FBT001  # pytest's way
) -> None:
    """Nothing is before the first page, nor after the last, which may be full, and so of a page that holds all."""
    for _ in range(2 * SIZE):
        add_token()
    order = ORDERS["entered"]
    with reading(database) as session:
        found = pages(session, TokenSearch(), order, descending=True, few=few)
        first, last = found.after(None, SIZE), found.before(None, SIZE)
        second, first_again = (
            found.after(Place.of(first.rows[-1], order), SIZE),
            found.before(Place.of(last.rows[0], order), SIZE),
        )
        whole, whole_again = found.after(None, 2 * SIZE), found.before(None, 2 * SIZE)
    assert [(page.has_previous, page.has_next) for page in (first, first_again)] == [(False, True)] * 2
    assert [(page.has_previous, page.has_next) for page in (last, second)] == [(True, False)] * 2
    assert [(page.has_previous, page.has_next) for page in (whole, whole_again)] == [(False, False)] * 2


SEARCHES = {
    "client": (TokenSearch(client_ids=("client-2",)), lambda row: row.client == "client-2"),
    "clients": (TokenSearch(client_ids=("client-2", "client-1")), lambda _row: True),
    "no client": (TokenSearch(client_ids=()), lambda _row: False),
    "user": (TokenSearch(user_ids=("user-1",)), lambda row: row.assigned_user_id == "user-1"),
    "revoked": (TokenSearch(revoked=True), lambda row: row.token_is_revoked),
    "not revoked": (TokenSearch(revoked=False), lambda row: not row.token_is_revoked),
    "active": (
        TokenSearch(active_at=NOW),
        lambda row: row.access_token_expires and row.access_token_expires > NOW and not row.token_is_revoked,
    ),
    "grant": (TokenSearch(grant="client_credentials"), lambda row: row.client == "client-2"),
    "id": (TokenSearch(token_id="1"), lambda row: row.id.startswith("1")),
    "wild id": (TokenSearch(token_id="%"), lambda _row: False),
    "access range": (
        TokenSearch(access_from=NOW, access_until=NOW + timedelta(hours=1)),
        lambda row: row.access_token_expires and NOW <= row.access_token_expires <= NOW + timedelta(hours=1),
    ),
    "refresh range": (
        TokenSearch(refresh_from=NOW + timedelta(days=1), refresh_until=NOW + timedelta(days=2)),
        lambda row: row.refresh_token_expires and 1 <= (row.refresh_token_expires - NOW).days <= 2,
    ),
    "issued": (
        TokenSearch(entered_until=NOW - timedelta(hours=2)),
        lambda row: row.date_entered <= NOW - timedelta(hours=2),
    ),
    "several": (
        TokenSearch(client_ids=("client-2",), user_ids=("user-1",), revoked=False),
        lambda row: row.client == "client-2" and row.assigned_user_id == "user-1" and not row.token_is_revoked,
    ),
}


@pytest.mark.parametrize(("search", "fits"), SEARCHES.values(), ids=SEARCHES.keys())
def test_searches(database: Database, ids: list[str], search: TokenSearch, fits: object) -> None:
    """Each search finds and counts exactly the live rows that fit, with few rows and with many."""
    assert callable(fits)
    with reading(database) as session:
        expected = sorted(each for each in ids if fits(session.get_one(Token, each)))
        for few in (True, False):
            found = pages(session, search, ORDERS["entered"], descending=True, few=few)
            assert sorted(row.id for row in found.after(None, 50).rows) == expected
        assert count(session, search) == len(expected)
        assert count(session, search, limit=2) == min(len(expected), 3)


def test_jti_is_found_whole_only(database: Database, add_token: TokenMaker) -> None:
    """A text longer than a row's id is looked up as the identifier of an access token, and a whole id as an id."""
    token = add_token(access_token="a" * 80)
    add_token(access_token="b" * 37)
    with reading(database) as session:
        assert count(session, TokenSearch(token_id="a" * 80)) == 1
        assert count(session, TokenSearch(token_id="a" * 79)) == 0
        assert count(session, TokenSearch(token_id="b" * 37)) == 1
        assert count(session, TokenSearch(token_id=token.id[:9])) == 2
        assert count(session, TokenSearch(token_id=token.id)) == 1


@pytest.mark.parametrize("text", ["", "~", "1~", "x~id", "1~2~3", "id", *(f"{10**power}~id" for power in (15, 18, 30))])
def test_no_place(text: str) -> None:
    """What is no place in an order is told from one, nothing at all from the place of an id too."""
    assert Place.parse(text, ORDERS["entered"]) is None
    assert Place.parse("", ORDERS["id"]) is None


@pytest.mark.parametrize("descending", [True, False], ids=["descending", "ascending"])
@pytest.mark.parametrize("order", ORDERS)
def test_mariadb_sorts_nothing(
    mariadb_server: DatabaseServer,
    order: str,
    descending: bool,  # noqa: FBT001  # pytest's way
) -> None:
    """Pages of many tokens are read as they lie in an index, from either end, whatever else is searched for.

    A user's own tokens lie in one by the date of issue.
    """
    url = mariadb_server.new_database()
    mariadb_server.give_schema(url)
    add_tokens(url, 0, 3000)
    database = Database(url)
    with reading(database) as session:
        user = str(session.scalar(select(Token.assigned_user_id).limit(1)))
    ending = datetime.now(UTC) + timedelta(minutes=58)
    with statements(database) as sent, reading(database) as session:
        for search in TokenSearch(), TokenSearch(active_at=ending), TokenSearch(user_ids=(user,)):
            found = pages(session, search, ORDERS[order], descending=descending, few=False)
            first = found.after(None, SIZE)
            for row in first.rows[-1], found.before(None, SIZE).rows[-1]:
                found.after(Place.of(row, ORDERS[order]), SIZE)
                found.before(Place.of(row, ORDERS[order]), SIZE)
    plans = [plan_of(database, *each) for each in sent]
    database.dispose()
    mariadb_server.drop_database(url)
    assert [plan for plan in plans if "filesort" in plan] == []
    used = [plan for plan in plans if "'key': 'ix_oauth2tokens_assigned_user_id'" in plan]
    assert bool(used) is (order == "entered")

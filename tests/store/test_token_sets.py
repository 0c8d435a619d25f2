"""Tokens are listed and revoked by what they have in common."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import null

from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.ports import TokenFilter

from .conftest import NOW, TokenMaker

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SINCE_THE_YEAR_980 = 33_000_000_000
"""Seconds; MySQL's calendar begins later."""

FILTERS = [
    (TokenFilter(), "abcd"),
    (TokenFilter(row_id="a"), "a"),
    (TokenFilter(row_id="A"), ""),
    (TokenFilter(row_id="a "), ""),
    (TokenFilter(row_id=""), ""),
    (TokenFilter(access_token="access-b"), "b"),
    (TokenFilter(access_token="access-b "), ""),
    (TokenFilter(access_token="deleted"), ""),
    (TokenFilter(client_id="client-1"), "acd"),
    (TokenFilter(client_id="client-2"), "b"),
    (TokenFilter(client_id="client-2 "), ""),
    (TokenFilter(client_id="client-1", user_id="user-2"), "c"),
    (TokenFilter(user_id="user-1"), "abd"),
    (TokenFilter(user_id="USER-1"), ""),
    (TokenFilter(access_token="access-b", client_id="client-2"), "b"),
    (TokenFilter(access_token="access-b", client_id="client-1"), ""),
    (TokenFilter(access_token="access-b", client_id="CLIENT-2"), ""),
    (TokenFilter(access_token="access-b", client_id="client-2 "), ""),
    (TokenFilter(row_id="c", user_id="user-2"), "c"),
    (TokenFilter(row_id="c", user_id="user-1"), ""),
    (TokenFilter(active_at=NOW), "abc"),
    (TokenFilter(active_at=NOW + HOUR), "ac"),
    (TokenFilter(active_at=NOW + DAY), ""),
    (TokenFilter(entered_from=NOW), "abcd"),
    (TokenFilter(entered_from=NOW + SECOND), ""),
]


@pytest.fixture
def tokens(add_token: TokenMaker) -> None:
    """Four live tokens `a` to `d`, of which `d` is revoked and `c` never said whether it is, and a deleted one."""
    rows: dict[str, dict[str, Any]] = {
        "a": {"access_token_expires": NOW - HOUR},
        "b": {"client": "client-2", "refresh_token": None, "refresh_token_expires": None},
        "c": {"assigned_user_id": "user-2", "token_is_revoked": null()},
        "d": {"token_is_revoked": True},
        "e": {"access_token": "deleted", "deleted": True},
    }
    for row_id, columns in rows.items():
        add_token(**{"id": row_id, "access_token": f"access-{row_id}", **columns})


def ids(rows: Sequence[Token]) -> str:
    """Ids of one letter, joined in order."""
    return "".join(row.id for row in rows)


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(("which", "expected"), FILTERS, ids=str)
def test_filter_selects(database: Database, which: TokenFilter, expected: str) -> None:
    """A filter lists the live rows for which all that it names holds, exactly spelled, and revokes those alone."""
    with database.unit_of_work() as stores:
        assert sorted(ids(stores.tokens.list(which))) == sorted(expected)
        assert stores.tokens.revoke(which, now=NOW + SECOND) == len(expected.replace("d", ""))
    with database.unit_of_work() as stores:
        rows = stores.tokens.list(TokenFilter())
        assert {row.id for row in rows if row.token_is_revoked} == {*expected, "d"}
        assert {row.id for row in rows if row.date_modified == NOW + SECOND} == {*expected} - {"d"}


@pytest.mark.parametrize("key", [TokenFilter(access_token="access"), TokenFilter(row_id="a")], ids=str)
def test_what_is_nobodys_is_not_found_by_an_empty_name(
    database: Database, add_token: TokenMaker, key: TokenFilter
) -> None:
    """A token without client and user is found by its key alone, and not together with an empty client or user."""
    add_token(id="a", access_token="access", client=None, assigned_user_id=None)
    with database.unit_of_work() as stores:
        assert ids(stores.tokens.list(key)) == "a"
        for named in replace(key, client_id=""), replace(key, user_id=""):
            assert stores.tokens.list(named) == []
            assert stores.tokens.revoke(named, now=NOW) == 0


@pytest.mark.usefixtures("tokens")
def test_revoking_twice_counts_once(database: Database) -> None:
    """Rows revoked before are neither counted nor dated anew."""
    with database.unit_of_work() as stores:
        assert stores.tokens.revoke(TokenFilter(), now=NOW) == 3
        assert stores.tokens.revoke(TokenFilter(), now=NOW + SECOND) == 0


@pytest.mark.usefixtures("tokens")
def test_row_loaded_before_is_read_anew(database: Database) -> None:
    """A look-up tells what the database holds now, within the unit of work that revoked the row too."""
    with database.unit_of_work() as stores:
        [before] = stores.tokens.list(TokenFilter(row_id="a"))
        assert not before.token_is_revoked
        stores.tokens.revoke(TokenFilter(), now=NOW)
        [after] = stores.tokens.list(TokenFilter(row_id="a"))
        assert after.token_is_revoked
        session = stores.tokens.find_session("access-a")
        assert session is not None
        assert session.is_revoked


def pages_of(database: Database, size: int) -> list[str]:
    """Return the ids of each page, until one is empty."""
    with database.unit_of_work() as stores:
        pages = [stores.tokens.list(TokenFilter(), limit=size)]
        while pages[-1]:
            pages.append(stores.tokens.list(TokenFilter(), limit=size, after=pages[-1][-1]))
    return [ids(page) for page in pages]


@pytest.mark.parametrize("size", range(1, 8))
def test_rows_without_a_date_are_listed_last(database: Database, add_token: TokenMaker, size: int) -> None:
    """Each row is listed once, wherever pages end, and those without a likely date after all others."""
    ages = {"a": None, "b": 1, "c": SINCE_THE_YEAR_980, "d": 2, "e": 2, "f": None}
    for row_id, age in ages.items():
        add_token(id=row_id, date_entered=null() if age is None else NOW - age * SECOND)
    told = "bedfca"
    assert pages_of(database, size) == [*(told[start : start + size] for start in range(0, len(told), size)), ""]


def test_list_goes_on_after_a_row(database: Database, add_token: TokenMaker) -> None:
    """Pages show each row once, the newest first, rows of the same second too."""
    for row_id, age in {"a": 3, "b": 1, "c": 2, "d": 2, "e": 2}.items():
        add_token(id=row_id, date_entered=NOW - age * SECOND)
    assert pages_of(database, 2) == ["be", "dc", "a", ""]

"""A refresh token is used up once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from crm_oauth.store.db import Database

from .conftest import NOW, TokenMaker

THREADS = 50

PRESENTED: dict[str, Any] = {"refresh_token": "refresh", "access_token": "access", "client_id": "client-1", "now": NOW}


@pytest.fixture
def token(add_token: TokenMaker) -> None:
    """The token that `PRESENTED` redeems."""
    add_token(access_token="access", refresh_token="refresh", refresh_token_expires=NOW + timedelta(seconds=1))


@pytest.mark.usefixtures("token")
def test_redeemed_token_is_dead(database: Database) -> None:
    """The first redemption succeeds, kills both tokens and dates the row; no later one succeeds."""
    with database.unit_of_work() as stores:
        token = stores.tokens.find_by_refresh_token("refresh")
        assert token is not None
        assert stores.tokens.redeem(**PRESENTED)
        assert not stores.tokens.redeem(**PRESENTED)
    with database.unit_of_work() as stores:
        assert not stores.tokens.redeem(**PRESENTED)
        assert stores.tokens.find_by_access_token("access") is None
        assert stores.tokens.find_session("access") is None
        used = stores.tokens.find_by_refresh_token("refresh")
        assert used is not None
        assert used.deleted


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "otherwise",
    [
        {"refresh_token": "unknown"},
        {"refresh_token": "REFRESH"},
        {"refresh_token": "refresh "},
        {"refresh_token": ""},
        {"access_token": "access-2"},
        {"access_token": "access "},
        {"client_id": "client-2"},
        {"client_id": "Client-1"},
        {"client_id": "client-1 "},
        {"now": NOW + timedelta(seconds=1)},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(database: Database, otherwise: dict[str, object]) -> None:
    """Another token, access token, client or a late time redeems nothing and leaves the token good."""
    with database.unit_of_work() as stores:
        assert not stores.tokens.redeem(**{**PRESENTED, **otherwise})
    with database.unit_of_work() as stores:
        assert stores.tokens.redeem(**PRESENTED)


@pytest.mark.parametrize(
    "columns",
    [{"token_is_revoked": True}, {"deleted": True}, {"refresh_token_expires": None}, {"refresh_token_expires": NOW}],
    ids=str,
)
def test_dead_token_is_refused(database: Database, add_token: TokenMaker, columns: dict[str, object]) -> None:
    """A revoked, deleted or expired refresh token redeems nothing, nor one that has no expiry."""
    add_token(**{"access_token": "access", "refresh_token": "refresh", **columns})
    with database.unit_of_work() as stores:
        assert not stores.tokens.redeem(**PRESENTED)


def test_never_revoked_is_not_revoked(database: Database, add_token: TokenMaker) -> None:
    """A row whose `token_is_revoked` is NULL, as old rows are, can be redeemed."""
    add_token(access_token="access", refresh_token="refresh", token_is_revoked=None)
    with database.unit_of_work() as stores:
        assert stores.tokens.redeem(**PRESENTED)


@pytest.mark.usefixtures("token", "database")
def test_of_fifty_at_once_one_wins(database_url: str) -> None:
    """Of 50 units of work that have all seen the token good, exactly one redeems it and none fails."""
    database = Database(database_url, pool_size=THREADS)
    all_have_read = Barrier(THREADS)

    def redeem() -> bool:
        with database.unit_of_work() as stores:
            assert stores.tokens.find_by_refresh_token("refresh") is not None
            all_have_read.wait()
            return stores.tokens.redeem(**PRESENTED)

    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = [future.result() for future in [threads.submit(redeem) for _ in range(THREADS)]]
    database.dispose()
    assert sorted(outcomes) == [False] * (THREADS - 1) + [True]

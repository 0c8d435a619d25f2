"""A refresh token is used up once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, null, update
from sqlalchemy.exc import IntegrityError

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client
from crm_oauth.store.ports import Session, TokenFilter
from tests.support.drivers import EVERY_DRIVER
from tests.support.new_tokens import new_token

from .conftest import CLIENT_CHANGES, NOW, TokenMaker, redeem

pytestmark = EVERY_DRIVER

THREADS = 50


@pytest.fixture
def token(add_token: TokenMaker) -> None:
    """A token that `client` can redeem, at NOW and no later."""
    add_token(access_token="access", refresh_token="refresh", refresh_token_expires=NOW + timedelta(seconds=1))


def found(database: Database) -> Session:
    """Return the session of the refresh token, used or not."""
    with database.unit_of_work() as stores:
        session = stores.tokens.find_refreshable("refresh")
    assert session is not None
    return session


@pytest.mark.usefixtures("token")
def test_redeemed_token_is_dead(database: Database, client: Client) -> None:
    """The first redemption succeeds, kills both tokens and tells so; no later one succeeds."""
    assert not found(database).is_used
    with database.unit_of_work() as stores:
        assert redeem(stores, client)
        assert not redeem(stores, client)
    with database.unit_of_work() as stores:
        assert not redeem(stores, client)
        assert stores.tokens.find_session("access") is None
        assert stores.tokens.list(TokenFilter(access_token="access")) == []
    assert found(database).is_used


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("row_id", ["unknown", ""])
def test_another_row_is_refused(database: Database, client: Client, row_id: str) -> None:
    """A session of no row redeems nothing and leaves the token good."""
    with database.unit_of_work() as stores:
        assert not stores.tokens.refresh(replace(found(database), row_id=row_id), client, new_token(), now=NOW)
    with database.unit_of_work() as stores:
        assert redeem(stores, client)


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("client_id", ["client-2", "Client-1", "client-1 "])
def test_another_client_is_refused(database: Database, client: Client, client_id: str) -> None:
    """Another client, which is there and unchanged too, redeems nothing and leaves the token good."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="client-2"))
    with database.unit_of_work() as stores:
        other = stores.clients.get(client_id) or Client(id=client_id)
        assert not redeem(stores, other)
    with database.unit_of_work() as stores:
        assert redeem(stores, client)


@pytest.mark.usefixtures("token")
def test_late_redemption_is_refused(database: Database, client: Client) -> None:
    """At the second of its expiry a token is not redeemed, and a second earlier it is."""
    with database.unit_of_work() as stores:
        assert not redeem(stores, client, now=NOW + timedelta(seconds=1))
        assert redeem(stores, client, now=NOW)


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(("column", "value"), CLIENT_CHANGES)
def test_changed_client_is_refused(database: Database, client: Client, column: str, value: object) -> None:
    """A client that was changed since it was read redeems nothing; as it is now it does, unless it is deleted."""
    with database.connection() as connection:
        connection.execute(update(Client).values({column: value}))
    with database.unit_of_work() as stores:
        assert not redeem(stores, client)
    assert not found(database).is_used
    with database.unit_of_work() as stores:
        now, _user = stores.clients.get_with_user(client.id) or (None, None)
        assert now is None or redeem(stores, now)


@pytest.mark.usefixtures("token")
def test_vanished_client_is_refused(database: Database, client: Client) -> None:
    """A client whose row is gone redeems nothing."""
    with database.connection() as connection:
        connection.execute(delete(Client))
    with database.unit_of_work() as stores:
        assert not redeem(stores, client)
    assert not found(database).is_used


@pytest.mark.parametrize(
    "columns",
    [{"token_is_revoked": True}, {"deleted": True}, {"refresh_token_expires": None}, {"refresh_token_expires": NOW}],
    ids=str,
)
def test_dead_token_is_refused(
    database: Database, client: Client, add_token: TokenMaker, columns: dict[str, object]
) -> None:
    """A revoked, deleted or expired refresh token redeems nothing, nor one that has no expiry."""
    add_token(**{"access_token": "access", "refresh_token": "refresh", **columns})
    with database.unit_of_work() as stores:
        assert not redeem(stores, client)


@pytest.mark.usefixtures("token")
def test_revoked_since_it_was_read_is_refused(database: Database, client: Client) -> None:
    """A token that was good when its session was read, and revoked since, redeems nothing."""
    session = found(database)
    with database.unit_of_work() as stores:
        assert stores.tokens.revoke(TokenFilter(), now=NOW) == 1
    with database.unit_of_work() as stores:
        assert not stores.tokens.refresh(session, client, new_token(), now=NOW)


def test_never_revoked_is_not_revoked(database: Database, client: Client, add_token: TokenMaker) -> None:
    """A row whose `token_is_revoked` is NULL, as old rows are, can be redeemed."""
    add_token(access_token="access", refresh_token="refresh", token_is_revoked=null())
    with database.unit_of_work() as stores:
        assert redeem(stores, client)


@pytest.mark.usefixtures("token")
def test_failing_half_way_changes_nothing(database: Database, database_url: str, client: Client) -> None:
    """Where the pair cannot be inserted the old one stays good, also to the connection that failed."""
    one_connection = Database(database_url, pool_size=1)
    session = found(database)
    with pytest.raises(IntegrityError), one_connection.unit_of_work() as stores:
        stores.tokens.refresh(session, client, new_token(id=session.row_id), now=NOW)
    assert not found(one_connection).is_used
    with one_connection.unit_of_work() as stores:
        assert redeem(stores, client)
    one_connection.dispose()
    assert found(database).is_used


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("fault", [None, RuntimeError()], ids=str)
def test_redeemed_among_other_writes(database: Database, client: Client, fault: RuntimeError | None) -> None:
    """A token that is redeemed after something else was written is used if that is committed, and good if it is not."""

    def write_and_redeem() -> None:
        with database.unit_of_work() as stores:
            stores.clients.add(Client(id="client-2"))
            assert redeem(stores, client)
            if fault:
                raise fault

    with pytest.raises(RuntimeError) if fault else nullcontext():
        write_and_redeem()
    with database.unit_of_work() as stores:
        is_committed = stores.clients.get("client-2") is not None
    assert found(database).is_used is is_committed is (fault is None)


@pytest.mark.usefixtures("token", "database")
def test_of_fifty_at_once_one_wins(database_url: str, client: Client) -> None:
    """Of 50 units of work that have all seen the token good, exactly one redeems it and none fails."""
    database = Database(database_url, pool_size=THREADS)
    all_have_read = Barrier(THREADS)

    def redeem_once_all_have_read() -> bool:
        with database.unit_of_work() as stores:
            session = stores.tokens.find_refreshable("refresh")
            assert session is not None
            assert not session.is_used
            all_have_read.wait()
            return stores.tokens.refresh(session, client, new_token(), now=NOW)

    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = [future.result() for future in [threads.submit(redeem_once_all_have_read) for _ in range(THREADS)]]
    database.dispose()
    assert sorted(outcomes) == [False] * (THREADS - 1) + [True]

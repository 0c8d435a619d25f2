"""What several requests write or look up at the same time is one statement, in which none can spoil another's."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from crm_oauth.store import together
from crm_oauth.store.db import Database, DatabaseUnavailable, UnfitTextError
from crm_oauth.store.models import Client, NewToken, Token, User
from crm_oauth.store.ports import Repositories, StaleRead, TokenFilter
from tests.support.drivers import EVERY_DRIVER
from tests.support.new_tokens import new_token
from tests.support.plans import statements

from .conftest import NOW, TokenMaker, add_client, redeem

Work = Callable[[Repositories], object]


@pytest.fixture(autouse=True)
def _long_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_PAUSE", 0.5)


def at_once(database: Database, *works: Work) -> list[Future[object]]:
    """Do each in a unit of work of its own, all at the same time, and wait for them."""
    all_here = Barrier(len(works), timeout=20)

    def do(work: Work) -> object:
        with database.unit_of_work() as stores:
            all_here.wait()
            return work(stores)

    with ThreadPoolExecutor(len(works)) as threads:
        return [threads.submit(do, work) for work in works]


def issuing(token: NewToken, client: Client, user: User | None = None) -> Work:
    """Return what issues a pair."""
    return lambda stores: stores.tokens.issue(token, client, user)


def issued(database: Database) -> list[tuple[str | None, str | None, str | None]]:
    """Return access token, client and user of each pair, in order."""
    with database.unit_of_work() as stores:
        rows = stores.tokens.list(TokenFilter())
    return sorted((row.access_token, row.client, row.assigned_user_id) for row in rows)


@pytest.fixture
def second(database: Database) -> Client:
    """Another client, as it was read."""
    return add_client(database, "client-2")


@EVERY_DRIVER
def test_pairs_of_several_clients(database: Database, client: Client, second: Client) -> None:
    """Pairs that are issued at the same time are inserted by one statement, each with what is its own."""
    works = [
        issuing(new_token(access_token="a", access_token_expires=NOW), client),
        issuing(new_token(access_token="b", refresh_token="r", refresh_token_expires=NOW, grant_type="g"), second),
        issuing(new_token(access_token="c"), second),
    ]
    with statements(database) as seen:
        for each in at_once(database, *works):
            each.result()
    assert [statement.split()[0] for statement, _ in seen] == ["INSERT"]
    assert issued(database) == [("a", "client-1", None), ("b", "client-2", None), ("c", "client-2", None)]
    with database.unit_of_work() as stores:
        rows = {row.access_token: row for row in stores.tokens.list(TokenFilter())}
    assert rows["a"].access_token_expires == rows["b"].refresh_token_expires == NOW
    assert [(rows[name].refresh_token, rows[name].grant_type) for name in "abc"] == [(None, ""), ("r", "g"), (None, "")]


@EVERY_DRIVER
def test_pairs_of_users(database: Database, client: Client) -> None:
    """Pairs of users are inserted together as well."""
    with database.unit_of_work() as stores:
        for name in "joe", "jim":
            stores.users.add(User(id=name, user_name=name, user_hash=f"hash of {name}", status="Active"))
    with database.unit_of_work() as stores:
        joe, jim = stores.users.get("joe"), stores.users.get("jim")
    works = [issuing(new_token(access_token="a"), client, joe), issuing(new_token(access_token="b"), client, jim)]
    with statements(database) as seen:
        for each in at_once(database, *works):
            each.result()
    assert [statement.split()[0] for statement, _ in seen] == ["INSERT"]
    assert issued(database) == [("a", "client-1", "joe"), ("b", "client-1", "jim")]


@EVERY_DRIVER
def test_one_of_several_is_stale(database: Database, client: Client, second: Client) -> None:
    """Of pairs that are issued at the same time only that is refused whose client has changed."""
    with database.connection() as connection:
        connection.execute(text("UPDATE oauth2clients SET secret = 'another' WHERE id = 'client-2'"))
    told = at_once(
        database,
        issuing(new_token(access_token="a"), client),
        issuing(new_token(access_token="b"), second),
        issuing(new_token(access_token="c"), client),
    )
    assert [type(each.exception()) for each in told] == [type(None), StaleRead, type(None)]
    assert issued(database) == [("a", "client-1", None), ("c", "client-1", None)]


@EVERY_DRIVER
def test_one_of_several_cannot_be_inserted(database: Database, client: Client) -> None:
    """A pair whose id there is already fails, and the others that came with it are issued."""
    with database.unit_of_work() as stores:
        stores.tokens.issue(new_token(id="taken", access_token="a"), client, None)
    told = at_once(
        database,
        issuing(new_token(access_token="b"), client),
        issuing(new_token(id="taken", access_token="c"), client),
        issuing(new_token(access_token="d"), client),
    )
    assert [type(each.exception()) for each in told] == [type(None), IntegrityError, type(None)]
    assert [access_token for access_token, _, _ in issued(database)] == ["a", "b", "d"]


@pytest.mark.parametrize("database_url", ["mariadb", "mysqlclient"], indirect=True)
def test_one_of_several_does_not_fit(database: Database, client: Client) -> None:
    """A pair whose column cannot hold what is to be written fails by itself, whatever kind of error a driver makes."""
    with database.connection() as connection:
        connection.execute(text("ALTER TABLE oauth2tokens CONVERT TO CHARACTER SET utf8mb3"))
    told = at_once(
        database,
        issuing(new_token(access_token="b"), client),
        issuing(new_token(access_token="c", grant_type="\N{KEY}"), client),
    )
    assert [type(each.exception()) for each in told] == [type(None), UnfitTextError]
    assert [access_token for access_token, _, _ in issued(database)] == ["b"]


@EVERY_DRIVER
def test_none_of_several_can_be_inserted(database: Database, client: Client) -> None:
    """Where there is no table all are told that the database is not to be had; once it is back all goes on."""
    with database.connection() as connection:
        connection.execute(text("ALTER TABLE oauth2tokens RENAME TO elsewhere"))
    told = at_once(database, *(issuing(new_token(access_token=name), client) for name in "ab"))
    assert [type(each.exception()) for each in told] == [DatabaseUnavailable] * 2
    with database.connection() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO oauth2tokens"))
    assert issued(database) == []
    for each in at_once(database, *(issuing(new_token(access_token=name), client) for name in "ab")):
        each.result()
    assert [access_token for access_token, _, _ in issued(database)] == ["a", "b"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_waits_for_those_who_are_gone(
    database: Database, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Units of work that have ended, well or badly, will bring nothing any more."""

    def wait(_seconds: float) -> None:
        raise AssertionError("somebody is waited for")

    monkeypatch.setattr(together, "sleep", wait)
    with pytest.raises(RuntimeError, match="bad"), database.unit_of_work():
        raise RuntimeError("bad")
    with database.unit_of_work() as stores:
        stores.tokens.issue(new_token(access_token="a"), client, None)
    assert [access_token for access_token, _, _ in issued(database)] == ["a"]


def looking_up(access_token: str) -> Work:
    """Return what tells the access token of the session found by it."""

    def look_up(stores: Repositories) -> str | None:
        session = stores.tokens.find_session(access_token)
        return session.access_token if session else None

    return look_up


def refreshing(name: str, client: Client, row_id: str = "") -> Work:
    """Return what redeems a refresh token for the pair of that id."""

    def refresh(stores: Repositories) -> bool:
        session = stores.tokens.find_refreshable(name)
        assert session is not None
        columns = {"id": row_id} if row_id else {}
        return stores.tokens.refresh(session, client, new_token(access_token=f"next-{name}", **columns), now=NOW)

    return refresh


WRITES = {
    "sqlite": ["BEGIN", *["UPDATE", "INSERT", "INSERT"] * 3, "COMMIT"],
    "mysql": ["BEGIN"] * 3,
    "postgresql": ["WITH"] * 3,
}
"""The first word of what three refreshes send; together over SQLite, which has one transaction at a time, alone."""


@EVERY_DRIVER
def test_refreshes(database: Database, client: Client, add_token: TokenMaker) -> None:
    """Refresh tokens that are redeemed at the same time are so each for a pair of its own, over SQLite together."""
    for name in "abc":
        add_token(access_token=name, refresh_token=name)
    with statements(database) as seen:
        told = at_once(database, *(refreshing(name, client) for name in "abc"))
    assert [each.result() for each in told] == [True] * 3
    sent = [statement.split()[0] for statement, _ in seen]
    assert sorted(sent) == sorted(["SELECT"] * 3 + WRITES[database.url.get_backend_name()])
    assert [access_token for access_token, _, _ in issued(database)] == ["next-a", "next-b", "next-c"]
    for name in "abc":
        with database.unit_of_work() as stores:
            assert not redeem(stores, client, name)


@EVERY_DRIVER
def test_one_token_twice(database: Database, client: Client, add_token: TokenMaker) -> None:
    """Of those who redeem one token at the same time one succeeds, and whoever has another is not affected."""
    for name in "ab":
        add_token(access_token=name, refresh_token=name)
    told = at_once(database, *(refreshing(name, client) for name in "aaab"))
    *same, other = [each.result() for each in told]
    assert sorted(map(bool, same)) == [False, False, True]
    assert other
    assert [access_token for access_token, _, _ in issued(database)] == ["next-a", "next-b"]


@EVERY_DRIVER
def test_one_of_several_cannot_be_refreshed(database: Database, client: Client, add_token: TokenMaker) -> None:
    """A refresh that fails half-way is undone wholly, and those that came with it are done."""
    for name in "abc":
        add_token(access_token=name, refresh_token=name)
    add_token(id="taken", access_token="d", refresh_token="d")
    works = refreshing("a", client), refreshing("b", client, "taken"), refreshing("c", client)
    told = at_once(database, *works)
    assert [type(each.exception()) for each in told] == [type(None), IntegrityError, type(None)]
    assert [access_token for access_token, _, _ in issued(database)] == ["b", "d", "next-a", "next-c"]
    with database.unit_of_work() as stores:
        assert redeem(stores, client, "b"), "it is as good as before"


@EVERY_DRIVER
def test_checks(database: Database, add_token: TokenMaker) -> None:
    """Sessions that are looked up at the same time are so by one SELECT, over SQLite by one each; none is another's."""
    for name in "abc":
        add_token(access_token=name, refresh_token=name)
    with statements(database) as seen:
        told = at_once(database, *(looking_up(name) for name in ("a", "C", "b", "unknown", "a")))
    assert [each.result() for each in told] == ["a", None, "b", None, "a"]
    together_at_all = database.url.get_backend_name() != "sqlite"
    assert [statement.split()[0] for statement, _ in seen] == ["SELECT"] * (1 if together_at_all else 5)


@EVERY_DRIVER
def test_who_has_written_looks_up_alone(database: Database) -> None:
    """A unit of work finds what it has just inserted, which another at the same time does not."""
    both_have_looked = Barrier(2, timeout=20)

    def look_up(stores: Repositories) -> object:
        found = looking_up("b")(stores)
        both_have_looked.wait()
        return found

    def insert_and_look_up(stores: Repositories) -> object:
        stores.tokens.add(Token(id="new", client="client-1", access_token="b", deleted=False, token_is_revoked=False))
        return look_up(stores)

    assert [each.result() for each in at_once(database, insert_and_look_up, look_up)] == ["b", None]


@EVERY_DRIVER
def test_who_has_written_issues_alone(database: Database, client: Client) -> None:
    """A pair for a client that the same unit of work has just inserted is issued, though others issue as well."""

    def insert_and_issue(stores: Repositories) -> None:
        stores.clients.add(Client(id="new", secret="", allowed_grant_type="client_credentials"))
        new = stores.clients.get("new")
        assert new is not None
        issuing(new_token(access_token="b"), new)(stores)

    told = at_once(database, insert_and_issue, issuing(new_token(access_token="a"), client))
    assert [each.exception() for each in told] == [None, None]
    assert issued(database) == [("a", "client-1", None), ("b", "new", None)]

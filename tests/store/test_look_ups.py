"""Identifiers are found by their exact spelling on every database."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import update

from crm_oauth.store.db import Database
from crm_oauth.store.models import Base, Client, Token, User
from crm_oauth.store.ports import Repositories, Session, TokenFilter

from .conftest import NOW, TokenMaker

SPELLED = "Zoé-1"
OTHERWISE_SPELLED = ["zoé-1", "ZOÉ-1", "Zoe-1", "Zoé-1 ", " Zoé-1", "Zoe\u0301-1", "Zoé-", "", "Zoé_1", "Zo%", "0", "1"]

Find = Callable[[Repositories, str], Client | User | Token | Session | None]


def _client_with_user(stores: Repositories, text: str) -> Client | None:
    client, _user = stores.clients.get_with_user(text) or (None, None)
    return client


def _token(stores: Repositories, text: str) -> Token | None:
    return next(iter(stores.tokens.list(TokenFilter(access_token=text))), None)


LOOK_UPS: dict[str, tuple[type[Base], Find]] = {
    "client": (Client, lambda stores, text: stores.clients.get(text)),
    "client with user": (Client, _client_with_user),
    "user": (User, lambda stores, text: stores.users.get(text)),
    "access token": (Token, _token),
    "session": (Token, lambda stores, text: stores.tokens.find_session(text)),
    "refresh token": (Token, lambda stores, text: stores.tokens.find_refreshable(text)),
}


look_ups = pytest.mark.parametrize("find", [find for _, find in LOOK_UPS.values()], ids=LOOK_UPS.keys())


@pytest.fixture
def rows(database: Database) -> Database:
    """A client, a user and a token whose identifiers are all spelled `SPELLED`."""
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id=SPELLED))
        stores.users.add(User(id=SPELLED, user_name="zoe"))
        stores.tokens.add(Token(id=SPELLED, access_token=SPELLED, refresh_token=SPELLED))
    return database


@look_ups
def test_exact_spelling_is_found(rows: Database, find: Find) -> None:
    """An identifier finds the row that holds it."""
    with rows.unit_of_work() as stores:
        row = find(stores, SPELLED)
        assert row is not None
        assert (row.row_id if isinstance(row, Session) else row.id) == SPELLED


@look_ups
def test_any_other_spelling_is_not_found(rows: Database, find: Find) -> None:
    """Case, accents, blanks, wildcards and numbers make another identifier."""
    with rows.unit_of_work() as stores:
        assert [text for text in OTHERWISE_SPELLED if find(stores, text)] == []


@pytest.mark.parametrize("kind", [kind for kind in LOOK_UPS if kind != "refresh token"])
def test_deleted_rows_are_not_found(rows: Database, kind: str) -> None:
    """A softly deleted row is dead to every look-up but that of used refresh tokens."""
    model, find = LOOK_UPS[kind]
    with rows.unit_of_work() as stores:
        assert find(stores, SPELLED) is not None
    with rows.connection() as connection:
        connection.execute(update(model).values(deleted=True))
    with rows.unit_of_work() as stores:
        assert find(stores, SPELLED) is None


@pytest.mark.parametrize("model", [Client, User])
def test_a_session_ends_with_its_client_and_with_its_user(
    database: Database, client: Client, add_token: TokenMaker, model: type[Client | User]
) -> None:
    """Neither token is good once its client or its user is deleted, as SuiteCRM does it: the token's row stays."""
    add_token(client=client.id, access_token="access", refresh_token="refresh")
    with database.unit_of_work() as stores:
        stores.users.add(User(id="user-1", user_name="joe", status="Active"))

    def good() -> list[bool]:
        with database.unit_of_work() as stores:
            access, refresh = stores.tokens.find_session("access"), stores.tokens.find_refreshable("refresh")
        assert access is not None
        assert refresh is not None
        return [access.access_token_is_good(NOW), refresh.refresh_token_is_good(NOW)]

    assert good() == [True, True]
    with database.connection() as connection:
        connection.execute(update(model).values(deleted=True))
    assert good() == [False, False]


def test_deleting_a_client_kills_its_tokens(database: Database, add_token: TokenMaker) -> None:
    """A deleted client leaves no list, and its tokens die with it; another client's live on."""
    dying, living = add_token(client="dying"), add_token(client="living")
    with database.unit_of_work() as stores:
        stores.clients.add(Client(id="dying", name="a"))
        stores.clients.add(Client(id="living", name="b"))
    with database.unit_of_work() as stores:
        client = stores.clients.get("dying")
        assert client is not None
        stores.clients.delete(client)
    with database.unit_of_work() as stores:
        assert [client.id for client in stores.clients.list()] == ["living"]
        assert stores.tokens.find_session(str(dying.access_token)) is None
        assert stores.tokens.find_session(str(living.access_token)) is not None


def test_one_changes_a_client_at_a_time(database: Database, client: Client) -> None:
    """Whoever wants to change a client waits for the one who does, and then sees what has become of it."""
    seen: list[str | None] = []

    def change(name: str, began: Event) -> None:
        with database.unit_of_work() as stores:
            found = stores.clients.get_to_change(client.id)
            assert found is not None
            began.set()
            time.sleep(0.3)  # without a lock the second would read before the first writes
            seen.append(found.name)
            found.name = name

    first, second = Event(), Event()
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(change, "first", first)]
        first.wait(10)
        running.append(threads.submit(change, "second", second))
        for each in running:
            each.result()
    assert seen == [None, "first"]


@pytest.mark.parametrize(("deleted", "found"), [(False, SPELLED), (True, None)])
def test_a_client_comes_with_its_live_user(rows: Database, deleted: bool, found: str | None) -> None:  # noqa: FBT001  # pytest's way
    """A client is found with the user whom it names, of several, and with none once that one is deleted."""
    with rows.unit_of_work() as stores:
        stores.clients.add(Client(id="client", assigned_user_id=SPELLED))
        stores.users.add(User(id="another", user_name="ann"))
    with rows.connection() as connection:
        connection.execute(update(User).where(User.id == SPELLED).values(deleted=deleted))
    with rows.unit_of_work() as stores:
        client, user = stores.clients.get_with_user("client") or (None, None)
    assert client is not None
    assert (user and user.id) == found

"""Very many tokens are revoked batch by batch: all of a search, nothing else, and no session slips through."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_oauth.store.bulk_revocation import revoke_found
from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token
from crm_oauth.store.token_search import TokenSearch

from .conftest import NOW, TokenMaker
from .test_lines import named, refresh
from .test_token_pages import reading


def revoked(database: Database) -> set[str]:
    """Return the ids of the revoked rows."""
    with reading(database) as session:
        return set(session.scalars(select(Token.id).where(Token.token_is_revoked.is_(True))))


@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
def test_all_of_a_search_and_nothing_else(
    database: Database,
    add_token: TokenMaker,
    few: bool,  # noqa: FBT001  # pytest's way
) -> None:
    """Every live row of the search is revoked and counted once, over many batches; the others stay."""
    mine = {add_token(client="mine").id for _ in range(10)}
    add_token(client="mine", deleted=True, access_token_expires=NOW, refresh_token_expires=NOW)
    before = add_token(client="mine", token_is_revoked=True).id
    add_token(client="mine", date_entered=NOW + timedelta(minutes=1))
    add_token(client="another")
    search = TokenSearch(client_ids=("mine",), revoked=False, entered_until=NOW)
    batches = list(revoke_found(lambda: reading(database), search, few=few, now=NOW, batch=3))
    assert sum(batches) == 10
    assert max(batches) <= 3
    assert revoked(database) == mine | {before}


@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
def test_what_a_refresh_mints_meanwhile(
    database: Database,
    client: Client,
    add_token: TokenMaker,
    few: bool,  # noqa: FBT001  # pytest's way
) -> None:
    """A pair that a refresh, the access token long over, makes while its session is being revoked is revoked too."""
    old = add_token(client=client.id, access_token_expires=NOW)
    begun = Event()

    @contextmanager
    def units() -> Iterator[Session]:
        with reading(database) as session:
            begun.set()
            yield session

    def revoke() -> None:
        search = TokenSearch(client_ids=(client.id,), revoked=False, entered_until=NOW)
        list(revoke_found(units, search, few=few, now=NOW))

    revoking = Thread(target=revoke)
    with database.work() as unit:
        unit.begin()  # where a refresh is one statement, it would be over too soon
        refresh(database.stores(unit), old, "new")
        revoking.start()
        begun.wait(10)
        revoking.join(0.5)  # it waits for this transaction, whatever it reads before
    revoking.join(30)
    assert "new" in revoked(database)


@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
@pytest.mark.parametrize("asked", [NOW, NOW + timedelta(hours=1)], ids=["refreshed since", "refreshed before"])
def test_a_session_is_looked_for_as_it_was_when_asked(
    database: Database,
    client: Client,
    add_token: TokenMaker,
    asked: datetime,
    few: bool,  # noqa: FBT001  # pytest's way
) -> None:
    """A session refreshed since it was shown is revoked whole; one refreshed before, by what it is, not what it was."""
    soon = NOW + timedelta(hours=2)
    first = add_token(**named("first"), client=client.id, refresh_token_expires=soon)
    with database.unit_of_work() as stores:
        refresh(stores, first, "second")
    search = TokenSearch(refresh_until=soon, revoked=False, entered_until=asked)
    number = sum(revoke_found(lambda: reading(database), search, few=few, now=NOW + timedelta(hours=1)))
    assert (number, revoked(database)) == ((1, {"first", "second"}) if asked == NOW else (0, set()))


@pytest.mark.parametrize("active_at", [None, NOW], ids=["any", "active"])
@pytest.mark.parametrize("found", ["first", "second"])
def test_a_line_follows_its_row(
    database: Database, client: Client, add_token: TokenMaker, found: str, active_at: datetime | None
) -> None:
    """A session that was found by an earlier pair, and refreshed since, is revoked to its end, and counted once."""
    first = add_token(**named("first"), client=client.id)
    with database.unit_of_work() as stores:
        refresh(stores, refresh(stores, first, "second"), "third")
    search = TokenSearch(token_id=found, revoked=False, active_at=active_at)
    assert sum(revoke_found(lambda: reading(database), search, few=False, now=NOW)) == 1
    assert revoked(database) >= {"second", "third"}


def test_a_search_of_revoked_ones_revokes_nothing(database: Database, client: Client, add_token: TokenMaker) -> None:
    """What is not revoked is not in such a search, nor is its line."""
    first = add_token(**named("first"), client=client.id)
    with database.unit_of_work() as stores:
        refresh(stores, first, "second")
    search = TokenSearch(client_ids=(client.id,), revoked=True)
    assert sum(revoke_found(lambda: reading(database), search, few=False, now=NOW)) == 0
    assert revoked(database) == set()

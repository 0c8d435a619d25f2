"""All tokens of a filter are revoked in short transactions, and none of its sessions slips through between them."""

from datetime import timedelta
from itertools import chain
from threading import Event, Thread

import pytest
from sqlalchemy import null, select

from crm_oauth.store.db import Database
from crm_oauth.store.mass_revocation import MassRevocation
from crm_oauth.store.models import Client, Token
from crm_oauth.store.ports import TokenFilter

from .conftest import NOW, TokenMaker
from .test_bulk_revocation import revoked
from .test_lines import named, refresh

BATCH = 3


@pytest.mark.parametrize(
    ("which", "chosen"),
    [(TokenFilter(), "01"), (TokenFilter(client_id="client-1"), "1"), (TokenFilter(user_id="user-1"), "1")],
    ids=str,
)
def test_every_row_is_revoked_in_short_transactions(
    database: Database, add_token: TokenMaker, which: TokenFilter, chosen: str
) -> None:
    """However many rows there are, those without a date too, no transaction revokes more than a batch of live ones."""
    made: dict[str, set[str]] = {"0": set(), "1": set()}
    for number in range(20):
        kind = f"{number % 2}"
        row = add_token(
            client=f"client-{kind}", assigned_user_id=f"user-{kind}", date_entered=null() if number % 3 else NOW
        )
        made[kind].add(row.id)
    mass = MassRevocation(database, which, NOW, batch=BATCH)
    assert mass.is_needed()
    batches = list(mass.batches())
    expected = set(chain.from_iterable(made[kind] for kind in chosen))
    assert (sum(batches), max(batches) <= BATCH) == (len(expected), True)
    assert revoked(database) == expected


def test_few_rows_need_no_batches(database: Database, add_token: TokenMaker) -> None:
    """Used rows count too, for they are revoked with the others."""
    for number in range(BATCH):
        add_token(deleted=number == 0)
    assert not MassRevocation(database, TokenFilter(client_id="client-1"), NOW, batch=BATCH).is_needed()
    add_token(deleted=True)
    assert MassRevocation(database, TokenFilter(client_id="client-1"), NOW, batch=BATCH).is_needed()
    assert not MassRevocation(database, TokenFilter(client_id="client-2"), NOW, batch=BATCH).is_needed()


def test_the_rest_follows_when_it_was_stopped(database: Database, add_token: TokenMaker) -> None:
    """What was revoked before a stop stays so, and the next run does what is left."""
    made = {add_token().id for _ in range(10)}
    assert next(MassRevocation(database, TokenFilter(), NOW, batch=BATCH).batches()) == BATCH
    assert len(revoked(database)) == BATCH
    assert sum(MassRevocation(database, TokenFilter(), NOW, batch=BATCH).batches()) == 10 - BATCH
    assert revoked(database) == made


@pytest.mark.parametrize("which", [TokenFilter(), TokenFilter(client_id="client-1")], ids=str)
def test_what_a_refresh_mints_where_the_walk_has_been(
    database: Database, client: Client, add_token: TokenMaker, which: TokenFilter
) -> None:
    """A pair is revoked that a refresh commits at that moment, with an id before all that is still walked through."""
    for row_id in "bcdefg":
        add_token(**named(row_id), client=client.id, date_entered=NOW - timedelta(days=1))
    old = add_token(**named("z"), client=client.id, date_entered=NOW - timedelta(days=1))
    begun = Event()

    def revoke() -> None:
        for _ in MassRevocation(database, which, NOW, batch=BATCH).batches():
            begun.set()

    revoking = Thread(target=revoke)
    with database.work() as unit:
        unit.begin()  # where a refresh is one statement, it would be over too soon
        refresh(database.stores(unit), old, "a")
        revoking.start()
        begun.wait(1)  # never on SQLite, where even the first batch waits for this transaction
        revoking.join(0.5)  # it waits for the old row by now; being slower only makes the test easier
    revoking.join(30)
    assert revoked(database) >= {"a", *"bcdefg"}


def test_a_refresh_from_before_leaves_a_session_that_is_revoked(
    database: Database, client: Client, add_token: TokenMaker
) -> None:
    """A used row is revoked with its successor, and counted never."""
    old = add_token(**named("a"), client=client.id)
    with database.unit_of_work() as stores:
        refresh(stores, old, "b")
    assert sum(MassRevocation(database, TokenFilter(), NOW, batch=1).batches()) == 1
    assert revoked(database) == {"a", "b"}
    with database.work() as unit:
        assert unit.session.scalars(select(Token.id).where(Token.deleted.is_(True))).all() == ["a"]

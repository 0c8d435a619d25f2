"""What is purged, in which steps, and that nobody else notices."""

import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, text

from crm_oauth.store import purging
from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token
from crm_oauth.store.own_models import Refresh
from crm_oauth.store.purging import Purge
from tests.support.new_tokens import new_token
from tests.support.plans import plan_of, statements

from .conftest import NOW, TokenMaker

SECOND = timedelta(seconds=1)
PAST: dict[str, Any] = {"access_token_expires": NOW - SECOND, "refresh_token_expires": NOW - SECOND}


def purge(database: Database, *, before: datetime = NOW, batch: int = 100) -> Sequence[int]:
    """Purge without rests, and return how many rows each batch removed."""
    return list(Purge(database, before, batch, rest=0).batches())


def rows(database: Database) -> set[str]:
    """Return the ids of the rows that are there."""
    with database.connection() as connection:
        return set(connection.scalars(select(Token.id)))


def test_only_what_is_dead_in_both_tokens_goes(database: Database, add_token: TokenMaker) -> None:
    """A row goes when both its tokens have expired, used and revoked rows too, and not a second earlier."""
    add_token(id="both expired", **PAST)
    add_token(id="no refresh token", **{**PAST, "refresh_token_expires": None})
    add_token(id="revoked", **PAST, token_is_revoked=True)
    add_token(id="redeemed", **PAST, deleted=True)
    kept: dict[str, dict[str, Any]] = {
        "refreshable": {**PAST, "refresh_token_expires": NOW},
        "access alone": {**PAST, "refresh_token_expires": None, "access_token_expires": NOW},
        "access longer": {**PAST, "access_token_expires": NOW},
        "revoked early": {**PAST, "refresh_token_expires": NOW, "token_is_revoked": True},
        "used early": {**PAST, "refresh_token_expires": NOW, "deleted": True},
        "without expiry": {"access_token_expires": None, "refresh_token_expires": None},
    }
    for row_id, columns in kept.items():
        add_token(**{"id": row_id, **columns})
    assert Purge(database, NOW).due(at_most=100) == 4
    assert sum(purge(database)) == 4
    assert rows(database) == kept.keys()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_database_rests(database: Database, add_token: TokenMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each full batch the database is left alone for a multiple of the time that the batch took."""
    for _ in range(3):
        add_token(**PAST)
    rests: list[float] = []
    ticks = count()  # so that each batch takes a second
    monkeypatch.setattr(purging, "time", SimpleNamespace(monotonic=lambda: next(ticks), sleep=rests.append))
    assert sum(Purge(database, NOW, batch=1, rest=5).batches()) == 3
    assert rests == [5, 5, 5]


def test_links_go_with_their_rows(database: Database, client: Client, add_token: TokenMaker) -> None:
    """Once the pairs of a line are purged, nothing of the line is left; links of others stay."""
    old, young = add_token(id="old", **PAST), add_token(id="young")
    with database.unit_of_work() as stores:
        for token in old, young:
            successor = new_token(id=f"after {token.id}", access_token_expires=token.access_token_expires)
            session = stores.tokens.find_refreshable(str(token.refresh_token))
            assert session is not None
            assert stores.tokens.refresh(session, client, successor, now=NOW - 2 * SECOND)
    assert sum(purge(database)) == 2
    with database.connection() as connection:
        assert connection.scalars(select(Refresh.token_id)).all() == ["young"]


@pytest.mark.parametrize("refresh", [timedelta(), None])
def test_batches_are_no_larger_than_asked(database: Database, add_token: TokenMaker, refresh: timedelta | None) -> None:
    """No transaction removes more rows than a batch, and all are removed, also where one second has many."""
    for number in range(7):
        expired = NOW - SECOND * (1 + number // 5)
        add_token(access_token_expires=expired, refresh_token_expires=None if refresh is None else expired + refresh)
    assert [removed for removed in purge(database, batch=2) if removed] == [2, 2, 2, 1]
    assert rows(database) == set()


@pytest.mark.parametrize(("at_most", "due"), [(3, 3), (5, 5), (100, 6)])
def test_what_is_due_is_counted_up_to_a_bound(
    database: Database, add_token: TokenMaker, at_most: int, due: int
) -> None:
    """The count stops at its bound, whichever kinds of rows there are; rows that live are not in it."""
    for number in range(6):
        add_token(**(PAST | ({"refresh_token_expires": None} if number % 2 else {})))
    add_token()
    assert Purge(database, NOW).due(at_most=at_most) == due


def test_an_index_finds_the_rows(database: Database, add_token: TokenMaker) -> None:
    """Neither looking for what to purge nor counting it reads the whole table."""
    for number in range(100):
        add_token(**(PAST if number < 5 else {}))
    with database.connection() as connection:
        name = connection.dialect.name
        if name != "sqlite":
            connection.execute(text(f"ANALYZE {'TABLE ' if name == 'mysql' else ''}oauth2tokens"))
    with statements(database) as seen:
        purge(database, batch=2)
        Purge(database, NOW).due(at_most=10)
    searches = [(sql, parameters) for sql, parameters in seen if sql.startswith("SELECT")]
    assert len(searches) > 3
    for sql, parameters in searches:
        plan = plan_of(database, sql, parameters)
        assert re.search(r"ix_oauth2tokens_(access_)?expires", plan)
        assert not re.search(r"SCAN oauth2tokens|Seq Scan|'table': 'oauth2tokens', 'type': 'ALL'", plan)


_SCRIPT = """
import sys
from datetime import datetime
from crm_oauth.store.db import Database
from crm_oauth.store.purging import Purge
from tests.support.new_tokens import new_token
for removed in Purge(Database(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), batch=10, rest=1).batches():
    print(removed, flush=True)
"""


def test_killed_half_way_it_resumes(database_url: str, database: Database, add_token: TokenMaker) -> None:
    """After a kill -9 rows and links are whole batches further, no live row is gone, and the next run ends the work."""
    live = add_token(id="live")
    with database.connection() as connection:
        number = 2000
        connection.execute(
            Token.__table__.insert(),  # type: ignore[attr-defined]  # a Table, which its annotation does not say
            [{"id": str(each), "access_token": f"a{each}", "deleted": True, **PAST} for each in range(number)],
        )
        links = [
            {"token_id": str(each), "successor_id": str(each + 1), "line_id": "0", "used_at": NOW}
            for each in range(number)
        ]
        connection.execute(Refresh.__table__.insert(), links)  # type: ignore[attr-defined]  # the same
    command = [sys.executable, "-c", _SCRIPT, database_url, NOW.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(5):
            assert int(process.stdout.readline()) in {0, 10}
        process.send_signal(signal.SIGKILL)
    with database.connection() as connection:
        left = connection.scalars(select(func.count()).where(Token.deleted.is_(True))).one()
        linked = connection.scalars(select(func.count()).select_from(Refresh)).one()
    assert left == linked
    assert 0 < left < number
    assert left % 10 == 0
    assert sum(purge(database)) == left
    assert rows(database) == {live.id}

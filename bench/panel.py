"""`python -m bench.panel DATABASE [ROWS]`: what an administrator of very many tokens waits for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bench.filling import add_clients, add_tokens
from bench.needs import clean_up_at_end, one_database
from bench.subjects import running
from crm_oauth.store.bulk_revocation import revoke_found
from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.token_pages import COUNTED, ORDERS, Column, count, pages
from crm_oauth.store.token_search import TokenSearch

_SIZE = 50


def main() -> None:
    """Print the times of pages, searches and of revoking all."""
    name, rows = one_database("What an administrator of very many tokens waits for.")
    clean_up_at_end()
    with running(name) as subject:
        add_clients(subject.database_url)
        add_tokens(subject.database_url, 0, rows)
        database = subject.site.database
        for what, search in _searches(database).items():
            _time_search(what, search, database)
        now = datetime.now(UTC)
        began = time.perf_counter()
        revoked = sum(revoke_found(lambda: _unit(database), TokenSearch(entered_until=now), few=False, now=now))
        print(f"revoked {revoked} in {time.perf_counter() - began:.1f} s")


def _time_search(name: str, search: TokenSearch, database: Database) -> None:
    found = _timed(f"{name}: counted", database, lambda session: count(session, search))
    for order, columns in ORDERS.items():
        if found > COUNTED and search.refresh_from and order != "refresh":
            continue  # the panel sorts so many by what they were searched by
        for descending in (True, False):
            end = "last" if descending else "first"
            _timed(
                f"{name}: {end} by {order}",
                database,
                partial(_first_page, search, columns, descending=descending, few=found <= COUNTED),
            )


def _first_page(
    search: TokenSearch, order: tuple[Column, ...], session: Session, *, descending: bool, few: bool
) -> int:
    return len(pages(session, search, order, descending=descending, few=few).after(None, _SIZE).rows)


def _searches(database: Database) -> dict[str, TokenSearch]:
    now = datetime.now(UTC)
    with _unit(database) as session:
        token = session.query(Token).order_by(Token.id).offset(500).limit(1).one()  # any
    return {
        "all": TokenSearch(),
        "a client": TokenSearch(client_ids=(token.client or "",)),
        "a user": TokenSearch(user_ids=(token.assigned_user_id or "",)),
        "active": TokenSearch(active_at=now),
        "revoked": TokenSearch(revoked=True),
        "beginning of an id": TokenSearch(token_id=token.id[:12]),
        "expiring": TokenSearch(refresh_from=now, refresh_until=now + timedelta(days=1)),
    }


@contextmanager
def _unit(database: Database) -> Iterator[Session]:
    with database.work() as unit:
        yield unit.session


def _timed(what: str, database: Database, work: Callable[[Session], int]) -> int:
    began = time.perf_counter()
    with _unit(database) as session:
        result = work(session)
    print(f"{what}: {1000 * (time.perf_counter() - began):.0f} ms", flush=True)
    return result


if __name__ == "__main__":
    main()

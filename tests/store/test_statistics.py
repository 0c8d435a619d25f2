"""Figures of the panel's first page are the same on every database."""

from datetime import datetime, timedelta

from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.db import Database
from crm_oauth.store.statistics import (
    Failing,
    HourlyCount,
    active_tokens,
    ending_sessions,
    failing_most,
    hourly_counts,
    refreshable_sessions,
)

from .conftest import NOW, TokenMaker
from .test_token_pages import reading

NOTHING, SECOND, HOUR = timedelta(), timedelta(seconds=1), timedelta(hours=1)
FULL = NOW.replace(minute=0, second=0)
"""The beginning of an hour."""


def append(database: Database, *entries: AuditEntry) -> None:
    """Add entries to the trail."""
    with database.unit_of_work() as stores:
        stores.audit.append(entries)


def test_requests_are_counted_by_the_hour(database: Database) -> None:
    """Each request counts in its hour of UTC, by grant and by whether it was refused; what is no request does not."""
    issued, refreshed, refused, other = "token_issued", "token_refreshed", "token_refused", "panel_signed_in"
    moments = [
        *((issued, "password", FULL), (issued, "password", FULL + HOUR - SECOND), (issued, "password", FULL + HOUR)),
        *((issued, "password", FULL - SECOND), (other, "password", FULL)),
        *((refreshed, "refresh_token", FULL), (refused, "password", FULL)),
    ]
    append(database, *(AuditEntry(event, grant_type=grant, at=at) for event, grant, at in moments))
    with reading(database) as session:
        counts = hourly_counts(session, since=FULL)
    assert {(each.hour, each.refused, each.grant_type): each.number for each in counts} == {
        (FULL, False, "password"): 2,
        (FULL + HOUR, False, "password"): 1,
        (FULL, False, "refresh_token"): 1,
        (FULL, True, "password"): 1,
    }
    assert HourlyCount(FULL, refused=False, grant_type="password", number=2) in counts


def test_who_was_refused_most_comes_first(database: Database) -> None:
    """Those refused are told apart by client, user and reason, the most often refused first, then the latest."""

    def refused(detail: str, client: str = "c", at: datetime = NOW) -> AuditEntry:
        return AuditEntry("token_refused", detail, client_id=client, user_id="u", at=at)

    append(
        database,
        *(refused("early", at=NOW - SECOND), refused("late"), refused("often"), refused("often", at=NOW - SECOND)),
        *(refused("before", at=NOW - 2 * SECOND) for _ in range(3)),
        *(AuditEntry("token_issued", "issued", client_id="c", user_id="u", at=NOW) for _ in range(3)),
        refused("late", client="another", at=NOW + SECOND),
    )
    with reading(database) as session:
        assert failing_most(session, since=NOW - SECOND) == [
            Failing("c", "u", "often", 2, NOW),
            Failing("another", "u", "late", 1, NOW + SECOND),
            Failing("c", "u", "late", 1, NOW),
            Failing("c", "u", "early", 1, NOW - SECOND),
        ]
        append(database, *(refused(f"{number}") for number in range(8)))
        assert len(failing_most(session, since=NOW - SECOND)) == 8


def test_sessions_are_counted_by_what_can_be_done_with_them(database: Database, add_token: TokenMaker) -> None:
    """A token counts until the second of its expiry, and that of no used or revoked row; none beyond the limit."""
    rows: list[tuple[timedelta, timedelta | None, dict[str, object]]] = [
        (NOTHING, HOUR, {}),
        (SECOND, None, {}),
        (SECOND, SECOND, {}),
        (SECOND, HOUR + SECOND, {}),
        (SECOND, SECOND, {"deleted": True}),
        (SECOND, SECOND, {"token_is_revoked": True}),
        (NOTHING, NOTHING, {}),
    ]
    for access, refresh, others in rows:
        expires = None if refresh is None else NOW + refresh
        add_token(access_token_expires=NOW + access, refresh_token_expires=expires, **others)
    with reading(database) as session:
        assert active_tokens(session, now=NOW, limit=9) == 3
        assert refreshable_sessions(session, now=NOW, limit=9) == 3
        assert ending_sessions(session, now=NOW, within=HOUR, limit=9) == 2
        assert active_tokens(session, now=NOW, limit=1) == 2

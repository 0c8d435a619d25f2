"""Very many tokens revoked, batch by batch, each batch committed by itself."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, CursorResult, Integer, Update, and_, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from crm_oauth.store.collations import AsIn
from crm_oauth.store.models import Token
from crm_oauth.store.own_models import Refresh
from crm_oauth.store.revoking import revoking, used_and_unexpired
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED
from crm_oauth.store.token_search import TokenSearch

_ROWID = literal_column(f"{Token.__tablename__}.rowid", Integer)

BATCH = 5000
"""Rows of a transaction, which others wait for."""

BEHIND = timedelta(minutes=10)
"""By how much the clock of a server may be behind that tells when a token was issued, or used up."""


class Units(Protocol):
    """Lends a session within a unit of work, which is committed at the end of the block."""

    def __call__(self) -> AbstractContextManager[Session]:
        """Begin a unit of work."""


def revoke_found(units: Units, search: TokenSearch, *, few: bool, now: datetime, batch: int = BATCH) -> Iterator[int]:
    """Revoke every token of a search, and with each the line of sessions that it belongs to.

    Args:
        units: lends a session for each batch.
        search: which tokens; one that says until when they were issued, or the work may never end.
        few: whether there are so few of them that all their ids can be read at once.
        now: aware.
        batch: rows of a transaction.

    Yields:
        After each batch how many live tokens it revoked.
    """
    for rows in _few(units, search, now, batch) if few else every_row(units, batch):
        with units() as session:
            revoked = _revoke(session, rows, search, now)
        yield revoked


def _chosen(search: TokenSearch, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of a search's rows, and of those that a refresh has used up since it was made.

    What was used before then is no session any more: its successor may look nothing like it.
    """
    since = (search.entered_until or now) - BEHIND
    return [or_(LIVE, Token.date_modified >= since), *(each for each in search.conditions() if each is not LIVE)]


def _few(units: Units, search: TokenSearch, now: datetime, batch: int) -> Iterator[ColumnElement[bool]]:
    with units() as session:
        ids = session.scalars(select(Token.id).where(*_chosen(search, now))).all()
    for start in range(0, len(ids), batch):
        yield Token.id.in_(ids[start : start + batch])


def every_row(units: Units, batch: int) -> Iterator[ColumnElement[bool]]:
    """Walk through the whole table in the order in which its rows, or their keys, lie side by side.

    Args:
        units: lends a session for each step.
        batch: rows of a step.

    Yields:
        For each step which rows it is about.
    """
    key: Any = Token.id
    last: Any = ""
    while True:
        with units() as session:
            if session.get_bind().dialect.name == "sqlite":
                # There ids, of which not all grow with the clock, are an index apart: a batch of them would change
                # every page of the table.
                key, last = _ROWID, last or 0
            end = session.scalar(
                select(key).select_from(Token).where(key > last).order_by(key).offset(batch - 1).limit(1)
            )
        if end is None:
            yield key > last
            return
        yield and_(key > last, key <= end)
        last = end


def _revoke(session: Session, rows: ColumnElement[bool], search: TokenSearch, now: datetime) -> int:
    revoked = revoke_rows(session, [rows, *_chosen(search, now)], now)
    # What was not revoked or active a moment ago is not found by that any more.
    before = replace(search, revoked=None, active_at=None, access_from=search.active_at or search.access_from)
    done = [rows, Token.token_is_revoked.is_(True), *_chosen(before, now)]
    revoke = revoking(now)
    while members := _unrevoked_line_members(session, and_(*done)):
        revoked += _write(session, revoke.where(Token.id.in_(members), NOT_REVOKED, LIVE))
        _write(session, revoke.where(Token.id.in_(members), NOT_REVOKED))
    return revoked


def revoke_rows(session: Session, wanted: Sequence[ColumnElement[bool]], now: datetime) -> int:
    """Revoke the rows for which all conditions hold, used ones too, and return how many were live."""
    revoke = revoking(now).where(*wanted, NOT_REVOKED)
    revoked = _write(session, revoke.where(LIVE))
    # Once a refresh was waited for, the row that it made is seen.
    _write(session, revoke.where(used_and_unexpired(now)))
    return revoked


def _unrevoked_line_members(session: Session, chosen: ColumnElement[bool]) -> list[str]:
    """Return the ids of rows that follow a chosen one in its line of sessions, and are not revoked yet."""
    line, member = aliased(Refresh), aliased(Token)
    # One that nothing follows is the end of its line.
    followed = select(Refresh.line_id).join(Token, Token.id == AsIn(Refresh.token_id, Token.id)).where(chosen)
    lines = followed.distinct().subquery()
    query = (
        select(member.id)
        .join(line, AsIn(line.successor_id, Token.id) == member.id)
        .join(lines, lines.c.line_id == line.line_id)
        .where(member.token_is_revoked.is_not(True))
        .limit(BATCH)
    )
    return list(session.scalars(query))


def _write(session: Session, statement: Update) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount

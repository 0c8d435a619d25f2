"""What went on lately: figures for the panel's first page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from crm_oauth.store.models import Token
from crm_oauth.store.own_models import AuditRow
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED

_ISSUED, _REFUSED = ("token_issued", "token_refreshed"), ("token_refused",)
_MOST = 8  # who was refused most often


@dataclass(frozen=True, slots=True)
class HourlyCount:
    """How many token requests of one grant ended one way in one hour.

    Args:
        hour: its beginning, aware.
        refused: whether they were refused.
        grant_type: of the requests, "" for those of no grant that there is.
        number: how many.
    """

    hour: datetime
    refused: bool
    grant_type: str
    number: int


@dataclass(frozen=True, slots=True)
class Failing:
    """Who was refused again and again.

    Args:
        client_id: the client that was found, or "".
        user_id: the user who was found, or "".
        detail: why.
        number: how often.
        last: when for the last time, aware.
    """

    client_id: str
    user_id: str
    detail: str
    number: int
    last: datetime


def hourly_counts(session: Session, *, since: datetime) -> list[HourlyCount]:
    """Count token requests by hour, outcome and grant.

    Args:
        session: SQLAlchemy's.
        since: the beginning of the first hour, aware.
    """
    hour = _hour(session)
    query = (
        select(hour, AuditRow.event, AuditRow.grant_type, func.count())
        .where(AuditRow.at >= since, AuditRow.event.in_(_ISSUED + _REFUSED))
        .group_by(hour, AuditRow.event, AuditRow.grant_type)
    )
    return [
        HourlyCount(datetime.strptime(text, "%Y-%m-%d %H").replace(tzinfo=UTC), event in _REFUSED, grant, number)
        for text, event, grant, number in session.execute(query)
    ]


def failing_most(session: Session, *, since: datetime) -> Sequence[Failing]:
    """Return the few who were refused most often.

    Args:
        session: SQLAlchemy's.
        since: aware.
    """
    who = AuditRow.client_id, AuditRow.user_id, AuditRow.detail
    query = (
        select(*who, func.count(), func.max(AuditRow.at))
        .where(AuditRow.at >= since, AuditRow.event.in_(_REFUSED))
        .group_by(*who)
        .order_by(func.count().desc(), func.max(AuditRow.at).desc())
        .limit(_MOST)
    )
    return [Failing(*row) for row in session.execute(query)]


def active_tokens(session: Session, *, now: datetime, limit: int) -> int:
    """Count the sessions whose access token can be used, but no further than one more than a limit."""
    return _count(session, limit, Token.access_token_expires > now)


def refreshable_sessions(session: Session, *, now: datetime, limit: int) -> int:
    """Count the sessions that can be refreshed, as far."""
    return _count(session, limit, Token.refresh_token_expires > now)


def ending_sessions(session: Session, *, now: datetime, within: timedelta, limit: int) -> int:
    """Count the sessions whose refresh token expires within a time."""
    return _count(session, limit, Token.refresh_token_expires > now, Token.refresh_token_expires <= now + within)


def _count(session: Session, limit: int, *conditions: ColumnElement[bool]) -> int:
    found = select(Token.id).where(LIVE, NOT_REVOKED, *conditions).limit(limit + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def _hour(session: Session) -> ColumnElement[str]:
    match session.get_bind().dialect.name:
        case "sqlite":
            return func.strftime("%Y-%m-%d %H", AuditRow.at, type_=AuditRow.event.type)
        case "postgresql":
            # In the statement's text: with two parameters it would not be what is grouped by.
            return func.to_char(AuditRow.at, literal_column("'YYYY-MM-DD HH24'"), type_=AuditRow.event.type)
        case _:
            return func.date_format(AuditRow.at, "%Y-%m-%d %H", type_=AuditRow.event.type)

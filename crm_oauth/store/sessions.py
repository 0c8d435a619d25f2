"""Sessions read by one SELECT of columns: every check of a token and every refresh pays for this, without the ORM."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, and_, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute

from crm_oauth.store.collations import AsIn
from crm_oauth.store.models import Client, Token, User
from crm_oauth.store.ports import Session
from crm_oauth.store.resource_owner import ResourceOwner, Standing
from crm_oauth.store.token_filters import LIVE
from crm_oauth.store.unit_of_work import UnitOfWork

_QUERY = (
    select(
        Token.id,
        Token.client,
        Token.assigned_user_id,
        Token.access_token,
        Token.refresh_token,
        Token.access_token_expires,
        Token.refresh_token_expires,
        Token.deleted,
        Token.token_is_revoked,
        Client.id,
        User.id,
        User.user_name,
        *(getattr(User, name) for name in Standing._fields),
    )
    .outerjoin(Client, and_(Client.id == AsIn(Token.client, Client.id), Client.deleted.is_(False)))
    .outerjoin(User, and_(User.id == AsIn(Token.assigned_user_id, User.id), User.deleted.is_(False)))
)


class FindSessions:
    """Finds sessions by the identifiers of their tokens; whether their users may authenticate is not looked at.

    Args:
        column: of the identifiers, called as in `Session`.
        conditions: of what may be found.
    """

    def __init__(self, column: InstrumentedAttribute[str | None], *conditions: ColumnElement[bool]) -> None:
        self._column = column
        self._conditions = conditions
        self._query = cache(self._make_query)

    def __call__(self, unit: UnitOfWork, identifiers: Sequence[str]) -> Sequence[Session | None]:
        """Return the session of each identifier, None where there is none, by one SELECT."""
        parameters = dict(zip(_names(len(identifiers)), identifiers, strict=True))
        sessions = map(_session_of, unit.read(self._query(len(identifiers)), parameters))
        # To a database other letters may be equal.
        found = {getattr(session, self._column.key): session for session in sessions}
        return [found.get(identifier) for identifier in identifiers]

    def _make_query(self, count: int) -> Executable:
        identifiers = [bindparam(name, type_=self._column.type) for name in _names(count)]
        return _QUERY.where(self._column.in_(identifiers), *self._conditions)


def _names(count: int) -> list[str]:
    return [f"identifier_{number}" for number in range(count)]


def _session_of(row: Any) -> Session:  # noqa: ANN401  # SQLAlchemy has no type for a row of so many columns
    row_id, client, user_id, access, refresh, access_expires, refresh_expires, deleted, revoked, *those = row
    live_client, live_user, user_name, *standing = those
    return Session(
        row_id=row_id,
        client_id=client or "",
        user_id=user_id or "",
        access_token=access or "",
        refresh_token=refresh,
        access_token_expires=access_expires,
        refresh_token_expires=refresh_expires,
        is_used=bool(deleted),
        is_revoked=bool(revoked),
        has_client=live_client is not None,
        user=None if live_user is None else ResourceOwner(live_user, user_name, Standing(*standing)),
    )


BY_ACCESS_TOKEN = FindSessions(Token.access_token, LIVE)
BY_REFRESH_TOKEN = FindSessions(Token.refresh_token)

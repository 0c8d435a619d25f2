"""Sessions read by one SELECT of columns: every check of a token and every refresh pays for this, without the ORM."""

from typing import Any

from sqlalchemy import and_, bindparam, select

from crm_oauth.store.collations import AsIn
from crm_oauth.store.models import Client, Token, User
from crm_oauth.store.ports import Session
from crm_oauth.store.resource_owner import ResourceOwner, Standing
from crm_oauth.store.token_filters import LIVE

KEY = "identifier"
"""The parameter of both queries."""

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

BY_ACCESS_TOKEN = _QUERY.where(Token.access_token == bindparam(KEY), LIVE)
BY_REFRESH_TOKEN = _QUERY.where(Token.refresh_token == bindparam(KEY))


def session_of(row: Any) -> Session:  # noqa: ANN401  # SQLAlchemy has no type for a row of so many columns
    """Return the session that a row of either query tells of; whether its user may authenticate is not looked at."""
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

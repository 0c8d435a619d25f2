"""Issued tokens in the database."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, Update, and_, or_, select, tuple_, update
from sqlalchemy.orm import Session as SqlSession

from crm_oauth.store.collations import AsIn
from crm_oauth.store.models import Client, Refresh, Token, User
from crm_oauth.store.ports import Session, TokenFilter, UserStore
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED, exactly, selected


class SqlTokenStore:
    """`TokenStore` over one session.

    Args:
        session: SQLAlchemy's.
        users: says whose tokens count.
    """

    def __init__(self, session: SqlSession, users: UserStore) -> None:
        self._session = session
        self._users = users

    def add(self, token: Token) -> None:
        """Insert a pair."""
        self._session.add(token)
        self._session.flush()

    def find_by_access_token(self, access_token: str) -> Token | None:
        """Find the live row of the access token with this `jti`."""
        rows = self._rows(select(Token).where(Token.access_token == access_token, LIVE))
        return next((row for row in rows if row.access_token == access_token), None)

    def find_by_refresh_token(self, refresh_token: str) -> Token | None:
        """Find the row of the refresh token with this identifier."""
        rows = self._rows(select(Token).where(Token.refresh_token == refresh_token))
        return next((row for row in rows if row.refresh_token == refresh_token), None)

    def find_session(self, access_token: str) -> Session | None:
        """Find the live row of the access token with this `jti`, its client and its user."""
        query = (
            select(Token, Client, User)
            .outerjoin(Client, and_(Client.id == AsIn(Token.client, Client.id), Client.deleted.is_(False)))
            .outerjoin(User, and_(User.id == AsIn(Token.assigned_user_id, User.id), User.deleted.is_(False)))
            .where(Token.access_token == access_token, LIVE)
            .execution_options(populate_existing=True)
        )
        for token, client, user in self._session.execute(query):
            if token.access_token == access_token:
                return Session(token, client, user if user and self._users.may_authenticate(user) else None)
        return None

    def find_use(self, token: Token) -> tuple[Refresh, Token | None] | None:
        """Find when a pair was refreshed, and the pair that took its place."""
        query = (
            select(Refresh, Token)
            .outerjoin(Token, and_(Token.id == AsIn(Refresh.successor_id, Token.id), LIVE, NOT_REVOKED))
            .where(Refresh.token_id == token.id)
            .execution_options(populate_existing=True)
        )
        row = self._session.execute(query).one_or_none()
        return (row[0], row[1]) if row else None

    def redeem(self, refresh_token: str, *, access_token: str, client_id: str, now: datetime) -> bool:
        """Use up a refresh token; of any number at once the database lets one UPDATE find its row unused."""
        unused = (
            exactly(Token.refresh_token, refresh_token),
            exactly(Token.access_token, access_token),
            exactly(Token.client, client_id),
            Token.refresh_token_expires > now,
            NOT_REVOKED,
            LIVE,
        )
        return self._write(update(Token).where(*unused).values(deleted=True, date_modified=now)) == 1

    def succeed(self, token: Token, successor: Token, *, now: datetime) -> None:
        """Insert the pair that takes the place of one whose refresh token was redeemed."""
        self.add(successor)
        before = select(Refresh.line_id).where(Refresh.successor_id == token.id)
        line_id = self._session.scalar(before) or token.id
        self._session.add(Refresh(token_id=token.id, successor_id=successor.id, line_id=line_id, used_at=now))
        self._session.flush()

    def list(self, which: TokenFilter, *, limit: int = 100, after: Token | None = None) -> Sequence[Token]:
        """At most `limit` rows, the newest first, from the one that follows `after`."""
        query = select(Token).where(LIVE, *selected(which))
        if after is not None:
            query = query.where(tuple_(Token.date_entered, Token.id) < (after.date_entered, after.id))
        return self._rows(query.order_by(Token.date_entered.desc(), Token.id.desc()).limit(limit))

    def revoke(self, which: TokenFilter, *, now: datetime) -> int:
        """Revoke the rows and return how many live ones were not revoked before."""
        used = Token.deleted.is_(True), or_(Token.refresh_token_expires > now, Token.access_token_expires > now)
        revoking = update(Token).values(token_is_revoked=True, date_modified=now)
        revoked = 0
        while True:
            chosen = (*self._with_lines(which), NOT_REVOKED)
            live = self._write(revoking.where(*chosen, LIVE))
            # A refresh at this moment holds its old row until it commits. Waiting for that row, used by then, tells
            # that a new one may be there, which the statement above did not see: look once more.
            if not live + self._write(revoking.where(*chosen, *used)):
                return revoked
            revoked += live

    def _with_lines(self, which: TokenFilter) -> Iterator[ColumnElement[bool]]:
        """Yield a filter's conditions; where it names one row, for the row's whole line of sessions."""
        if which.row_id is None and which.access_token is None:
            yield from selected(which)
            return
        ids = set(self._session.scalars(select(Token.id).where(*selected(which))))
        a_link = or_(Refresh.token_id.in_(ids), Refresh.successor_id.in_(ids))
        lines = ids.union(self._session.scalars(select(Refresh.line_id).where(a_link)))
        members = self._session.scalars(select(Refresh.successor_id).where(Refresh.line_id.in_(lines)))
        yield Token.id.in_(lines.union(members))

    def _rows(self, query: Select[Token]) -> Sequence[Token]:
        # What the database holds now, for a row may have been loaded before a statement below changed it.
        return self._session.scalars(query.execution_options(populate_existing=True)).all()

    def _write(self, statement: Update) -> int:
        """Run the one statement and return how many rows it matched."""
        result = self._session.execute(statement, execution_options={"synchronize_session": False})
        return cast("CursorResult[Any]", result).rowcount

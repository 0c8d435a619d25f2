"""Issued tokens in the database."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from crm_oauth.store import issuing, refreshing, sessions
from crm_oauth.store.collations import AsIn
from crm_oauth.store.models import Client, NewToken, Token, User
from crm_oauth.store.own_models import Refresh
from crm_oauth.store.ports import Session, StaleRead, TokenFilter, UnknownOwner, UserStore
from crm_oauth.store.resource_owner import ResourceOwner
from crm_oauth.store.revoking import revoking, used_and_unexpired
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED, newest_first, selected
from crm_oauth.store.unit_of_work import UnitOfWork


class SqlTokenStore:
    """`TokenStore` over one unit of work.

    Args:
        unit: in which everything is read and written.
        users: says whose tokens count.
    """

    def __init__(self, unit: UnitOfWork, users: UserStore) -> None:
        self._unit = unit
        self._users = users

    def add(self, token: Token) -> None:
        """Insert a pair."""
        self._unit.session.add(token)
        self._unit.session.flush()

    def issue(self, token: NewToken, client: Client, user: User | ResourceOwner | None) -> None:
        """Insert a pair if those it stands on are still just as they were read."""
        row = issuing.new_row(token) | issuing.client_as_read(client)
        if user is None:
            write = issuing.ISSUE_FOR_CLIENT
        else:
            row |= issuing.user_as_read(user)
            write = issuing.ISSUE_FOR_USER if isinstance(user, User) else issuing.ISSUE_FOR_OWNER
        if self._unit.write_together(write, row):
            return
        if user is not None and self._users.get(user.id) is None:
            raise UnknownOwner(user.id)
        raise StaleRead

    def find_session(self, access_token: str) -> Session | None:
        """Find the live row of the access token with this `jti`, its client and its user."""
        return self._checked(self._unit.read_together(sessions.BY_ACCESS_TOKEN, access_token))

    def find_refreshable(self, refresh_token: str) -> Session | None:
        """Find the row of the refresh token with this identifier, its client and its user."""
        [session] = sessions.BY_REFRESH_TOKEN(self._unit, [refresh_token])
        return self._checked(session)

    def find_use(self, row_id: str) -> tuple[Refresh, Token | None] | None:
        """Find when a pair was refreshed, and the pair that took its place."""
        query = (
            select(Refresh, Token)
            .outerjoin(Token, and_(Token.id == AsIn(Refresh.successor_id, Token.id), LIVE, NOT_REVOKED))
            .where(Refresh.token_id == row_id)
        )
        row = self._unit.session.execute(query).one_or_none()
        return (row[0], row[1]) if row else None

    def refresh(self, session: Session, client: Client, successor: NewToken, *, now: datetime) -> bool:
        """Redeem and insert; of any number at once the database lets one UPDATE find its row unused."""
        whose = {"row_id": session.row_id, "now": now, "expires_after": now, **issuing.client_as_read(client)}
        row = whose | issuing.new_row(successor)
        if not self._unit.has_begun:
            if self._unit.database == "sqlite":
                return self._unit.write_together(refreshing.refresh_together, row)
            if at_once := refreshing.AT_ONCE.get(self._unit.database):
                return self._unit.write_whole(at_once, row) > 0
        return refreshing.refresh(self._unit, row)

    def delete(self, row_id: str) -> None:
        """Delete a pair softly, as SuiteCRM's own logout does."""
        self._unit.write(update(Token).where(Token.id == row_id).values(deleted=True))

    def list(self, which: TokenFilter, *, limit: int = 100, after: Token | None = None) -> Sequence[Token]:
        """At most `limit` rows, the newest first, from the one that follows `after`; those without a date come last."""
        rows: list[Token] = []
        for stretch, order in newest_first(after):
            query = select(Token).where(LIVE, *selected(which), stretch)
            rows += self._rows(query.order_by(*(column.desc() for column in order)).limit(limit - len(rows)))
            if len(rows) == limit:
                break
        return rows

    def revoke(self, which: TokenFilter, *, now: datetime) -> int:
        """Revoke the rows and return how many live ones were not revoked before."""
        revoke, used = revoking(now), used_and_unexpired(now)
        revoked = 0
        while True:
            chosen = (*self._with_lines(which), NOT_REVOKED)
            live = self._unit.write(revoke.where(*chosen, LIVE))
            # What was waited for, used by then, tells that a new row may be there, which the statement above did not
            # see: look once more.
            if not live + self._unit.write(revoke.where(*chosen, used)):
                return revoked
            revoked += live

    def _with_lines(self, which: TokenFilter) -> Iterator[ColumnElement[bool]]:
        """Yield a filter's conditions; where it names one row, for the row's whole line of sessions."""
        if not which.names_one_row:
            yield from selected(which)
            return
        ids = set(self._unit.session.scalars(select(Token.id).where(*selected(which))))
        a_link = or_(Refresh.token_id.in_(ids), Refresh.successor_id.in_(ids))
        lines = ids.union(self._unit.session.scalars(select(Refresh.line_id).where(a_link)))
        members = self._unit.session.scalars(select(Refresh.successor_id).where(Refresh.line_id.in_(lines)))
        yield Token.id.in_(lines.union(members))

    def _rows(self, query: Select[Token]) -> Sequence[Token]:
        # What the database holds now, for a row may have been loaded before a statement below changed it.
        return self._unit.session.scalars(query.execution_options(populate_existing=True)).all()

    def _checked(self, session: Session | None) -> Session | None:
        if session is None or session.user is None or self._users.may_authenticate(session.user.standing):
            return session
        return replace(session, user=None)

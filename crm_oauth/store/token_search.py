"""Which tokens an administrator looks for, as conditions of SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from crm_oauth.store.beginnings import begins_with
from crm_oauth.store.collations import AsIn
from crm_oauth.store.models import Client, Token
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED

_ID = 36  # characters of a row's id; a longer text is a jti


@dataclass(frozen=True, slots=True)
class TokenSearch:
    """Every live row for which all that is given holds: the searches of SuiteCRM's list.

    Args:
        token_id: the beginning of the row's id, or a whole `jti`.
        client_ids: any of these clients.
        user_ids: it acts as any of these users.
        revoked: whether it is revoked.
        active_at: its access token is good then: not expired, not revoked.
        grant: the `grant_type` of its client.
        access_from: its access token expires then or later.
        access_until: its access token expires then or before.
        refresh_from: the same of its refresh token.
        refresh_until: the same of its refresh token.
        entered_until: it was issued then or before.
    """

    token_id: str = ""
    client_ids: tuple[str, ...] | None = None
    user_ids: tuple[str, ...] | None = None
    revoked: bool | None = None
    active_at: datetime | None = None
    grant: str = ""
    access_from: datetime | None = None
    access_until: datetime | None = None
    refresh_from: datetime | None = None
    refresh_until: datetime | None = None
    entered_until: datetime | None = None

    def conditions(self, along: InstrumentedAttribute[Any] | None = None) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions.

        Args:
            along: a column in whose order rows are read until enough are found; then no other column's index is used,
                but for the one that has both columns. None: the database may choose.
        """
        yield LIVE
        free = _Free(along)
        for column, ids in ((Token.client, self.client_ids), (Token.assigned_user_id, self.user_ids)):
            if ids is not None:
                chosen = free.equal(column, only=len(ids) == 1)
                yield chosen == ids[0] if len(ids) == 1 else chosen.in_(ids)
        if self.revoked is not None:
            yield Token.token_is_revoked.is_(true()) if self.revoked else NOT_REVOKED
        if self.grant:
            holders = select(AsIn(Client.id, Token.client)).where(Client.allowed_grant_type == self.grant)
            yield free.range(Token.client).in_(holders)
        if self.active_at is not None:
            yield NOT_REVOKED
            yield free.range(Token.access_token_expires) > self.active_at
        yield from self._ranges(free)

    def _ranges(self, free: "_Free") -> Iterator[ColumnElement[bool]]:
        for column, first, last in (
            (Token.access_token_expires, self.access_from, self.access_until),
            (Token.refresh_token_expires, self.refresh_from, self.refresh_until),
            (Token.date_entered, None, self.entered_until),
        ):
            if first is not None:
                yield free.range(column) >= first
            if last is not None:
                yield free.range(column) <= last
        if not self.token_id.isascii():
            yield false()
        elif len(self.token_id) > _ID:
            yield Token.access_token == self.token_id
        elif self.token_id:
            yield begins_with(Token.id, self.token_id)


class _Free:
    """Keeps a database from using an index, where that would have it sort very many rows.

    Args:
        along: the column in whose order rows are to be read; None leaves every index free.
    """

    def __init__(self, along: InstrumentedAttribute[Any] | None) -> None:
        self._along = along
        # There are indexes on these columns and the date of issue, for one equality at a time.
        self._pair_left = along is Token.date_entered

    def equal(self, column: InstrumentedAttribute[Any], *, only: bool) -> ColumnElement[Any]:
        """Return a column that shall equal something, perhaps only one thing."""
        if only and self._pair_left:
            self._pair_left = False
            return column.expression
        return self.range(column)

    def range(self, column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
        """Return a column that shall be in some range."""
        if self._along is None or column is self._along:
            return column.expression
        return func.coalesce(column, column)

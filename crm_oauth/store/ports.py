"""What the layers above may ask of the database, and nothing else.

Look-ups are exact: another case, accent or trailing blank is another identifier, whatever the database's
collation says. They see live rows only (`deleted` is false). Implementations flush and never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crm_oauth.store.audit_entries import AuditStore
from crm_oauth.store.models import Client, NewToken, Token, User
from crm_oauth.store.own_models import Refresh
from crm_oauth.store.resource_owner import ResourceOwner, Standing


class DirectoryUnavailable(Exception):  # noqa: N818  # a state of the world, not a mistake of ours
    """The directory that checks passwords gives no answer, or none about the password. Another try may succeed.

    Its text may name hosts and accounts: for the log and the operator, never for a client.
    """


class StaleRead(Exception):  # noqa: N818  # a state of the world, not a mistake of ours
    """What a piece of work had read is not so any more: nothing of it may stay, and it must be done again."""


class UnknownOwner(StaleRead):
    """A token was to act for a user whom the database does not have: deleted at this moment, or never there.

    Args:
        user_id: the user's.
    """

    def __init__(self, user_id: str) -> None:
        super().__init__()
        self.user_id = user_id
        self.grant_type = ""


class ClientStore(Protocol):
    """The OAuth 2 clients."""

    def get(self, client_id: str) -> Client | None:
        """Find the live client of this very id."""

    def get_to_change(self, client_id: str) -> Client | None:
        """Find the same, and have whoever else asks so wait until this unit of work ends."""

    def get_with_user(self, client_id: str) -> tuple[Client, User | None] | None:
        """Find the same with the live user that it is associated with, by one SELECT; both may be kept."""

    def require_unchanged(self, client: Client, user: User | None) -> None:
        """Make sure that a client, and its user, are still just as they were read.

        Raises:
            StaleRead: they are not.
        """

    def add(self, client: Client) -> None:
        """Insert a client."""

    def list(self) -> Sequence[Client]:
        """Every live client, by name."""

    def delete(self, client: Client) -> None:
        """Delete a client softly, and with it every token that it holds."""

    def may_introspect(self, client: Client) -> bool:
        """Tell whether a client is a resource server, which may ask about every client's tokens."""

    def allow_introspection(self, client: Client, *, allowed: bool) -> None:
        """Mark a client as a resource server, or no longer as one."""


class UserStore(Protocol):
    """The users of the CRM."""

    def get(self, user_id: str) -> User | None:
        """Find the live user of this very id."""

    def find_by_name(self, user_name: str) -> User | None:
        """Find the live user of this name in any case: `JOSÉ` is `josé`, neither is `jose` nor `josé `.

        Among namesakes one who may authenticate comes first, then the one spelled exactly so.
        """

    def add(self, user: User) -> None:
        """Insert a user."""

    def list(self) -> Sequence[User]:
        """Every live user, by name."""

    def may_authenticate(self, standing: Standing) -> bool:
        """Tell whether a user of this standing may get and keep tokens."""

    def verify_password(self, user: User | None, password: str) -> bool:
        """Tell whether a password is that of a user who may authenticate.

        Args:
            user: None for one that does not exist, whose check takes as long as any that fails.
            password: as sent.

        Raises:
            DirectoryUnavailable: passwords are checked elsewhere, and there is no answer from there.
        """


@dataclass(frozen=True, slots=True)
class TokenFilter:
    """Which token rows: every live one for which all that is given holds.

    Args:
        row_id: the row's own id.
        access_token: the `jti` of its access token.
        client_id: the client it was issued to.
        user_id: the user it acts as.
        active_at: when it is usable: not revoked, and one of its two tokens not yet expired.
        entered_from: it was issued then or later.
    """

    row_id: str | None = None
    access_token: str | None = None
    client_id: str | None = None
    user_id: str | None = None
    active_at: datetime | None = None
    entered_from: datetime | None = None

    @property
    def names_one_row(self) -> bool:
        """Tell whether a key of one row is given."""
        return self.row_id is not None or self.access_token is not None


@dataclass(frozen=True, slots=True)
class Session:
    """A token pair, and whether those it stands on still stand.

    Args:
        row_id: the row's own id.
        client_id: the client it was issued to.
        user_id: the user it acts as; "" for the client alone.
        access_token: the `jti` of its access token.
        refresh_token: the identifier of its refresh token; None when there is none.
        access_token_expires: aware; SuiteCRM's API looks at it too.
        refresh_token_expires: aware.
        is_used: whether it was refreshed, logged out or deleted.
        is_revoked: whether it was revoked.
        has_client: whether the client is live.
        user: the live user; None also when it may not authenticate.
    """

    row_id: str
    client_id: str
    user_id: str
    access_token: str
    refresh_token: str | None
    access_token_expires: datetime | None
    refresh_token_expires: datetime | None
    is_used: bool
    is_revoked: bool
    has_client: bool
    user: ResourceOwner | None

    def access_token_is_good(self, now: datetime) -> bool:
        """Tell whether the access token still counts."""
        return self._is_live() and _is_after(self.access_token_expires, now)

    def refresh_token_is_good(self, now: datetime) -> bool:
        """Tell whether the refresh token can be redeemed."""
        return self._is_live() and _is_after(self.refresh_token_expires, now)

    def _is_live(self) -> bool:
        if self.is_used or self.is_revoked or not self.has_client:
            return False
        return not self.user_id or self.user is not None


def _is_after(expires: datetime | None, now: datetime) -> bool:
    return expires is not None and expires > now


class TokenStore(Protocol):
    """The pairs of access and refresh tokens that were issued."""

    def add(self, token: Token) -> None:
        """Insert a pair."""

    def issue(self, token: NewToken, client: Client, user: User | ResourceOwner | None) -> None:
        """Insert a pair if those it stands on are still just as they were read; the last write of a unit of work.

        Args:
            token: the pair.
            client: as it was when its secret was verified.
            user: as it was when it was found that it may authenticate; None for a pair of the client alone.

        Raises:
            StaleRead: one of them was changed or deleted since; UnknownOwner where there is no such user at all.
        """

    def find_session(self, access_token: str) -> Session | None:
        """Find the live row of the access token with this `jti`, its client and its user, by one SELECT."""

    def find_refreshable(self, refresh_token: str) -> Session | None:
        """Find the same by the identifier of a refresh token: used, revoked and expired ones included."""

    def find_use(self, row_id: str) -> tuple[Refresh, Token | None] | None:
        """Find when a pair was refreshed, and the pair that took its place while that is live and unrevoked."""

    def refresh(self, session: Session, client: Client, successor: NewToken, *, now: datetime) -> bool:
        """Redeem a refresh token, which works once, and insert the pair that takes its pair's place: both or neither.

        Nothing else may be written in the same unit of work.

        Args:
            session: the pair, both of whose tokens die.
            client: that presents it, as it was when its secret was verified.
            successor: the new pair.
            now: aware; a token that expires at this second has expired.

        Returns:
            Whether it was this call that redeemed it. False for one that is used, revoked, expired or another
            client's, and when the client was changed or deleted since.
        """

    def delete(self, row_id: str) -> None:
        """Delete a pair softly, as SuiteCRM's own logout does."""

    def list(self, which: TokenFilter, *, limit: int = 100, after: Token | None = None) -> Sequence[Token]:
        """At most `limit` rows, the newest first, from the one that follows `after`; those without a date come last."""

    def revoke(self, which: TokenFilter, *, now: datetime) -> int:
        """Revoke the rows, both tokens of each, and return how many live ones were not revoked before.

        A row chosen by its id or `jti` takes its whole line of sessions with it, and nothing that a refresh at the
        same moment mints escapes. `TokenFilter()` is every row.
        """


@dataclass(frozen=True, slots=True)
class Repositories:
    """The stores of one unit of work."""

    clients: ClientStore
    users: UserStore
    tokens: TokenStore
    audit: AuditStore

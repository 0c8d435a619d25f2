"""What the layers above may ask of the database, and nothing else.

Look-ups are exact: another case, accent or trailing blank is another identifier, whatever the database's
collation says. They see live rows only (`deleted` is false). Implementations flush and never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crm_oauth.store.audit_entries import AuditStore
from crm_oauth.store.models import Client, Refresh, Token, User


class DirectoryUnavailable(Exception):  # noqa: N818  # a state of the world, not a mistake of ours
    """The directory that checks passwords gives no answer, or none about the password. Another try may succeed.

    Its text may name hosts and accounts: for the log and the operator, never for a client.
    """


class ClientStore(Protocol):
    """The OAuth 2 clients."""

    def get(self, client_id: str) -> Client | None:
        """Find the live client of this very id."""

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

    def may_authenticate(self, user: User) -> bool:
        """Tell whether this user may get and keep tokens."""

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
    """

    row_id: str | None = None
    access_token: str | None = None
    client_id: str | None = None
    user_id: str | None = None
    active_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A token pair with those it stands on; a client that is deleted or a user who is barred is None.

    Args:
        token: the row.
        client: it was issued to.
        user: it acts as; also None when it acts for the client alone.
    """

    token: Token
    client: Client | None
    user: User | None

    def access_token_is_good(self, now: datetime) -> bool:
        """Tell whether the access token still counts; SuiteCRM's API looks at the row's expiry too."""
        return self._is_live() and _is_after(self.token.access_token_expires, now)

    def refresh_token_is_good(self, now: datetime) -> bool:
        """Tell whether the refresh token can be redeemed."""
        return self._is_live() and _is_after(self.token.refresh_token_expires, now)

    def _is_live(self) -> bool:
        if self.token.deleted or self.token.token_is_revoked or self.client is None:
            return False
        return not self.token.assigned_user_id or self.user is not None


def _is_after(expires: datetime | None, now: datetime) -> bool:
    return expires is not None and expires > now


class TokenStore(Protocol):
    """The pairs of access and refresh tokens that were issued."""

    def add(self, token: Token) -> None:
        """Insert a pair."""

    def find_by_access_token(self, access_token: str) -> Token | None:
        """Find the live row of the access token with this `jti`, revoked and expired ones included."""

    def find_by_refresh_token(self, refresh_token: str) -> Token | None:
        """Find the row of the refresh token with this identifier: used, revoked and expired ones included."""

    def find_session(self, access_token: str) -> Session | None:
        """Find the live row of the access token with this `jti`, its client and its user, by one SELECT."""

    def find_use(self, token: Token) -> tuple[Refresh, Token | None] | None:
        """Find when a pair was refreshed, and the pair that took its place while that is live and unrevoked."""

    def redeem(self, refresh_token: str, *, access_token: str, client_id: str, now: datetime) -> bool:
        """Use up a refresh token, which works once: one conditional UPDATE that deletes its row softly.

        Args:
            refresh_token: identifier of the refresh token.
            access_token: `jti` of the access token issued with it, which dies too.
            client_id: the client that presents it.
            now: aware; a token that expires at this second has expired.

        Returns:
            Whether it was this call that used it up. False for one that is unknown, used, revoked, expired or
            another client's.
        """

    def succeed(self, token: Token, successor: Token, *, now: datetime) -> None:
        """Insert the pair that takes the place of one whose refresh token was redeemed."""

    def list(self, which: TokenFilter, *, limit: int = 100, after: Token | None = None) -> Sequence[Token]:
        """At most `limit` rows, the newest first, from the one that follows `after`."""

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

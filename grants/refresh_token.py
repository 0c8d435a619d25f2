"""Refresh: a new token pair for the refresh token of an old one, which dies by it (RFC 6749 section 6)."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.grant import Authorization, Grant, RefreshClaims, ResourceOwner, Session, User


class RefreshTokenGrant(Grant):
    """Trades a refresh token for a new pair; the pipeline redeems the old one."""

    GRANT_TYPE = "refresh_token"
    PARAMETERS = ("refresh_token",)
    INCLUDE_REFRESH_TOKEN = True
    CONTINUES_TOKEN = True

    def identify(self, given: Mapping[str, str]) -> Authorization:
        """Decrypt the token and find its session, in league's order of checks."""
        claims = self.decode_refresh_token(given["refresh_token"])
        if claims.client_id != self.presented.client.id:
            raise OAuthFault.refresh_token_not_linked()
        if claims.expire_time < time.time():
            raise OAuthFault.refresh_token_expired()
        session = self._session(claims)
        if not session.is_used:
            return Authorization(self._owner(session, claims), claims.scopes, redeems=session)
        # Before its owner is looked at: whoever has stolen it, the line ends also while its user is barred.
        repeated = self.server.reuse.successor(session, self.repositories.tokens, datetime.now(UTC))
        return Authorization(self._owner(session, claims), claims.scopes, repeats=repeated)

    def owner_refused(self) -> OAuthFault:
        """Say that a barred user's session is over."""
        return OAuthFault.refresh_token_revoked()

    def _session(self, claims: RefreshClaims) -> Session:
        session = self.repositories.tokens.find_refreshable(claims.refresh_token_id)
        if session is None or session.access_token != claims.access_token_id or session.client_id != claims.client_id:
            raise OAuthFault.refresh_token_revoked()
        return session

    def _owner(self, session: Session, claims: RefreshClaims) -> User | ResourceOwner | None:
        # SuiteCRM's API acts as the row's user; the payload, which for years named user 1 in every token, only
        # speaks where a version left the row's user empty.
        if not (session.user_id or claims.user_id):
            return None
        user: User | ResourceOwner | None = (
            session.user if session.user_id else self.repositories.users.get(claims.user_id or "")
        )
        if user is None:
            raise self.owner_refused()
        return user

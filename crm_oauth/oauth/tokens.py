"""Makes the token pair: the JWT, the encrypted refresh token, and the row that stands for both."""

import secrets
from datetime import UTC, datetime

from crm_oauth.compat.claims import AccessClaims, header, payload
from crm_oauth.compat.refresh_codec import RefreshClaims
from crm_oauth.oauth.client_auth import PresentedClient
from crm_oauth.oauth.encryption import RefreshTokenKeys
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.profiles import Profile
from crm_oauth.store.models import ResourceOwner, Token, User

_ID_BYTES = 40  # league's identifiers: 80 hex digits


class IssuedToken(dict[str, object]):
    """The body of a successful answer, in league's key order, together with the row to save.

    Args:
        row: the row that makes the pair valid.
        issued_at: the moment of issue, UTC, whole seconds.
    """

    def __init__(self, row: Token, issued_at: datetime) -> None:
        super().__init__()
        self.row = row
        self.issued_at = issued_at


class TokenIssuer:
    """Authlib's token generator: makes both tokens at once, since the refresh token names the access token.

    Args:
        profile: decides the JWT's shape and both lifetimes.
        keys: signs the access token.
        codec: encrypts the refresh token.
    """

    def __init__(self, profile: Profile, keys: KeyRing, codec: RefreshTokenKeys) -> None:
        self._format = profile.access_token.format
        self._access_lifetime = profile.access_token.expires_after()
        self._refresh_lifetime = profile.refresh_token.expires_after()
        self._row_grant_type = profile.shared.grant_type
        self._keys = keys
        self._codec = codec

    def __call__(  # noqa: PLR0913, PLR0917  # Authlib's signature
        self,
        grant_type: str,  # noqa: ARG002  # one issuer serves every grant
        client: PresentedClient,
        user: User | ResourceOwner | None = None,
        scope: str | None = None,
        expires_in: int | None = None,  # noqa: ARG002  # lifetimes are the profile's
        include_refresh_token: bool = True,  # noqa: FBT001, FBT002  # Authlib's signature
    ) -> IssuedToken:
        """Make a signed pair; nothing is written."""
        now = datetime.now(UTC).replace(microsecond=0)
        row = Token(
            date_entered=now,
            grant_type=self._row_grant_type,
            access_token=secrets.token_hex(_ID_BYTES),
            access_token_expires=self._access_lifetime.after(now),
            client=client.get_client_id(),
            assigned_user_id=user.id if user else None,
        )
        if include_refresh_token:
            row.refresh_token = secrets.token_hex(_ID_BYTES)
            row.refresh_token_expires = self._refresh_lifetime.after(now)
        return self._pair(row, now, scope)

    def repeat(self, row: Token, scope: str | None) -> IssuedToken:
        """Make the answer again that a saved pair was given with: the very same JWT, for RS256 is deterministic.

        Args:
            row: the saved pair.
            scope: as granted, space-separated.
        """
        return self._pair(row, row.date_entered or datetime.now(UTC), scope)

    def _pair(self, row: Token, issued_at: datetime, scope: str | None) -> IssuedToken:
        scopes = tuple((scope or "").split())
        token = IssuedToken(row, issued_at)
        token["token_type"] = "Bearer"  # noqa: S105  # a kind, not a secret
        token["expires_in"] = _seconds(row.access_token_expires) - _seconds(issued_at)
        token["access_token"] = self._access_token(row, issued_at, scopes)
        if row.refresh_token:
            token["refresh_token"] = self._refresh_token(row, scopes)
        return token

    def _access_token(self, row: Token, issued_at: datetime, scopes: tuple[str, ...]) -> str:
        claims = AccessClaims(
            client_id=row.client or "",
            jti=row.access_token or "",
            issued_at=_seconds(issued_at),
            expires_at=_seconds(row.access_token_expires),
            user_id=row.assigned_user_id or "",
            scopes=scopes,
        )
        return self._keys.sign(header(claims.jti, self._format), payload(claims, self._format))

    def _refresh_token(self, row: Token, scopes: tuple[str, ...]) -> str:
        claims = RefreshClaims(
            client_id=row.client or "",
            refresh_token_id=row.refresh_token or "",
            access_token_id=row.access_token or "",
            scopes=scopes,
            user_id=row.assigned_user_id,
            expire_time=_seconds(row.refresh_token_expires),
        )
        return self._codec.encode(claims)


def _seconds(moment: datetime | None) -> int:
    # A row that we wrote has every date; SuiteCRM's columns may be NULL.
    return int(moment.timestamp()) if moment else 0

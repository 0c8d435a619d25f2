"""Makes the token pair: the JWT, the encrypted refresh token, and the row that stands for both."""

import secrets
from datetime import UTC, datetime

from crm_oauth.compat.claims import AccessClaims, header, payload
from crm_oauth.compat.refresh_codec import RefreshClaims
from crm_oauth.oauth.client_auth import PresentedClient
from crm_oauth.oauth.encryption import RefreshTokenKeys
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.profiles import Profile
from crm_oauth.store.ids import new_token_id
from crm_oauth.store.models import NewToken, Token, User
from crm_oauth.store.resource_owner import ResourceOwner

_ID_BYTES = 40  # league's identifiers: 80 hex digits


class IssuedToken(dict[str, object]):
    """The body of a successful answer, in league's key order, together with the row to save.

    Args:
        row: what makes the pair valid.
    """

    def __init__(self, row: NewToken) -> None:
        super().__init__()
        self.row = row


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
        row = NewToken(
            id=new_token_id(),
            date_entered=now,
            grant_type=self._row_grant_type,
            access_token=secrets.token_hex(_ID_BYTES),
            access_token_expires=self._access_lifetime.after(now),
            refresh_token=secrets.token_hex(_ID_BYTES) if include_refresh_token else None,
            refresh_token_expires=self._refresh_lifetime.after(now) if include_refresh_token else None,
            client=client.get_client_id(),
            assigned_user_id=user.id if user else None,
        )
        return self._pair(row, scope)

    def repeat(self, row: Token, scope: str | None) -> IssuedToken:
        """Make the answer again that a saved pair was given with: the very same JWT, for RS256 is deterministic.

        Args:
            row: the saved pair.
            scope: as granted, space-separated.
        """
        # Rows that we wrote have it all; SuiteCRM's columns may be NULL.
        issued_at = row.date_entered or datetime.now(UTC)
        saved = NewToken(
            id=row.id,
            date_entered=issued_at,
            grant_type=row.grant_type or "",
            access_token=row.access_token or "",
            access_token_expires=row.access_token_expires or issued_at,
            refresh_token=row.refresh_token,
            refresh_token_expires=row.refresh_token_expires,
            client=row.client or "",
            assigned_user_id=row.assigned_user_id,
        )
        return self._pair(saved, scope)

    def _pair(self, row: NewToken, scope: str | None) -> IssuedToken:
        scopes = tuple((scope or "").split())
        token = IssuedToken(row)
        token["token_type"] = "Bearer"  # noqa: S105  # a kind, not a secret
        token["expires_in"] = int((row.access_token_expires - row.date_entered).total_seconds())
        token["access_token"] = self._access_token(row, scopes)
        if row.refresh_token:
            token["refresh_token"] = self._refresh_token(row, row.refresh_token, scopes)
        return token

    def _access_token(self, row: NewToken, scopes: tuple[str, ...]) -> str:
        claims = AccessClaims(
            client_id=row.client,
            jti=row.access_token,
            issued_at=int(row.date_entered.timestamp()),
            expires_at=int(row.access_token_expires.timestamp()),
            user_id=row.assigned_user_id or "",
            scopes=scopes,
        )
        return self._keys.sign(header(claims.jti, self._format), payload(claims, self._format))

    def _refresh_token(self, row: NewToken, identifier: str, scopes: tuple[str, ...]) -> str:
        expires = row.refresh_token_expires
        claims = RefreshClaims(
            client_id=row.client,
            refresh_token_id=identifier,
            access_token_id=row.access_token,
            scopes=scopes,
            user_id=row.assigned_user_id,
            expire_time=int(expires.timestamp()) if expires else 0,
        )
        return self._codec.encode(claims)

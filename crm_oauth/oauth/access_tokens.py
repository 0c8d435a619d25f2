"""Is this access token good? The signature says who made it, the database whether it still counts."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.util import urlsafe_b64decode

from crm_oauth.compat.faults import Fault, Meaning
from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.keys import BadSignatureError, KeyRing
from crm_oauth.store.ports import Session, TokenStore

MAX_LENGTH = 16 * 1024
"""The longest token that is looked at, in characters."""

_CLOCK_SKEW = timedelta(seconds=60)  # another node's clock may run ahead of ours; its tokens are not from the future


def bearer_of(authorization: str) -> str:
    """Return the token of an Authorization header (RFC 6750 section 2.1).

    Args:
        authorization: the header, "" when there is none.

    Raises:
        OAuthFault: when there is no header; one of another scheme is told, as by league, as a token that is none.
    """
    if not authorization:
        raise OAuthFault(Fault(Meaning.NO_BEARER))
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A good access token.

    Args:
        claims: what it says, signed.
        session: what the database says.
    """

    claims: dict[str, Any]
    session: Session

    @property
    def scopes(self) -> list[str]:
        """Return the scopes that it was issued with."""
        scopes = self.claims.get("scopes")
        return [str(scope) for scope in scopes] if isinstance(scopes, list) else []


class AccessTokenValidator:
    """Tells good access tokens from all others.

    Args:
        keys: verify signatures.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def validate(self, text: str, tokens: TokenStore, now: datetime) -> AccessToken:
        """Check an access token.

        Args:
            text: the JWT as sent.
            tokens: where its session is looked up.
            now: aware.

        Raises:
            OAuthFault: with a meaning for each way of being no good, in league's order of checks.
        """
        claims = self.read(text)
        _check_times(claims, now)
        session = tokens.find_session(jti_of(claims))
        # The audience is signed; a row that names another client is not this token's.
        if session is None or session.client_id != claims.get("aud") or not session.access_token_is_good(now):
            raise OAuthFault(Fault(Meaning.BEARER_REVOKED))
        return AccessToken(claims, session)

    def read(self, text: str) -> dict[str, Any]:
        """Return the claims of a token that one of our keys signed, whether or not it still counts.

        Args:
            text: the JWT as sent.

        Raises:
            OAuthFault: when it is none of ours.
        """
        parts = text.split(".") if len(text) <= MAX_LENGTH else []
        if len(parts) != 3:  # noqa: PLR2004  # header, claims, signature
            raise OAuthFault(Fault(Meaning.BEARER_WITHOUT_TWO_DOTS))
        header, claims = _read_json(parts[0]), _read_json(parts[1])
        try:
            self._keys.verify(text, header)
        except BadSignatureError:
            raise OAuthFault(Fault(Meaning.BEARER_UNVERIFIED)) from None
        return claims


def jti_of(claims: dict[str, Any]) -> str:
    """Return the identifier of a token's session.

    Args:
        claims: of a token that one of our keys signed.

    Raises:
        OAuthFault: when there is none that a row could have; no database takes NUL or a lone surrogate.
    """
    jti = claims.get("jti")
    if not (isinstance(jti, str) and jti.isascii() and jti.isprintable()):
        raise OAuthFault(Fault(Meaning.BEARER_REVOKED))
    return jti


def _read_json(part: str) -> dict[str, Any]:
    try:
        raw = urlsafe_b64decode(part.encode())
    except ValueError:
        raise OAuthFault(Fault(Meaning.BEARER_NOT_BASE64)) from None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise OAuthFault(Fault(Meaning.BEARER_NOT_JSON))
    return document


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    begins, ends = claims.get("nbf"), claims.get("exp")
    # lcobucci/jwt 4 wrote fractions of a second.
    if not (isinstance(begins, int | float) and isinstance(ends, int | float)):
        raise OAuthFault(Fault(Meaning.BEARER_EXPIRED))
    if not begins <= (now + _CLOCK_SKEW).timestamp() or not now.timestamp() < ends:
        raise OAuthFault(Fault(Meaning.BEARER_EXPIRED))

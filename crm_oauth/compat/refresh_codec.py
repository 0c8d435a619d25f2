"""Refresh tokens as league/oauth2-server makes them: JSON claims inside a defuse container."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from crm_oauth.compat.defuse import DefuseError, EncryptionKey
from crm_oauth.compat.php_json import dumps


class RefreshTokenError(ValueError):
    """The text is not a refresh token that any of the keys opens."""


class RefreshClaims(NamedTuple):
    """What a refresh token says; the order of the fields is the order on the wire.

    Args:
        client_id: The client as it named itself; only that client may redeem the token.
        refresh_token_id: Column `oauth2tokens.refresh_token`.
        access_token_id: Column `oauth2tokens.access_token`, the `jti` of the access token issued with it.
        scopes: Granted scopes, usually none.
        user_id: Id of the resource owner, if any.
        expire_time: Unix time in seconds.
    """

    client_id: str
    refresh_token_id: str
    access_token_id: str
    scopes: tuple[str, ...]
    user_id: str | None
    expire_time: int


class RefreshCodec:
    """Writes refresh tokens with the current key and reads them with it or a previous one (key rotation)."""

    def __init__(self, current: EncryptionKey, previous: Sequence[EncryptionKey] = ()) -> None:
        self._current = current
        self._keys = (current, *previous)

    def encode(self, claims: RefreshClaims) -> str:
        """Return the refresh token, as hex text that SuiteCRM's PHP can open with the same key.

        Raises:
            DefuseError: The claims are too long for a token.
        """
        return self._current.encrypt(dumps(claims._asdict()).encode())

    def decode(self, text: str) -> RefreshClaims:
        """Return the claims of a refresh token; whether it has expired or was revoked is not looked at.

        Raises:
            RefreshTokenError: No key opens the text, or its claims are not of the expected shape.
        """
        return _read_claims(self._decrypt(text))

    def _decrypt(self, text: str) -> bytes:
        fault = None
        # A key that has seen the salt needs no PBKDF2, and is nearly always the right one.
        for key in sorted(self._keys, key=lambda key: not key.remembers(text)):
            try:
                return key.decrypt(text)
            except DefuseError as error:
                fault = error
        raise RefreshTokenError("no key opens this text") from fault


def _read_claims(plaintext: bytes) -> RefreshClaims:
    try:
        match json.loads(plaintext.decode()):
            case {
                "client_id": str(client_id),
                "refresh_token_id": str(refresh_token_id),
                "access_token_id": str(access_token_id),
                "scopes": [*scopes],
                "user_id": user_id,
                "expire_time": int(expire_time),
            } if not isinstance(expire_time, bool) and all(isinstance(scope, str) for scope in scopes):
                return RefreshClaims(
                    client_id,
                    refresh_token_id,
                    access_token_id,
                    tuple(scopes),
                    _read_user_id(user_id),
                    expire_time,
                )
    except (ValueError, RecursionError) as error:
        raise RefreshTokenError("the claims are not JSON of the expected shape") from error
    raise RefreshTokenError("the claims are not of the expected shape")


def _read_user_id(value: object) -> str | None:
    match value:
        case str() | None:
            return value
        case True:
            # For years SuiteCRM wrote true for whoever it was, and PHP then read that as user 1, the administrator.
            return None
        case int() if value is not False:
            return str(value)
        case _:
            raise ValueError("not an id")

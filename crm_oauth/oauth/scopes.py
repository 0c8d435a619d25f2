"""Scopes of a request, split and checked as league does."""

from collections.abc import Collection

from crm_oauth.oauth.errors import OAuthFault

_PHP_TRIM = " \t\n\r\0\x0b"


def check_scopes(requested: str, known: Collection[str], granted: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Return the scopes that a token gets.

    Args:
        requested: the `scope` parameter, "" when there is none.
        known: the scopes of the profile.
        granted: the scopes of the token that is refreshed: its default, and its limit (RFC 6749 section 6).

    Raises:
        OAuthFault: invalid_scope, about the first scope that is unknown or wider than granted.
    """
    # PHP's empty() also drops a scope that reads "0"; league keeps each scope by its name, and so once.
    scopes = tuple(dict.fromkeys(scope for scope in requested.strip(_PHP_TRIM).split(" ") if scope not in ("", "0")))
    for scope in scopes:
        if scope not in known:
            raise OAuthFault.invalid_scope(scope)
    if granted is None:
        return scopes
    for scope in scopes:
        if scope not in granted:
            raise OAuthFault.invalid_scope(scope)
    return scopes or granted

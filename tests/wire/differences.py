"""Where we differ from the recordings on purpose; each entry names its row of the table in docs/architecture.md."""

from typing import Any

from tests.wire.exchange import Expected

_JSON = {"content-type": "application/json"}
_CHALLENGE = {"www-authenticate": 'Basic realm="OAuth"'}
_MALFORMED = (
    "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed."
)
_UNSUPPORTED = "The authorization grant type is not supported by the authorization server."


def _body(version: str, error: str, message: str, hint: str | None = None) -> str:
    hinted = f',"hint":"{hint}"' if hint else ""
    if version.startswith("7.14"):
        return f'{{"error":"{error}","error_description":"{message}"{hinted},"message":"{message}"}}'
    return f'{{"error":"{error}","message":"{message}"{hinted}}}'


def invalid_client(version: str) -> Expected:
    """Return the 401 of a request without an Authorization header."""
    headers = _JSON if version.startswith("7.14") else _JSON | _CHALLENGE
    return Expected(401, headers, _body(version, "invalid_client", "Client authentication failed"))


def bad_credentials(version: str) -> Expected:
    """Return the dialect's own answer for a wrong user name or password."""
    new = version.startswith("7.14")
    status, error = (400, "invalid_grant") if new else (401, "invalid_credentials")
    return Expected(status, _JSON, _body(version, error, "The user credentials were incorrect."))


def malformed(version: str, parameter: str) -> Expected:
    """Return the 400 that names a parameter."""
    hint = f"Check the `{parameter}` parameter"
    return Expected(400, _JSON, _body(version, "invalid_request", _MALFORMED, hint))


def unsupported_grant_type(version: str) -> Expected:
    """Return the 400 of a body that holds no grant_type."""
    new = version.startswith("7.14")
    hint = "Check that all required parameters have been provided" if new else "Check the `grant_type` parameter"
    return Expected(400, _JSON, _body(version, "unsupported_grant_type", _UNSUPPORTED, hint))


def revoked(version: str) -> Expected:
    """Return the answer for a refresh token whose session is over."""
    status = 401 if version.startswith("7.14") else 400
    text = _body(version, "invalid_request", "The refresh token is invalid.", "Token has been revoked")
    return Expected(status, _JSON, text)


_ANY = ("7.10.0", "7.10.2", "7.12.0", "7.14.6")
_NEW_API = ("7.12.0", "7.14.6")
_LEAGUE_5 = ("7.10.0", "7.10.2", "7.12.0")

DIFFERENCES: dict[str, tuple[str, tuple[str, ...], Any]] = {
    # name of the case: (row of the table, versions that it concerns, the answer here)
    "password body as application/xml": ("XML bodies", _ANY, unsupported_grant_type),
    "unknown client_id": ("unknown client", _NEW_API, invalid_client),
    "cc unknown client": ("unknown client", _NEW_API, invalid_client),
    "refresh with unknown client": ("unknown client", _ANY, invalid_client),
    "empty password": ("password in the body", _NEW_API, bad_credentials),
    "unknown username": ("password in the body", _NEW_API, bad_credentials),
    "wrong password": ("password in the body", _NEW_API, bad_credentials),
    "inactive user, right password": ("inactive users", _NEW_API, bad_credentials),
    "cc non-confidential client wrong secret": ("public client", ("7.10.2",), invalid_client),
    "cc grant with a password client": ("bare 500", ("7.12.0",), invalid_client),
    "client_id JSON number": ("numbers", _ANY, lambda version: malformed(version, "client_id")),
    "client_secret JSON array": ("numbers", _LEAGUE_5, lambda version: malformed(version, "client_secret")),
    "username JSON array": ("numbers", _LEAGUE_5, lambda version: malformed(version, "username")),
    "password JSON number": ("numbers", _LEAGUE_5, lambda version: malformed(version, "password")),
}

# Row "sub": the associated user's id where SuiteCRM wrote "".
SUBJECTS = {"cc-client": "user-2", "cc-public": "user-2"}

"""The words, codes and statuses of each generation, by meaning: facts of the wire, which programs compare."""

from dataclasses import dataclass

from crm_oauth.compat.faults import Meaning


@dataclass(frozen=True, slots=True)
class Text:
    """How one generation tells a fault; `{}` in the hint stands for what the fault is about."""

    status: int
    error: str
    message: str
    hint: str | None = None


_MALFORMED = (
    "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed."
)
_REFRESH = "The refresh token is invalid."
_DENIED = "The resource owner or authorization server denied the request."
_CLIENT = Text(401, "invalid_client", "Client authentication failed")

LEAGUE_5 = {
    Meaning.UNSUPPORTED_GRANT_TYPE: Text(
        400,
        "unsupported_grant_type",
        "The authorization grant type is not supported by the authorization server.",
        "Check the `grant_type` parameter",
    ),
    Meaning.INVALID_REQUEST: Text(400, "invalid_request", _MALFORMED, "Check the `{}` parameter"),
    Meaning.INVALID_CLIENT: _CLIENT,
    Meaning.GRANT_NOT_ALLOWED: _CLIENT,
    Meaning.INVALID_SCOPE: Text(
        400,
        "invalid_scope",
        "The requested scope is invalid, unknown, or malformed",
        "Check the `{}` scope",
    ),
    Meaning.INVALID_CREDENTIALS: Text(401, "invalid_credentials", "The user credentials were incorrect."),
    Meaning.REFRESH_TOKEN_UNDECRYPTABLE: Text(400, "invalid_request", _REFRESH, "Cannot decrypt the refresh token"),
    Meaning.REFRESH_TOKEN_NOT_LINKED: Text(400, "invalid_request", _REFRESH, "Token is not linked to client"),
    Meaning.REFRESH_TOKEN_EXPIRED: Text(400, "invalid_request", _REFRESH, "Token has expired"),
    Meaning.REFRESH_TOKEN_REVOKED: Text(400, "invalid_request", _REFRESH, "Token has been revoked"),
    Meaning.NO_BEARER: Text(401, "access_denied", _DENIED, 'Missing "Authorization" header'),
    Meaning.BEARER_WITHOUT_TWO_DOTS: Text(401, "access_denied", _DENIED, "The JWT string must have two dots"),
    # lcobucci/jwt 3 decoded any base64 and then failed at the JSON within.
    Meaning.BEARER_NOT_BASE64: Text(401, "access_denied", _DENIED, "Error while decoding to JSON"),
    Meaning.BEARER_NOT_JSON: Text(401, "access_denied", _DENIED, "Error while decoding to JSON"),
    Meaning.BEARER_UNVERIFIED: Text(401, "access_denied", _DENIED, "Access token could not be verified"),
    Meaning.BEARER_EXPIRED: Text(401, "access_denied", _DENIED, "Access token is invalid"),
    Meaning.BEARER_REVOKED: Text(401, "access_denied", _DENIED, "Access token has been revoked"),
    Meaning.SERVER_ERROR: Text(
        500,
        "server_error",
        "The authorization server encountered an unexpected condition which prevented it from fulfilling the request.",
    ),
    Meaning.TOO_MANY_REQUESTS: Text(429, "too_many_requests", "There were too many requests; try again later."),
    Meaning.UNAVAILABLE: Text(
        503, "temporarily_unavailable", "The authorization server is temporarily unable to handle the request."
    ),
}


def _with_status(status: int, *meanings: Meaning) -> dict[Meaning, Text]:
    return {
        meaning: Text(status, text.error, text.message, text.hint)
        for meaning, text in LEAGUE_5.items()
        if meaning in meanings
    }


_REFRESH_FAULTS = (
    Meaning.REFRESH_TOKEN_UNDECRYPTABLE,
    Meaning.REFRESH_TOKEN_NOT_LINKED,
    Meaning.REFRESH_TOKEN_EXPIRED,
    Meaning.REFRESH_TOKEN_REVOKED,
)
_INVALID_GRANT = Text(400, "invalid_grant", "The user credentials were incorrect.")

LEAGUE_8 = (
    LEAGUE_5
    | _with_status(401, *_REFRESH_FAULTS)
    | {
        Meaning.UNSUPPORTED_GRANT_TYPE: Text(
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
            "Check that all required parameters have been provided",
        ),
        Meaning.INVALID_CREDENTIALS: _INVALID_GRANT,
        Meaning.BEARER_NOT_BASE64: Text(
            401,
            "access_denied",
            _DENIED,
            "Error while decoding from Base64Url, invalid base64 characters detected",
        ),
        Meaning.BEARER_NOT_JSON: Text(401, "access_denied", _DENIED, "Error while decoding from JSON"),
        Meaning.BEARER_EXPIRED: Text(401, "access_denied", _DENIED, "Access token could not be verified"),
    }
)

_BEARER_FAULTS = (
    Meaning.NO_BEARER,
    Meaning.BEARER_WITHOUT_TWO_DOTS,
    Meaning.BEARER_NOT_BASE64,
    Meaning.BEARER_NOT_JSON,
    Meaning.BEARER_UNVERIFIED,
    Meaning.BEARER_EXPIRED,
    Meaning.BEARER_REVOKED,
)

RFC_6749 = (
    LEAGUE_5
    | dict.fromkeys(_BEARER_FAULTS, Text(401, "invalid_token", "The access token is missing or no longer good."))
    | dict.fromkeys(_REFRESH_FAULTS, Text(400, "invalid_grant", _REFRESH))
    | {
        Meaning.GRANT_NOT_ALLOWED: Text(
            400, "unauthorized_client", "The client is not authorized to use this authorization grant type."
        ),
        Meaning.INVALID_CREDENTIALS: _INVALID_GRANT,
    }
)

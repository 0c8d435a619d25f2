"""Why a request is refused, and what to do: the words of docs/reference/errors.md, by the meaning of the fault."""

from typing import NamedTuple

from crm_oauth.compat.faults import Meaning


class Cause(NamedTuple):
    """What is behind a fault.

    Args:
        cause: what happened.
        cure: who does what.
    """

    cause: str
    cure: str


TOKEN_REQUESTS = {
    Meaning.UNSUPPORTED_GRANT_TYPE: Cause(
        "`grant_type` is missing, misspelt, or names a grant that the profile turns off. A body in a form that is not "
        "read, such as JSON sent as `text/plain`, has no parameters at all and ends here too.",
        "Send `grant_type` in one of the forms that [the wire reference](../wire.md) lists; `crm-oauth profile show` "
        "tells which grants are on.",
    ),
    Meaning.INVALID_REQUEST: Cause(
        "A parameter that the grant needs is missing, is sent twice with two values, is not a text, or is longer than "
        "8,192 characters. The hint names it.",
        "Send that parameter once, as text.",
    ),
    Meaning.INVALID_CLIENT: Cause(
        "There is no such client, its secret is wrong, the user that it is associated with is inactive, it is a public "
        "one where a confidential one is wanted, or it sent a `redirect_uri`. Which of these is not told.",
        "Compare the ID with `crm-oauth clients list`; make a new secret with `crm-oauth clients rotate-secret ID`; "
        "look at the user with `crm-oauth users list`. Of a client that sends Basic, see whether the front end drops "
        "the header.",
    ),
    Meaning.GRANT_NOT_ALLOWED: Cause(
        "The client was made for another grant.",
        "Make a client for this one: `crm-oauth clients add --grant …`, or `crm-oauth clients edit ID --grant …`.",
    ),
    Meaning.INVALID_SCOPE: Cause(
        "A scope is not in the profile's `scopes.known`, or a refresh asks for more than was granted before.",
        "Leave `scope` out, as SuiteCRM's clients do, or ask for less.",
    ),
    Meaning.INVALID_CREDENTIALS: Cause(
        "There is no such user, the password is wrong, or the user may not sign in; while somebody guesses at one user "
        "from one address, also a right password (the log says `backing_off`). Which of these is not told.",
        "`crm-oauth users list` tells who may sign in; `crm-oauth users passwd NAME` sets a new password.",
    ),
    Meaning.REFRESH_TOKEN_UNDECRYPTABLE: Cause(
        "It is not a refresh token of this server: cut off, an access token, or made under an encryption key that is "
        "no longer there.",
        "Sign in again. If every client says so, see "
        "[The encryption key is lost](../runbook.md#the-encryption-key-is-lost).",
    ),
    Meaning.REFRESH_TOKEN_NOT_LINKED: Cause(
        "The refresh token was issued to another client.", "Refresh with the client that got it."
    ),
    Meaning.REFRESH_TOKEN_EXPIRED: Cause("It is older than the profile's `refresh_token.lifetime`.", "Sign in again."),
    Meaning.REFRESH_TOKEN_REVOKED: Cause(
        "It was used before, or its session was revoked, logged out, or lost its user.",
        "Sign in again. A client that refreshes from several processes, or repeats requests, is helped by "
        "`CRM_OAUTH_REFRESH_GRACE`; see [Tokens in use](../tokens-in-use.md).",
    ),
}

BEARERS = {
    Meaning.NO_BEARER: Cause(
        "There is no Authorization header.",
        "Send `Authorization: Bearer TOKEN`; if the client does, the front end drops the header.",
    ),
    Meaning.BEARER_WITHOUT_TWO_DOTS: Cause(
        "What was sent is no JWT: another scheme, a refresh token, or one that was cut off.", "Send the access token."
    ),
    Meaning.BEARER_NOT_BASE64: Cause("The JWT was damaged on its way.", "Send it as it was received."),
    Meaning.BEARER_NOT_JSON: Cause("The JWT was damaged on its way.", "Send it as it was received."),
    Meaning.BEARER_UNVERIFIED: Cause(
        "No key of this server made the signature: the token is another site's, or its key was retired or lost.",
        "Get a new token. If every client says so, see "
        "[The signing key is lost](../runbook.md#the-signing-key-is-lost).",
    ),
    Meaning.BEARER_EXPIRED: Cause(
        "The token is past its time, or not valid yet because the clock of the machine that made it is more than a "
        "minute ahead.",
        "Refresh, or get a new token. If new ones are refused, see [A clock is wrong](../runbook.md#a-clock-is-wrong).",
    ),
    Meaning.BEARER_REVOKED: Cause(
        "The session was revoked, logged out or refreshed, or its user or client is gone or inactive.",
        "Get a new token.",
    ),
}

EVERYWHERE = {
    Meaning.TOO_MANY_REQUESTS: Cause(
        "Too many wrong passwords or secrets came from this address, or the client asks for more tokens than "
        "`CRM_OAUTH_TOKENS_PER_CLIENT` allows.",
        "Wait as long as `Retry-After` says. Behind a proxy, name it in `CRM_OAUTH_TRUSTED_PROXIES`, or all who come "
        "through it count as one address.",
    ),
    Meaning.SERVER_ERROR: Cause(
        "A fault in the program, or in a grant from outside; such as one that names a user whom the database does not "
        "have.",
        "Look up the answer's `X-Request-Id` in the log, and report what stands there; or mend "
        "[the grant](../writing-a-grant.md).",
    ),
    Meaning.UNAVAILABLE: Cause(
        "The database, or the directory that checks passwords, does not answer.",
        "Ask again after `Retry-After` seconds. See [503](../runbook.md#503) in the runbook.",
    ),
}

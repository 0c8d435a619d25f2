"""Faults that a grant or the pipeline raises; the dialect puts them into words at the very end."""

from typing import Self

from authlib.oauth2 import OAuth2Error

from crm_oauth.compat.faults import Fault, Meaning


class OAuthFault(OAuth2Error):  # noqa: N818  # "fault" is the word here, as in league's texts
    """A token request is refused.

    It carries a meaning, not a text: Authlib would refuse most of SuiteCRM's texts as descriptions.

    Args:
        fault: what is wrong.
        ends_line_of: the id of a token row whose line of sessions must end because of this, whatever else is undone.
        retry_after: seconds after which another try may succeed; None where that is no question of time.
    """

    def __init__(self, fault: Fault, ends_line_of: str | None = None, retry_after: int | None = None) -> None:
        super().__init__()
        self.fault = fault
        self.ends_line_of = ends_line_of
        self.retry_after = retry_after

    @classmethod
    def invalid_request(cls, parameter: str) -> Self:
        """Say that a parameter is missing or malformed."""
        return cls(Fault(Meaning.INVALID_REQUEST, parameter))

    @classmethod
    def invalid_client(cls) -> Self:
        """Say that the client did not authenticate, or may not have what it asks for."""
        return cls(Fault(Meaning.INVALID_CLIENT))

    @classmethod
    def grant_not_allowed(cls) -> Self:
        """Say that the client was made for another grant."""
        return cls(Fault(Meaning.GRANT_NOT_ALLOWED))

    @classmethod
    def invalid_scope(cls, scope: str) -> Self:
        """Say that a scope is unknown or wider than granted before."""
        return cls(Fault(Meaning.INVALID_SCOPE, scope))

    @classmethod
    def invalid_credentials(cls) -> Self:
        """Say that the resource owner's credentials are wrong, without saying which."""
        return cls(Fault(Meaning.INVALID_CREDENTIALS))

    @classmethod
    def too_many_requests(cls, retry_after: int) -> Self:
        """Say that there were too many wrong guesses, or too many tokens, and when to come again."""
        return cls(Fault(Meaning.TOO_MANY_REQUESTS), retry_after=retry_after)

    @classmethod
    def refresh_token_undecryptable(cls) -> Self:
        """Say that a refresh token is not one of ours."""
        return cls(Fault(Meaning.REFRESH_TOKEN_UNDECRYPTABLE))

    @classmethod
    def refresh_token_not_linked(cls) -> Self:
        """Say that a refresh token belongs to another client."""
        return cls(Fault(Meaning.REFRESH_TOKEN_NOT_LINKED))

    @classmethod
    def refresh_token_expired(cls) -> Self:
        """Say that a refresh token is past its time."""
        return cls(Fault(Meaning.REFRESH_TOKEN_EXPIRED))

    @classmethod
    def refresh_token_revoked(cls) -> Self:
        """Say that a refresh token was used, revoked, or lost its session."""
        return cls(Fault(Meaning.REFRESH_TOKEN_REVOKED))

    @classmethod
    def refresh_token_stolen(cls, token_id: str) -> Self:
        """Say the same of one that is used a second time by somebody else, and end its line of sessions."""
        return cls(Fault(Meaning.REFRESH_TOKEN_REVOKED), ends_line_of=token_id)

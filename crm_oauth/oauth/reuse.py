"""What a used refresh token gets that is presented again."""

from datetime import datetime, timedelta

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.store.models import Token
from crm_oauth.store.ports import Session, TokenStore

# Two workers of one program that race are this close; whoever comes later has the token from somewhere else.
_RACE = timedelta(seconds=10)


class ReusePolicy:
    """Forgives a lost answer where that is asked for, and tells a thief from a race.

    Args:
        grace: for how long, in seconds, redeeming again gives the same session again; 0 never does.
    """

    def __init__(self, grace: int) -> None:
        self._grace = timedelta(seconds=grace)

    def successor(self, used: Session, tokens: TokenStore, now: datetime) -> Token:
        """Return the pair that a repeated redemption gets: the one that the first got.

        Args:
            used: the session of the refresh token, which the client of this request holds.
            tokens: where the line of sessions is looked up.
            now: aware.

        Raises:
            OAuthFault: refresh_token_revoked, and refresh_token_stolen where the line of sessions must end.
        """
        use = tokens.find_use(used.row_id)
        # SuiteCRM itself used it up, or somebody logged out; or it was revoked, which outdoes any grace.
        if use is None or used.is_revoked:
            raise OAuthFault.refresh_token_revoked()
        refresh, successor = use
        age = now - refresh.used_at
        # A successor that was used in its turn is deleted, and so not found. The age may be negative: another node's
        # clock runs ahead, or this request waited for the one that used the token and began before it.
        if self._grace and successor is not None and age < self._grace:
            return successor
        if age > _RACE:
            raise OAuthFault.refresh_token_stolen(used.row_id)
        raise OAuthFault.refresh_token_revoked()

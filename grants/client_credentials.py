"""Client credentials: a machine gets a token for the user its client is associated with (RFC 6749 section 4.4)."""

from collections.abc import Mapping

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.grant import Authorization, Grant


class ClientCredentialsGrant(Grant):
    """Trades a client's own secret for an access token, without a refresh token."""

    GRANT_TYPE = "client_credentials"
    CONFIDENTIAL_ONLY = True

    def identify(self, given: Mapping[str, str]) -> Authorization:  # noqa: ARG002  # it has no parameter of its own
        """Find the user whose rights limit the client; SuiteCRM lets a client have none."""
        client, user = self.presented.client, self.presented.user
        if client.assigned_user_id and user is None:
            raise OAuthFault.invalid_client()
        return Authorization(user)

"""Resource owner password credentials: a user's name and password for a token (RFC 6749 section 4.3)."""

from collections.abc import Mapping

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.grant import Authorization, Grant


class PasswordGrant(Grant):
    """Trades a user name and a password for a token pair."""

    GRANT_TYPE = "password"
    PARAMETERS = ("username", "password")
    INCLUDE_REFRESH_TOKEN = True

    def identify(self, given: Mapping[str, str]) -> Authorization:
        """Find the user and check the password."""
        user = self.repositories.users.find_by_name(given["username"])
        if not self.verify_password(user, given["password"]):
            raise OAuthFault.invalid_credentials()
        return Authorization(user)

    def owner_refused(self) -> OAuthFault:
        """Say the same to a barred user as to a wrong password."""
        return OAuthFault.invalid_credentials()

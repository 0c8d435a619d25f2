"""Staff card: a till reads a card and gets a token for its holder."""  # noqa: INP001  # the one module of its distribution

from collections.abc import Mapping

from authlib.oauth2.rfc6749.errors import InvalidGrantError

from crm_oauth.oauth.errors import OAuthFault
from crm_oauth.oauth.grant import Authorization, Grant, User

_HOLDERS = {"0042-7731": "alice"}
_GUEST_CARD, _LOST_CARD = "0000-0000", "0042-0001"


class StaffCardGrant(Grant):
    """Trades the number of a staff card for an access token."""

    GRANT_TYPE = "urn:example:params:oauth:grant-type:staff-card"
    PARAMETERS = ("card_number",)

    def identify(self, given: Mapping[str, str]) -> Authorization:
        """Find the card's holder."""
        if given["card_number"] == _GUEST_CARD:
            return Authorization(User(id="guest", user_name="guest", status="Active"))  # who is in no database
        if given["card_number"] == _LOST_CARD:
            raise InvalidGrantError("This card was reported lost.")
        holder = _HOLDERS.get(given["card_number"])
        user = self.repositories.users.find_by_name(holder) if holder else None
        if user is None:
            raise OAuthFault.invalid_credentials()
        return Authorization(user)

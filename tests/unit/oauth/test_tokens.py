"""The answer that a token request gets, and the row behind it."""

from types import SimpleNamespace
from typing import cast

import pytest

from crm_oauth.oauth.client_auth import PresentedClient
from crm_oauth.oauth.encryption import RefreshTokenKeys
from crm_oauth.oauth.keys import KeyRing
from crm_oauth.oauth.tokens import TokenIssuer
from crm_oauth.profiles import load_profile
from crm_oauth.store.models import Client, Token, User

CLIENT = PresentedClient(Client(id="client"), None, proved=True)
# Neither signs nor encrypts, so that answers can be compared.
ISSUER = TokenIssuer(
    load_profile("7.10.2"),
    cast("KeyRing", SimpleNamespace(sign=lambda header, payload: f"{header} {payload}")),
    cast("RefreshTokenKeys", SimpleNamespace(encode=str)),
)


@pytest.mark.parametrize("user", [User(id="user"), None], ids=["user", "nobody"])
@pytest.mark.parametrize("refreshes", [True, False])
def test_a_row_says_all(user: User | None, *, refreshes: bool) -> None:
    """What was answered can be told again from the row, whose times are whole seconds: so much each database keeps."""
    answer = ISSUER("password", CLIENT, user, "read write", include_refresh_token=refreshes)
    assert ("refresh_token" in answer) is refreshes
    assert ISSUER.repeat(Token(**answer.row._asdict()), "read write") == answer
    assert answer.row.date_entered.microsecond == answer.row.access_token_expires.microsecond == 0
    assert answer["expires_in"] == 3600

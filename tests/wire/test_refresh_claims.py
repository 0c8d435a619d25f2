"""What a refresh token says, and what its row says."""

from typing import Any

import pytest

from tests.support.site import Site
from tests.wire.exchange import claims_of
from tests.wire.lines import reworded, token_of_php
from tests.wire.sessions import INACTIVE, PW_CLIENT, Pair, introspect, pair_of, redeem, sign_in

# It knows scopes.
pytestmark = pytest.mark.parametrize("version", ["7.10.2"], indirect=True, scope="package")

READ, BOTH = "standard:read", "standard:read standard:create"


@pytest.mark.parametrize(
    ("claims", "hint"),
    [
        ({"client_id": "pub-client"}, "Token is not linked to client"),
        ({"expire_time": 1_700_000_000}, "Token has expired"),
        ({"refresh_token_id": "0" * 80}, "Token has been revoked"),
        ({"access_token_id": "0" * 80}, "Token has been revoked"),
    ],
    ids=str,
)
def test_what_it_must_say(site: Site, claims: dict[str, Any], hint: str) -> None:
    """A token that is out of time or says else than its row is inactive, and refused before scopes are looked at."""
    token = sign_in(site).refresh_token
    bad = reworded(token, claims)
    assert introspect(site, bad).body == INACTIVE
    answer = redeem(site, bad, PW_CLIENT | {"scope": "no such scope"})
    assert (answer.status, answer.document["hint"]) == (400, hint)
    assert redeem(site, token).status == 200, "it was used up"


@pytest.mark.parametrize(
    ("owner", "named", "subject"),
    [("user-2", "1", "user-2"), ("user-2", None, "user-2"), (None, "user-2", "user-2"), (None, None, "")],
)
def test_whose_it_is(site: Site, owner: str | None, named: str | None, subject: str) -> None:
    """The new pair acts as the row's user; only where the row has none, as whom the token names."""
    pair = pair_of(redeem(site, token_of_php(site, owner=owner, named=named)))
    assert claims_of(pair.access_token)["sub"] == subject


def test_a_user_who_is_nobody(site: Site) -> None:
    """Where the row has no user and the token names one that there is not, the session is over."""
    assert redeem(site, token_of_php(site, owner=None, named="nobody")).document["hint"] == "Token has been revoked"


def _scopes(pair: Pair) -> object:
    return claims_of(pair.access_token)["scopes"]


def test_its_scopes(site: Site) -> None:
    """A refresh keeps the scopes, or narrows them for good; to widen them is refused and uses nothing up."""
    kept = pair_of(redeem(site, sign_in(site, scope=BOTH).refresh_token))
    assert _scopes(kept) == BOTH.split()
    narrowed = pair_of(redeem(site, kept.refresh_token, PW_CLIENT | {"scope": READ}))
    assert _scopes(narrowed) == [READ]
    wider = redeem(site, narrowed.refresh_token, PW_CLIENT | {"scope": BOTH})
    assert (wider.status, wider.document["error"]) == (400, "invalid_scope")
    assert _scopes(pair_of(redeem(site, narrowed.refresh_token))) == [READ]

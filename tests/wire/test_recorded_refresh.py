"""The recorded refresh flows, in every profile: 7.10 answers as the first version that had the grant."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import User
from crm_oauth.store.ports import TokenFilter
from tests.support.site import Site
from tests.wire import differences
from tests.wire.conftest import RECORDINGS
from tests.wire.exchange import Expected, Received, assert_as_expected, post_json

FLOWS = RECORDINGS["flows"]
PW_CLIENT = {"client_id": "pw-client", "client_secret": "pw-secret"}
Login = Callable[..., str]
Refresh = Callable[..., Received]


@pytest.fixture
def login(site: Site, path: str) -> Login:
    """Return a function that signs in and returns the refresh token."""

    def sign_in(username: str = "admin", password: str = "admin-pw", **client: str) -> str:
        sent = {"grant_type": "password", "username": username, "password": password, **(client or PW_CLIENT)}
        token: str = post_json(site.url, path, sent).document["refresh_token"]
        return token

    return sign_in


@pytest.fixture
def refresh(site: Site, path: str) -> Refresh:
    """Return a function that redeems a refresh token."""

    def redeem(token: str, client: dict[str, str] = PW_CLIENT, **more: str) -> Received:
        sent = {"grant_type": "refresh_token", "refresh_token": token, **client, **more}
        return post_json(site.url, path, sent)

    return redeem


@pytest.fixture
def recorded(version: str) -> Callable[[str], Expected]:
    """Return a function that looks a flow's recorded answer up."""

    def answer(flow: str) -> Expected:
        found = FLOWS[flow]["7.12.0" if version.startswith("7.10.") else version]
        claims = dict.fromkeys(("aud", "jti", "iat", "nbf", "exp", "sub", "scopes"))
        claims |= {"aud": "pw-client", "sub": "1", "scopes": []}
        keys = tuple(found.get("body_keys", ()))
        return Expected(found["status"], found["headers"], found.get("body", ""), keys, claims)

    return answer


def test_rotation(login: Login, refresh: Refresh, recorded: Callable[[str], Expected]) -> None:
    """A refresh token works once; its successor works; the used one is told apart as revoked."""
    first = login()
    answer = refresh(first)
    assert_as_expected(answer, recorded("refresh ok"))
    assert_as_expected(refresh(first), recorded("refresh reuse of the old token"))
    assert_as_expected(refresh(answer.document["refresh_token"]), recorded("refresh with the new token"))


def test_scopes(login: Login, refresh: Refresh, recorded: Callable[[str], Expected]) -> None:
    """An unknown scope is refused without using the token up; an empty one changes nothing."""
    token = login()
    assert_as_expected(refresh(token, scope="foo"), recorded("refresh scope foo"))
    assert_as_expected(refresh(token, scope=""), recorded("refresh scope empty"))


def test_other_clients(login: Login, refresh: Refresh, recorded: Callable[[str], Expected]) -> None:
    """Another client is refused, and the owner's token is not burnt by the try."""
    token = login()
    other = {"client_id": "pub-client", "client_secret": "pub-secret"}
    machine = {"client_id": "cc-client", "client_secret": "cc-secret"}
    expected = recorded("refresh w/ token of another client (pub-client)")
    assert_as_expected(refresh(token, other), expected)
    assert_as_expected(refresh(token, machine), recorded("refresh by cc-client with pw token"))
    assert_as_expected(refresh(token), recorded("refresh ok"))


def test_hex_quirks(login: Login, refresh: Refresh, recorded: Callable[[str], Expected]) -> None:
    """PHP's hex decoder is copied: an odd last digit is ignored, a newline refused, as is a flipped digit."""
    token = login()
    flipped = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert_as_expected(refresh(flipped), recorded("refresh tampered"))
    assert_as_expected(refresh(token + "\n"), recorded("refresh trailing newline"))
    assert_as_expected(refresh(token + "a"), recorded("refresh trailing odd nibble"))


def test_soft_deleted(site: Site, login: Login, refresh: Refresh, recorded: Callable[[str], Expected]) -> None:
    """A session whose row is soft-deleted, as logout does, cannot be refreshed."""
    token = login()
    with site.database.unit_of_work() as repositories:
        for row in repositories.tokens.list(TokenFilter(user_id="1")):
            row.deleted = True
    assert_as_expected(refresh(token), recorded("refresh after row soft-deleted"))


def test_revoked_means_revoked(site: Site, version: str, login: Login, refresh: Refresh) -> None:
    """A session revoked in the panel cannot be refreshed (SuiteCRM lets it be)."""
    token = login()
    with site.database.unit_of_work() as repositories:
        repositories.tokens.revoke(TokenFilter(user_id="1"), now=datetime.now(UTC))
    assert_as_expected(refresh(token), differences.revoked(version))


@pytest.mark.parametrize("change", [{"status": "Inactive"}, {"deleted": True}, {"portal_only": True}])
def test_barred_user(site: Site, version: str, login: Login, refresh: Refresh, change: dict[str, object]) -> None:
    """A user barred since the login cannot refresh (SuiteCRM never looks again)."""
    name = "barred-" + "-".join(change)
    user = User(id=name, user_name=name, user_hash=hash_user_password("pw", rounds=4), status="Active")
    site.fill(lambda repositories: repositories.users.add(user))
    token = login(name, "pw")
    with site.database.unit_of_work() as repositories:
        stored = repositories.users.get(name)
        for column, value in change.items():
            setattr(stored, column, value)
    assert_as_expected(refresh(token), differences.revoked(version))

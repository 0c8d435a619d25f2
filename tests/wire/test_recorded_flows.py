"""The recorded flows of bearers: logout, tokens that are no good, routes that are not there."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import Token, User
from crm_oauth.store.ports import TokenFilter
from tests.support.site import Site
from tests.wire.conftest import RECORDINGS
from tests.wire.exchange import Expected, Received, assert_as_expected, send
from tests.wire.sessions import log_out, machine_token, pair_of, pair_of_one_barred_since, present, redeem, sign_in

FLOWS = RECORDINGS["flows"]
LOGOUT = "/Api/V8/logout"
JSON = {"Accept": "application/json"}

# Header, and the flow in which it was sent to a route of the new API, to one of the old.
BAD_BEARERS: dict[str, tuple[str | None, str, str]] = {
    "none": (None, "logout no auth", "old api: unknown route, no auth"),
    "no JWT": ("Bearer x", "logout bad token", "old api: bad bearer"),
    "three parts": ("Bearer a.b.c", "logout 3-part garbage", "old api: 3-part garbage"),
    "empty": ("Bearer ", "logout empty bearer", "old api: bad bearer"),
    "another scheme": ("Basic YTpi", "logout bad token", "old api: bad bearer"),
}

Recorded = Callable[[str], Expected]


def _expected(flow: str, version: str) -> Expected:
    found = FLOWS[flow][version]
    return Expected(found["status"], found["headers"], found.get("body", ""))


@pytest.fixture
def recorded(version: str) -> Recorded:
    """Return a function that looks a flow up; 7.10's old API had no logout and speaks as the first that did."""
    return lambda flow: _expected(flow, "7.12.0" if version.startswith("7.10.") else version)


@pytest.fixture
def old_api(version: str) -> Recorded:
    """Return a function that looks a flow of the old API up; the other versions are not asked for one."""
    if not version.startswith("7.10."):
        pytest.skip("this version speaks as the new API")
    return lambda flow: _expected(flow, version if version in FLOWS[flow] else "7.10.2")


def _send(site: Site, method: str, path: str, authorization: str | None) -> Received:
    headers = JSON if authorization is None else JSON | {"Authorization": authorization}
    return send(site.url, method, path, headers, None)


@pytest.mark.parametrize("root", ["/Api", "/Api/index.php", "/legacy/Api", "/legacy/Api/index.php"])
def test_logout(site: Site, recorded: Recorded, root: str) -> None:
    """Logout answers as recorded, at every root, and kills both tokens; their row is deleted, as by SuiteCRM's own."""
    pair = sign_in(site)
    answer = present(site, "POST", f"{root}/V8/logout", pair.access_token)
    assert_as_expected(answer, recorded("logout ok"))
    assert answer.headers["accept"] == "application/vnd.api+json"
    assert_as_expected(log_out(site, pair.access_token), recorded("logout with revoked (flag) token"))
    assert_as_expected(redeem(site, pair.refresh_token), recorded("refresh after logout"))
    with site.database.connection() as connection:
        row = connection.execute(select(Token.deleted, Token.token_is_revoked).where(Token.access_token == pair.jti))
        assert tuple(row.one()) == (True, True)


def test_logout_ends_no_other_session(site: Site) -> None:
    """Another session of the same user and client lives on."""
    first, second = sign_in(site), sign_in(site)
    assert log_out(site, first.access_token).status == 200
    assert log_out(site, second.access_token).status == 200


@pytest.mark.parametrize("name", BAD_BEARERS)
def test_bad_bearers(site: Site, recorded: Recorded, name: str) -> None:
    """Who has no token, or what is none, is told so as recorded."""
    authorization, flow, _old_flow = BAD_BEARERS[name]
    assert_as_expected(_send(site, "POST", LOGOUT, authorization), recorded(flow))
    assert_as_expected(_send(site, "GET", "/Api/V8/current-user", authorization), recorded(flow))


def test_revoked_bearer(site: Site, recorded: Recorded) -> None:
    """A session revoked in the panel is over for its bearer."""
    pair = sign_in(site)
    site.fill(lambda stores: stores.tokens.revoke(TokenFilter(access_token=pair.jti), now=datetime.now(UTC)))
    assert_as_expected(log_out(site, pair.access_token), recorded("logout with revoked (flag) token"))


def test_logout_by_get(site: Site, recorded: Recorded) -> None:
    """Logout is a POST."""
    assert_as_expected(_send(site, "GET", LOGOUT, None), recorded("logout GET"))


def test_current_user_by_post(site: Site) -> None:
    """A route that is a GET names that method."""
    answer = _send(site, "POST", "/Api/V8/current-user", None)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert answer.document == {"message": "Method not allowed. Must be one of: GET"}


def test_unknown_route(site: Site, recorded: Recorded) -> None:
    """A route that the new API lacks is a 404, with a token and without."""
    expected = recorded("unknown V8 route, no auth")
    assert_as_expected(_send(site, "GET", "/Api/V8/nothing", None), expected)
    assert_as_expected(present(site, "GET", "/Api/V8/nothing", sign_in(site).access_token), expected)


def test_old_api_looks_at_the_bearer_first(site: Site, old_api: Recorded) -> None:
    """Below `/api/` the old API tells who is no bearer so, whatever the route."""
    for authorization, _flow, old_flow in BAD_BEARERS.values():
        assert_as_expected(_send(site, "GET", "/api/v8/nothing", authorization), old_api(old_flow))
    slash = _send(site, "POST", "/api/oauth/access_token/", None)
    assert_as_expected(slash, old_api("old api: POST /api/oauth/access_token/ slash"))


def test_old_api_bearers(site: Site, old_api: Recorded, version: str) -> None:
    """A good bearer is told that the old API has no such route, a revoked one that it is revoked."""
    if version != "7.10.0":
        answer = present(site, "GET", "/api/v8/nothing", machine_token(site))
        assert_as_expected(answer, old_api("old api: cc bearer"))
    pair = sign_in(site)
    assert_as_expected(present(site, "GET", "/api/v8/nothing", pair.access_token), old_api("old api: cc bearer"))
    log_out(site, pair.access_token)
    answer = present(site, "GET", "/api/v8/nothing", pair.access_token)
    assert_as_expected(answer, old_api("old api: revoked bearer"))


@pytest.mark.parametrize("change", [{"status": "Inactive"}, {"deleted": True}, {"is_group": True}], ids=str)
def test_barred_users_are_bearers_no_more(site: Site, recorded: Recorded, change: dict[str, object]) -> None:
    """A barred user's token is revoked ("inactive users"; the old API gave a 500, the new ones let it pass)."""
    pair = pair_of_one_barred_since(site, "bearer-" + "-".join(change), change)
    assert_as_expected(log_out(site, pair.access_token), recorded("logout with revoked (flag) token"))


def test_swagger_is_not_ours(site: Site, old_api: Recorded) -> None:
    """The old API's description of SuiteCRM's modules is an unknown route here ("swagger")."""
    answer = _send(site, "GET", "/api/v8/swagger.json", None)
    assert_as_expected(answer, old_api("old api: unknown route, no auth"))


def test_current_user(site: Site) -> None:
    """`current-user` names whom the bearer acts as, in JSON:API."""
    answer = present(
        site, "GET", "/Api/V8/current-user", pair_of(redeem(site, sign_in(site).refresh_token)).access_token
    )
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/vnd.api+json"
    assert answer.body.startswith('{\n    "data": {\n        "type": "User",\n        "id": "1",\n')
    assert answer.document["data"]["attributes"]["user_name"] == "admin"
    assert not {"user_hash", "authenticate_id"} & set(answer.document["data"]["attributes"])


@pytest.mark.parametrize("version", ["7.10.2"], indirect=True, scope="package")
def test_current_user_in_full(site: Site) -> None:
    """All of it is text, what is missing is empty, and slashes are escaped as by PHP."""
    user = User(id="ada", user_name="ada/l", user_hash=hash_user_password("pw", rounds=4), status="Active")
    user.first_name, user.is_admin = "Ada", True
    site.fill(lambda stores: stores.users.add(user))
    answer = present(site, "GET", "/Api/V8/current-user", sign_in(site, username="ada/l", password="pw").access_token)
    assert r'"user_name": "ada\/l",' in answer.body
    assert answer.document["data"]["attributes"] == {
        "user_name": "ada/l",
        "first_name": "Ada",
        "last_name": "",
        "status": "Active",
        "employee_status": "",
        "full_name": "Ada",
        "is_admin": "1",
    }


def test_current_user_of_a_machine(site: Site, version: str) -> None:
    """A client credentials token acts as its client's user."""
    if version == "7.10.0":
        pytest.skip("this version has no client credentials")
    answer = present(site, "GET", "/Api/V8/current-user", machine_token(site))
    assert (answer.document["data"]["id"], answer.document["data"]["attributes"]["user_name"]) == ("user-2", "bob")
    assert answer.document["data"]["attributes"]["is_admin"] == "0"


def test_current_user_of_a_machine_without_one(site: Site, version: str) -> None:
    """A client that has no user acts as nobody (the old API gave a 500, "User Not Active")."""
    if version == "7.10.0":
        pytest.skip("this version has no client credentials")
    token = machine_token(site, {"client_id": "cc-nouser", "client_secret": "cc-secret"})
    answer = present(site, "GET", "/Api/V8/current-user", token)
    assert (answer.status, answer.document) == (200, {"data": None})

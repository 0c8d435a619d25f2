"""What clients and resource servers do with the tokens of a session."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import update

from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import User
from tests.support.site import Site
from tests.wire.exchange import TOKEN_PATH, Addressed, Received, claims_of, post_json, send

PW_CLIENT = {"client_id": "pw-client", "client_secret": "pw-secret"}
PUB_CLIENT = {"client_id": "pub-client", "client_secret": "pub-secret"}
CC_CLIENT = {"client_id": "cc-client", "client_secret": "cc-secret"}
INACTIVE = '{"active":false}'


@dataclass(frozen=True)
class Pair:
    """Both tokens of a session."""

    access_token: str
    refresh_token: str

    @property
    def jti(self) -> str:
        """Return the access token's identifier."""
        return str(claims_of(self.access_token)["jti"])


def sign_in(
    site: Addressed,
    client: dict[str, str] = PW_CLIENT,
    *,
    username: str = "admin",
    password: str = "admin-pw",
    scope: str = "",
) -> Pair:
    """Get a pair by the password grant."""
    sent = {"grant_type": "password", "username": username, "password": password, "scope": scope, **client}
    return pair_of(post_json(site.url, TOKEN_PATH, sent))


def pair_of_one_barred_since(site: Site, name: str, change: Mapping[str, object]) -> Pair:
    """Return the pair of a new user of this name, whose columns have been changed since."""
    user = User(id=name, user_name=name, user_hash=hash_user_password("pw", rounds=4), status="Active")
    site.fill(lambda stores: stores.users.add(user))
    pair = sign_in(site, username=name, password="pw")
    with site.database.connection() as connection:
        connection.execute(update(User).where(User.id == name).values(change))
    return pair


def machine_token(site: Addressed, client: dict[str, str] = CC_CLIENT) -> str:
    """Get an access token by the client credentials grant."""
    answer = post_json(site.url, TOKEN_PATH, {"grant_type": "client_credentials", **client})
    return str(answer.document["access_token"])


def redeem(site: Addressed, refresh_token: str, client: dict[str, str] = PW_CLIENT) -> Received:
    """Ask for a new pair."""
    return post_json(site.url, TOKEN_PATH, {"grant_type": "refresh_token", "refresh_token": refresh_token, **client})


def pair_of(answer: Received) -> Pair:
    """Return the pair that an answer grants."""
    assert answer.status == 200, answer
    return Pair(answer.document["access_token"], answer.document["refresh_token"])


def present(site: Addressed, method: str, path: str, access_token: str) -> Received:
    """Send a request as the bearer of a token."""
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    return send(site.url, method, path, headers, None)


def passes(site: Addressed, access_token: str) -> bool:
    """Tell whether a front end would let the bearer pass."""
    status = present(site, "GET", "/oauth/verify", access_token).status
    assert status in {204, 401}
    return status == 204


def log_out(site: Addressed, access_token: str) -> Received:
    """End the bearer's session."""
    return present(site, "POST", "/Api/V8/logout", access_token)


def introspect(site: Addressed, token: str, client: dict[str, str] = PW_CLIENT) -> Received:
    """Ask what a token is worth."""
    return post_json(site.url, "/oauth/introspect", {"token": token, **client})


def revoke(site: Addressed, token: str, client: dict[str, str] = PW_CLIENT) -> Received:
    """Have a token revoked."""
    return post_json(site.url, "/oauth/revoke", {"token": token, **client})

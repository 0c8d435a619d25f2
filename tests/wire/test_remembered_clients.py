"""A client that has proved its secret is remembered, and yet every change of it or its user counts at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest
from sqlalchemy import update

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.support.database_servers import DatabaseServer
from tests.support.site import Site
from tests.wire.exchange import TOKEN_PATH, Received, claims_of, post_json
from tests.wire.sessions import Pair, introspect, pair_of, redeem, revoke

NUMBERS = count(1)
NEW_SECRET = hash_client_secret("new", "sha256")


@pytest.fixture(scope="module", params=["sqlite", "mariadb", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on each database, of one process, whose memory every request shares; the grace is on."""
    url = None
    if request.param != "sqlite":
        server: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
        url = server.new_database()
    with Site(tmp_path_factory.mktemp("site"), "7.14", url, {"REFRESH_GRACE": "60", "THREADS": "4"}) as site:
        yield site


@dataclass
class Tenant:
    """A user, a client for people and a program's client, whose rows no other test touches."""

    site: Site
    number: int = field(default_factory=lambda: next(NUMBERS))

    def __post_init__(self) -> None:
        """Insert the rows."""
        self.user = f"user-{self.number}"
        self.people = {"client_id": f"people-{self.number}", "client_secret": "old"}
        self.program = {"client_id": f"program-{self.number}", "client_secret": "old"}
        self.site.fill(self._insert)

    def _insert(self, stores: Repositories) -> None:
        stores.users.add(
            User(id=self.user, user_name=self.user, user_hash=hash_user_password("pw", rounds=4), status="Active")
        )
        for client, grant in ((self.people, "password"), (self.program, "client_credentials")):
            secret = hash_client_secret("old", "sha256")
            stores.clients.add(
                Client(id=client["client_id"], secret=secret, allowed_grant_type=grant, assigned_user_id=self.user)
            )

    def change(self, model: type[Client | User], **columns: object) -> None:
        """Change both clients, or the user, as another program does."""
        ids = [self.user] if model is User else [self.people["client_id"], self.program["client_id"]]
        with self.site.database.connection() as connection:
            connection.execute(update(model).where(model.id.in_(ids)).values(columns))

    def sign_in(self, client: dict[str, str] | None = None) -> Received:
        """Ask for a pair with the user's password."""
        sent = {"grant_type": "password", "username": self.user, "password": "pw", **(client or self.people)}
        return post_json(self.site.url, TOKEN_PATH, sent)

    def credentials(self, client: dict[str, str] | None = None) -> Received:
        """Ask for a token of the program's own."""
        return post_json(self.site.url, TOKEN_PATH, {"grant_type": "client_credentials", **(client or self.program)})


@pytest.fixture
def tenant(site: Site) -> Tenant:
    """Rows of this test's own."""
    return Tenant(site)


Ask = Callable[[dict[str, str]], Received]
"""A request with a client's id and secret that is granted as often as it is made."""


def _program(tenant: Tenant) -> tuple[dict[str, str], Ask]:
    return tenant.program, tenant.credentials


def _people(tenant: Tenant) -> tuple[dict[str, str], Ask]:
    return tenant.people, tenant.sign_in


def _refresh(tenant: Tenant) -> tuple[dict[str, str], Ask]:
    pairs = [pair_of(tenant.sign_in())]

    def ask(client: dict[str, str]) -> Received:
        answer = redeem(tenant.site, pairs[-1].refresh_token, client)
        if answer.status == 200:
            pairs.append(pair_of(answer))
        return answer

    return tenant.people, ask


def _repeated_refresh(tenant: Tenant) -> tuple[dict[str, str], Ask]:
    used = pair_of(tenant.sign_in())
    successor = pair_of(redeem(tenant.site, used.refresh_token, tenant.people))

    def ask(client: dict[str, str]) -> Received:
        answer = redeem(tenant.site, used.refresh_token, client)
        if answer.status == 200:
            assert pair_of(answer).jti == successor.jti
        return answer

    return tenant.people, ask


def _introspection(tenant: Tenant) -> tuple[dict[str, str], Ask]:
    pair = pair_of(tenant.sign_in())
    return tenant.people, lambda client: introspect(tenant.site, pair.refresh_token, client)


def _revocation(tenant: Tenant) -> tuple[dict[str, str], Ask]:
    pair = pair_of(tenant.sign_in())
    return tenant.people, lambda client: revoke(tenant.site, pair.refresh_token, client)


REQUESTS = {
    "program": _program,
    "people": _people,
    "refresh": _refresh,
    "repeated refresh": _repeated_refresh,
    "introspection": _introspection,
    "revocation": _revocation,
}

# The model, what is changed, how that is undone, and which of the requests it refuses.
ALL, GRANTS = frozenset(REQUESTS), frozenset({"program", "people", "refresh", "repeated refresh"})
CHANGES: dict[str, tuple[type[Client | User], dict[str, object], dict[str, object], frozenset[str]]] = {
    "deleted": (Client, {"deleted": True}, {"deleted": False}, ALL),
    "another grant": (
        Client,
        {"allowed_grant_type": "other"},
        {"allowed_grant_type": "client_credentials"},
        frozenset({"program"}),
    ),
    "public": (Client, {"is_confidential": False}, {"is_confidential": True}, frozenset({"program"})),
    "user is inactive": (User, {"status": "Inactive"}, {"status": "Active"}, GRANTS),
    "user has no status": (User, {"status": None}, {"status": "Active"}, GRANTS),
    "user is deleted": (User, {"deleted": True}, {"deleted": False}, GRANTS),
    "user is a group": (User, {"is_group": True}, {"is_group": False}, GRANTS),
    "user of a portal": (User, {"portal_only": True}, {"portal_only": False}, GRANTS),
    "user from outside": (User, {"external_auth_only": True}, {"external_auth_only": None}, GRANTS),
}
CASES = [(change, request) for change in CHANGES for request in sorted(CHANGES[change][3])]


@pytest.mark.parametrize(("change", "request_name"), CASES)
def test_the_next_request_sees_a_change(tenant: Tenant, change: str, request_name: str) -> None:
    """A change of a remembered client or of its user refuses the very next request, and undone grants the next one."""
    model, done, undone, _ = CHANGES[change]
    client, ask = REQUESTS[request_name](tenant)
    for _ in range(2):
        assert ask(client).status == 200
        assert ask(client).status == 200
        tenant.change(model, **done)
        assert [ask(client).status in {400, 401} for _ in range(2)] == [True, True]
        tenant.change(model, **undone)
    assert ask(client).status == 200


@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_rotated_secret_counts_at_once(tenant: Tenant, request_name: str) -> None:
    """When the secret is rotated the old one is refused at once and the new one granted, and so back again."""
    old, ask = REQUESTS[request_name](tenant)
    new = old | {"client_secret": "new"}
    assert [ask(old).status, ask(new).status, ask(old).status] == [200, 401, 200]
    tenant.change(Client, secret=NEW_SECRET)
    assert [ask(old).status, ask(new).status, ask(new).status, ask(old).status] == [401, 200, 200, 401]
    tenant.change(Client, secret=hash_client_secret("old", "bcrypt", rounds=4))
    assert [ask(new).status, ask(old).status, ask(old).status, ask(new).status] == [401, 200, 200, 401]
    tenant.change(Client, secret=None)
    assert [ask(old).status, ask(new).status] == [401, 401]


# A secret is compared in memory: one database is enough.
@pytest.mark.parametrize("site", ["sqlite"], indirect=True, scope="module")
@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("wrong", ["wrong", "old ", "Old", "ol", ""])
def test_a_wrong_secret_after_a_right_one(tenant: Tenant, request_name: str, wrong: str) -> None:
    """That the right secret is remembered lets no other one in, and a wrong one shuts out nobody."""
    right, ask = REQUESTS[request_name](tenant)
    statuses = [ask(right).status, ask(right | {"client_secret": wrong}).status, ask(right).status]
    assert statuses == [200, 401, 200]
    without = {"client_id": right["client_id"]}
    assert [ask(without).status, ask(right).status] == [401, 200]


def test_a_refusal_is_rechecked(tenant: Tenant) -> None:
    """A client remembered with another grant gets the one that it was given since, by the very next request."""
    assert tenant.credentials().status == 200
    assert tenant.sign_in(tenant.program).status == 401
    tenant.change(Client, allowed_grant_type="password")
    assert tenant.sign_in(tenant.program).status == 200
    assert tenant.credentials().status == 401
    tenant.change(Client, allowed_grant_type="client_credentials")
    assert tenant.credentials().status == 200
    assert tenant.sign_in(tenant.program).status == 401


def test_a_token_acts_as_the_present_user(tenant: Tenant) -> None:
    """A program's token acts as whom its client is associated with now, the one, another or nobody."""

    def acts_as() -> object:
        return claims_of(str(tenant.credentials().document["access_token"]))["sub"]

    other = Tenant(tenant.site)
    assert acts_as() == tenant.user
    tenant.change(Client, assigned_user_id=other.user)
    assert acts_as() == other.user
    other.change(User, status="Inactive")
    assert tenant.credentials().status == 401
    tenant.change(Client, assigned_user_id=None)
    assert not acts_as()
    tenant.change(Client, assigned_user_id="nobody")
    assert tenant.credentials().status == 401
    tenant.change(Client, assigned_user_id=tenant.user)
    assert acts_as() == tenant.user


def test_a_refused_refresh_uses_nothing_up(tenant: Tenant) -> None:
    """A refresh that a change of the client refused leaves its token good, and inserts no pair."""
    pair = pair_of(tenant.sign_in())
    tenant.change(Client, deleted=True)
    assert redeem(tenant.site, pair.refresh_token, tenant.people).status == 401
    tenant.change(Client, deleted=False)
    successor = pair_of(redeem(tenant.site, pair.refresh_token, tenant.people))
    assert successor.jti != pair.jti
    assert _repeats(tenant, pair, successor)


def _repeats(tenant: Tenant, used: Pair, successor: Pair) -> bool:
    return pair_of(redeem(tenant.site, used.refresh_token, tenant.people)).jti == successor.jti

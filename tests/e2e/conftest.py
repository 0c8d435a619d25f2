"""One server for each profile, with a user and a client of each kind."""

from collections.abc import Callable, Iterator

import pytest

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.profiles import profile_names
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.support.kept import kept
from tests.support.site import Site

USER_ID = "5e3f2c0a-7a52-4cf0-9d5b-6f1c1b0f3a11"
USER_NAME = PASSWORD = "admin"  # as in SuiteCRM's documentation
PASSWORD_CLIENT = ("a0f2d6cb-2f0e-4a3e-8f0d-6b7b1c9f4e21", "password-client's/secret+1")
MACHINE_CLIENT = ("c41d8a7e-93b5-4d39-9f52-0d2f8a7be632", "machine: 100%~secret")


def _fill(repositories: Repositories) -> None:
    user = User(id=USER_ID, user_name=USER_NAME, user_hash=hash_user_password(PASSWORD, rounds=4), status="Active")
    repositories.users.add(user)
    for (client_id, secret), grant in ((PASSWORD_CLIENT, "password"), (MACHINE_CLIENT, "client_credentials")):
        client = Client(
            id=client_id,
            name=f"{grant} client",
            secret=hash_client_secret(secret, "sha256"),
            allowed_grant_type=grant,
            assigned_user_id=USER_ID if grant == "client_credentials" else None,
        )
        repositories.clients.add(client)


@pytest.fixture(scope="package", params=profile_names())
def profile(request: pytest.FixtureRequest) -> str:
    """Name a profile that ships."""
    return str(request.param)


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Site]]:
    """Return a function that starts a server in a profile, once."""

    def start(profile: str) -> Site:
        site = Site(tmp_path_factory.mktemp("site"), profile)
        site.fill(_fill)
        return site

    with kept(start) as sites:
        yield sites


@pytest.fixture(scope="package")
def site(profile: str, sites: Callable[[str], Site]) -> Site:
    """Run a server in the profile."""
    return sites(profile)


@pytest.fixture(scope="package")
def endpoint(site: Site) -> str:
    """Return the URL that SuiteCRM's documentation tells people to post to."""
    return f"{site.url}/Api/access_token"

"""One server for each profile, with the clients and users that the recordings were made with."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.support.kept import kept
from tests.support.site import Site

VECTORS = Path(__file__).parents[1] / "vectors"
RECORDINGS: dict[str, Any] = json.loads((VECTORS / "wire.json").read_text())

# The recorded version and the profile that stands for it.
PROFILES = {"7.10.0": "7.10.0", "7.10.2": "7.10.2", "7.12.0": "7.12", "7.14.6": "7.14"}


def fill_as_recorded(repositories: Repositories) -> None:
    """Add the clients and users of the recordings."""
    for client in RECORDINGS["fixture"]["clients"]:
        fields = client | {"secret": hash_client_secret(client["secret"], "sha256")}
        repositories.clients.add(Client(name=client["id"], **fields))
    for user in RECORDINGS["fixture"]["users"]:
        fields = {name: value for name, value in user.items() if name != "password"}
        repositories.users.add(User(user_hash=hash_user_password(user["password"], rounds=4), **fields))


@pytest.fixture(scope="package", params=PROFILES)
def version(request: pytest.FixtureRequest) -> str:
    """Name a recorded version."""
    return str(request.param)


@pytest.fixture(scope="session")
def recorded_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Site]]:
    """Return a function that starts a server in the profile of a version, once."""

    def start(version: str) -> Site:
        site = Site(tmp_path_factory.mktemp("site"), PROFILES[version])
        site.fill(fill_as_recorded)
        return site

    with kept(start) as sites:
        yield sites


@pytest.fixture(scope="package")
def site(version: str, recorded_sites: Callable[[str], Site]) -> Site:
    """Run a server in the profile of the version."""
    return recorded_sites(version)


@pytest.fixture(scope="package")
def path(version: str) -> str:
    """Return the token endpoint's path in the recording."""
    return "/api/oauth/access_token" if version.startswith("7.10.") else "/Api/access_token"

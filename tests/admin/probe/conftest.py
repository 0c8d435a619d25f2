"""A server behind a front end, and visitors."""

from collections.abc import Callable, Iterator

import pytest

from tests.admin.people import add_people
from tests.admin.probe.visitor import Visitor
from tests.admin.rows import add_clients, add_token
from tests.support.site import Site

Visit = Callable[..., Visitor]


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a server behind a proxy that it trusts, with clients and a token."""
    site = Site(
        tmp_path_factory.mktemp("probe"),
        "default",
        settings={"TRUSTED_PROXIES": "127.0.0.1", "GUESSES_PER_USER": "5/1d"},
    )
    site.fill(add_people)
    site.fill(add_clients)
    site.fill(lambda stores: add_token(stores, 2))
    with site:
        yield site


@pytest.fixture
def visit(site: Site) -> Iterator[Visit]:
    """Return visitors, each with cookies of its own."""
    visitors = []

    def come(address: str = "192.0.2.1") -> Visitor:
        visitors.append(Visitor(site, address))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.close()


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    """An administrator who has signed in."""
    visitor = visit()
    assert visitor.sign_in().status_code == 303
    return visitor

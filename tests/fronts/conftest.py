"""Every front end that ships, one after another."""

from collections.abc import Callable, Iterator

import pytest

from tests.fronts.servers import FRONTS, Front
from tests.support.kept import kept


@pytest.fixture(scope="session")
def fronts() -> Iterator[Callable[[str], Front]]:
    """Return a function that starts a front end, once."""
    with kept(lambda name: FRONTS[name]({})) as fronts:
        yield fronts


@pytest.fixture(scope="package", params=FRONTS)
def front(request: pytest.FixtureRequest, fronts: Callable[[str], Front]) -> Iterator[Front]:
    """Run a front end, and have this process trust its certificate."""
    front = fronts(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(front.authority))
        yield front

"""Every front end that ships, one after another."""

from collections.abc import Iterator

import pytest

from tests.fronts.servers import FRONTS, Front


@pytest.fixture(scope="package", params=FRONTS)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    """Run a front end, and have this process trust its certificate."""
    with FRONTS[request.param]({}) as front, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(front.authority))
        yield front

"""A server with the clients and users of the recordings, and how much is tried."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded

few = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "3")), deadline=None, suppress_health_check=list(HealthCheck)
)
"""As many examples as FUZZ_EXAMPLES says; the suite tries few."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server."""
    site = Site(tmp_path_factory.mktemp("site"), "7.10.2", settings={"LOG_LEVEL": "error"})
    site.fill(fill_as_recorded)
    with site:
        yield site

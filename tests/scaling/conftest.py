"""Databases that are partitioned as the page says."""

from collections.abc import Iterator

import pytest

from tests.support.database_servers import DatabaseServer


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """Each server that has partitions."""
    found: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture
def empty_url(server: DatabaseServer) -> Iterator[str]:
    """URL of a new, empty database."""
    url = server.new_database()
    yield url
    server.drop_database(url)

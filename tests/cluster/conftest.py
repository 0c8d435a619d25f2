"""A Galera cluster, and two nodes of ours on it."""

from collections.abc import Iterator

import pytest

from tests.cluster.nodes import Nodes, nodes
from tests.support.galera import GaleraCluster
from tests.support.redis_server import RedisServer
from tests.support.started import started


@pytest.fixture(scope="session")
def galera() -> Iterator[GaleraCluster]:
    """Three Galera nodes."""
    with started(GaleraCluster()) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that a test may kill."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def both(galera: GaleraCluster, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Two nodes that forgive neither a used refresh token nor the sixth wrong password."""
    settings = {"REDIS_URL": redis.url, "REFRESH_GRACE": "0", "GUESSES_PER_USER": "6/30m"}
    with nodes(tmp_path_factory.mktemp("nodes"), galera, settings) as both:
        yield both

"""Places where failures are counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_oauth.limits.counter import FailureCounter
from crm_oauth.limits.database_counter import DatabaseCounter
from crm_oauth.limits.redis_counter import RedisCounter
from crm_oauth.store import schema
from crm_oauth.store.db import Database
from tests.support.redis_server import RedisServer


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that runs."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "mariadb", "postgresql", "redis"])
def counter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FailureCounter]:
    """A counter of each kind, with no failure in it."""
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        yield RedisCounter(server.url)
        return
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/test.db"
    else:
        url = request.getfixturevalue(f"{request.param}_server").new_database()
    database = Database(url, pool_size=20)
    schema.upgrade(database)
    yield DatabaseCounter(database)
    database.dispose()

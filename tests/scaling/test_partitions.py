"""docs/scaling.md: a database whose tables are partitioned serves as before, and drops what has expired."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, inspect, select

from crm_oauth.store.models import Base, Client, Token, User
from crm_oauth.store.own_models import ClientRights, Refresh
from crm_oauth.store.purging import Purge
from tests.store.asking import CLIENT, PATH
from tests.store.test_plans import DIALECTS, ROW_OF
from tests.support.database_servers import DatabaseServer
from tests.support.site import Site
from tests.wire.exchange import Received, post_json
from tests.wire.traffic import verdict

from .partitioning import DROP, LAST_EXPIRY, PARTITION, PROLONG, end_of, month, run, statements

ROOT = Path(__file__).parents[2]
ROWS = 2000
MONTH = timedelta(days=30)
PARTITIONED = re.compile("oauth2tokens|crm_oauth_refreshes")
OLD = month(ago=3)
"""The month of the first partition, whose sessions have long expired."""

SIGN_IN = CLIENT | {"grant_type": "password", "username": "name-7", "password": "password"}


@pytest.fixture(scope="module")
def site(server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve from partitions that are all filled; what is in the first has long expired."""
    url = server.new_database()
    site = Site(tmp_path_factory.mktemp("site"), "7.14", url, {"WORKERS": "2", "THREADS": "8"})
    site.command("init").check_returncode()
    with site.database.connection() as connection:
        for model in (Client, ClientRights, User):
            connection.execute(insert(model), [ROW_OF[model](f"{number}") for number in range(ROWS)])
        _fill(connection, OLD)
    with site.database.connection() as connection:
        run(connection, statements(site.database, PARTITION, OLD))
        for ago in (3, 2, 1):
            run(connection, statements(site.database, PROLONG, month(ago)))
    with site.database.connection() as connection:
        for ago in (2, 1, 0, -1, -2):
            _fill(connection, month(ago))
    with site:
        yield site
    server.drop_database(url)


def _fill(connection: Connection, begin: datetime) -> None:
    """Add the sessions of a month."""
    end = end_of(begin)
    tokens = [ROW_OF[Token](f"{begin:%m}-{number}") for number in range(ROWS)]
    times = {"access_token_expires": end, "refresh_token_expires": end + MONTH}
    connection.execute(insert(Token), [token | times for token in tokens])
    links = [ROW_OF[Refresh](token["id"]) for token in tokens]
    connection.execute(insert(Refresh), [link | {"used_at": end} for link in links])


def _pair(site: Site) -> dict[str, Any]:
    return post_json(site.url, PATH, SIGN_IN).document


def _refresh(site: Site, pair: dict[str, Any]) -> Received:
    return post_json(site.url, PATH, CLIENT | {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]})


def _count(site: Site, model: type[Token | Refresh]) -> int:
    with site.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture(scope="module")
def plans(site: Site) -> dict[str, dict[str, str]]:
    """What the database plans for each statement of each request."""
    dialect = DIALECTS[site.database.url.get_backend_name()]
    with site.database.reading() as connection:
        for table in Base.metadata.sorted_tables:
            connection.exec_driver_sql(f"{dialect.analyze} {table.name}")
    command = [sys.executable, "-m", "tests.store.asking", dialect.explain]
    environment = site.environment | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=site.folder, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return dict(json.loads(told.stdout)["plans"])


def test_requests_use_the_indexes_of_partitions(site: Site, plans: dict[str, dict[str, str]]) -> None:
    """Each statement about sessions looks up an index in each partition, and reads none whole."""
    dialect = DIALECTS[site.database.url.get_backend_name()]
    planned = {statement: plan for of_request in plans.values() for statement, plan in of_request.items()}
    sessions = {statement: planned[statement] for statement in planned if PARTITIONED.search(statement)}
    assert len(sessions) > 8
    assert {statement: plan for statement, plan in sessions.items() if re.search(dialect.whole, plan)} == {}
    assert [statement for statement, plan in sessions.items() if not re.search(dialect.index, plan)] == []


def test_one_refresh_wins(site: Site) -> None:
    """Of twenty that redeem one refresh token at once one gets a pair, without a unique key that says so."""
    pair = _pair(site)
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _number: _refresh(site, pair), range(20)))
    assert Counter(answer.status for answer in answers)[200] == 1
    winner = next(answer for answer in answers if answer.status == 200)
    assert verdict(site, winner.document["access_token"]) == 204


def test_checks_of_the_database_are_content(site: Site) -> None:
    """`db check` and `doctor` find nothing amiss in partitions, and the purge finds what is due in them."""
    for command in ("db", "check"), ("doctor",):
        ended = site.command(*command)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    long_ago, later = month(ago=4), month(ago=1) + timedelta(days=2)
    assert [Purge(site.database, before).due(at_most=2 * ROWS) for before in (long_ago, later)] == [0, ROWS]


def test_a_dropped_partition_takes_what_has_expired_alone(site: Site) -> None:
    """When the first partition is dropped its rows are gone, and sessions that live are checked, refreshed, revoked."""
    pair, other = _pair(site), _pair(site)
    with site.database.connection() as connection:
        [question] = statements(site.database, LAST_EXPIRY, OLD)
        last = connection.exec_driver_sql(question).scalar()
    assert last == (end_of(OLD) + MONTH).replace(tzinfo=None)
    tokens, links = _count(site, Token), _count(site, Refresh)
    with site.database.connection() as connection:
        run(connection, statements(site.database, DROP, OLD))
    assert (_count(site, Token), _count(site, Refresh)) == (tokens - ROWS, links - ROWS)
    assert verdict(site, pair["access_token"]) == 204
    assert verdict(site, _refresh(site, pair).document["access_token"]) == 204
    assert post_json(site.url, "/oauth/revoke", CLIENT | {"token": other["refresh_token"]}).status == 200
    assert verdict(site, other["access_token"]) == 401


def test_sessions_outlast_the_partitioning(empty_url: str, tmp_path: Path) -> None:
    """Sessions from before the tables are partitioned are all there afterwards, refreshed ones with their line."""
    site = Site(tmp_path, "7.14", empty_url)
    with site.database.connection() as connection:
        for model in (Client, User, Token, Refresh):
            connection.execute(insert(model), [ROW_OF[model](f"{number}") for number in range(10)])
    with site.database.connection() as connection:
        run(connection, statements(site.database, PARTITION, month(ago=-1)))
    with site.database.unit_of_work() as stores:
        session = stores.tokens.find_session("access-7")
        assert session is not None
        assert session.has_client
        assert stores.tokens.find_use("7") is not None
    with site.database.reading() as connection:
        key = inspect(connection).get_pk_constraint(Token.__tablename__)["constrained_columns"]
    assert key == ["id", "access_token_expires"]
    site.database.dispose()

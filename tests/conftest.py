"""Fixtures and reports that every folder of tests may use."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from tests.support.database_servers import DatabaseServer, MariadbServer, PostgresqlServer
from tests.support.drivers import MysqlclientServer
from tests.support.programs import missing_programs
from tests.support.started import started


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[DatabaseServer]:
    """A PostgreSQL server of this run's own."""
    with started(PostgresqlServer()) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[DatabaseServer]:
    """A MariaDB server of this run's own."""
    with started(MariadbServer()) as server:
        yield server


@pytest.fixture(scope="session")
def mysqlclient_server() -> Iterator[DatabaseServer]:
    """A MariaDB server of this run's own, for another driver."""
    with started(MysqlclientServer()) as server:
        yield server


@pytest.fixture(params=["sqlite", "mariadb", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a new, empty database; each test that asks for it runs once on every kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def upgraded_url(database_url: str, request: pytest.FixtureRequest) -> str:
    """The same URL, once the database has the newest schema."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), str(url.database))
    else:
        kind = {"pymysql": "mariadb", "mysqldb": "mysqlclient", "psycopg": "postgresql"}[url.get_driver_name()]
        server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
        server.give_schema(database_url)
    return database_url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema and no rows, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.dispose()
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say by name which programs the machine lacks, and how many tests were skipped for each."""
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    missing = missing_programs(reasons)
    if missing:
        terminalreporter.section("missing programs")
        for name, tests in sorted(missing.items()):
            terminalreporter.write_line(f"{name}: {tests} tests skipped")

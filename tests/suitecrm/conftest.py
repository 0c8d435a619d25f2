"""A site on MariaDB to copy from, and databases of ours to copy into."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token, User
from crm_oauth.suitecrm.source import TABLES
from tests.cli.conftest import Installation, empty, ready, template
from tests.suitecrm.site_database import SiteDatabase, make_site_database
from tests.support.database_servers import DatabaseServer

__all__ = ["empty", "ready", "template"]

Rows = dict[str, dict[str, dict[str, Any]]]


class Import:
    """A site, an installation of ours, and the way from one to the other.

    Args:
        installation: where the command runs.
        site: what it reads.
        target: URL of what it fills, which has its tables.
    """

    def __init__(self, installation: Installation, site: SiteDatabase, target: str) -> None:
        self.installation, self.site, self.target = installation, site, target
        self.database = Database(target)

    def run(self, *options: str, status: int = 0) -> tuple[dict[str, dict[str, Any]], str]:
        """Run the import of a site in Berlin; return the summary's lines by table, and all complaints."""
        command = ["import", "suitecrm", "--from", self.site.url, "--timezone", "Europe/Berlin", "--json", *options]
        ended = self.installation.run(*command, DATABASE_URL=self.target)
        assert ended.returncode == status, ended.stdout + ended.stderr
        return {line.pop("table"): line for line in json.loads(ended.stdout)}, ended.stderr

    def rows(self) -> Rows:
        """Return every row of ours, by table and id."""
        with self.database.connection() as connection:
            return {
                table.name: {row["id"]: dict(row) for row in connection.execute(select(table)).mappings()}
                for table in TABLES
            }

    def clients(self) -> dict[str, dict[str, Any]]:
        """Return our clients by id."""
        return self.rows()[Client.__tablename__]

    def users(self) -> dict[str, dict[str, Any]]:
        """Return our users by id."""
        return self.rows()[User.__tablename__]

    def any_tokens(self) -> bool:
        """Tell whether a token row has arrived: quicker than the import copies its next page."""
        with self.database.connection() as connection:
            return connection.execute(select(Token.id).limit(1)).first() is not None

    def tokens(self) -> dict[str, dict[str, Any]]:
        """Return our token rows by id."""
        return self.rows()[Token.__tablename__]


@pytest.fixture(params=["utf8", "utf8mb4"])
def site_database(request: pytest.FixtureRequest, mariadb_server: DatabaseServer) -> Iterator[SiteDatabase]:
    """SuiteCRM's tables without rows, in either character set."""
    database = make_site_database(mariadb_server, charset=request.param)
    yield database
    mariadb_server.drop_database(database.url)


@pytest.fixture
def importing(empty: Installation, site_database: SiteDatabase, upgraded_url: str) -> Iterator[Import]:
    """An import into an empty database of each kind."""
    importing = Import(empty, site_database, upgraded_url)
    yield importing
    importing.database.dispose()


@pytest.fixture
def quick_import(empty: Installation, site_database: SiteDatabase, sqlite_template: Path) -> Iterator[Import]:
    """An import into SQLite, where what is copied does not depend on the target."""
    own = shutil.copyfile(sqlite_template, empty.folder / "own.db")
    importing = Import(empty, site_database, f"sqlite:///{own}")
    yield importing
    importing.database.dispose()

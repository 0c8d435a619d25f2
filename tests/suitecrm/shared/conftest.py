"""SuiteCRM's tables on MariaDB, before and after they are adopted."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.sharing import Sharing
from tests.suitecrm.site_database import SiteDatabase, make_site_database
from tests.suitecrm.site_rows import BERLIN
from tests.support.database_servers import DatabaseServer

OLDEST = [("utf8", True), ("utf8mb4", True)]
LATER = [("utf8", False), ("utf8mb4", False)]


@pytest.fixture(params=[*OLDEST, *LATER], ids=["oldest-utf8", "oldest-utf8mb4", "later-utf8", "later-utf8mb4"])
def crm(request: pytest.FixtureRequest, mariadb_server: DatabaseServer) -> Iterator[SiteDatabase]:
    """The tables of either age, of which the older one lacks columns, in either character set."""
    charset, oldest = request.param
    database = make_site_database(mariadb_server, charset=charset, oldest=oldest)
    yield database
    mariadb_server.drop_database(database.url)


@pytest.fixture
def shared(crm: SiteDatabase) -> Iterator[Database]:
    """The same, adopted; PHP runs in Berlin."""
    database = Database(crm.url)
    schema.adopt(database)
    database.dispose()
    database = Database(crm.url, sharing=Sharing(BERLIN))
    yield database
    database.dispose()


def owned_by(crm: SiteDatabase, user_id: str) -> dict[str, Any]:
    """Return the column that names a token's user, where the tables have it."""
    with crm.connection() as connection:
        names = connection.execute(text("SELECT * FROM oauth2tokens")).keys()
    return {"assigned_user_id": user_id} if "assigned_user_id" in names else {}

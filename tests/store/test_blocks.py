"""Over MariaDB a refresh is one block of statements, which begins and commits by itself."""

import pytest
from sqlalchemy import text

from crm_oauth.store.db import Database
from crm_oauth.store.models import Client
from tests.support.outages import administrator
from tests.support.plans import statements

from .conftest import TokenMaker, redeem

pytestmark = pytest.mark.parametrize("database_url", ["mariadb", "mysqlclient"], indirect=True)


@pytest.mark.parametrize("kind", ["CHAIN", "RELEASE"])
def test_a_commit_does_nothing_else(database_url: str, client: Client, add_token: TokenMaker, kind: str) -> None:
    """Where a server begins another transaction after each COMMIT, or hangs up, it does neither after ours."""
    add_token(access_token="access", refresh_token="refresh")
    database = Database(database_url, pool_size=1)
    with administrator(database_url) as connection:
        connection.execute(text(f"SET GLOBAL completion_type = '{kind}'"))
        try:
            with database.unit_of_work() as stores:
                assert redeem(stores, client)
        finally:
            connection.execute(text("SET GLOBAL completion_type = DEFAULT"))
    with database.reading() as lent:
        assert not lent.scalar(text("SELECT @@in_transaction"))
    database.dispose()


def test_a_refresh_without_blocks(
    database: Database, client: Client, add_token: TokenMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MySQL, and a MariaDB so old that it has no blocks either, get the statements of a refresh one by one."""
    add_token(access_token="access", refresh_token="refresh")
    with database.reading() as connection:
        monkeypatch.setattr(connection.dialect, "supports_sequences", False)
    with statements(database) as seen, database.unit_of_work() as stores:
        assert redeem(stores, client)
    assert [statement.split()[0] for statement, _ in seen] == [
        "SELECT",
        "BEGIN",
        "UPDATE",
        "INSERT",
        "INSERT",
        "COMMIT",
    ]

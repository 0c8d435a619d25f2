"""SuiteCRM's tables after upgrades: each with an order of letters of its own."""

import pytest
from sqlalchemy import event, text

from crm_oauth.store.db import Database
from tests.suitecrm.shared.conftest import LATER
from tests.suitecrm.site_database import SiteDatabase
from tests.suitecrm.site_rows import NOW, SOON, add_client, add_token, add_user
from tests.support.new_tokens import new_token

pytestmark = pytest.mark.parametrize("crm", LATER, indirect=True)


@pytest.fixture
def mixed(crm: SiteDatabase) -> SiteDatabase:
    """Tables that cannot be compared with each other just so, with a session in them."""
    with crm.connection() as connection:
        there = text("SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE() LIMIT 1")
        charset = str(connection.scalar(there)).partition("_")[0]
        for table, collation in (("oauth2tokens", "unicode_ci"), ("users", "unicode_520_ci")):
            statement = f"ALTER TABLE {table} CONVERT TO CHARACTER SET {charset} COLLATE {charset}_{collation}"
            connection.execute(text(statement))
    add_client(crm, "client")
    add_user(crm, "user")
    add_token(crm, "session", access_until=SOON, assigned_user_id="user")
    return crm


def test_a_session_is_found_across_collations(mixed: SiteDatabase, shared: Database) -> None:
    """Token, client and user are brought together though MySQL itself refuses to compare their columns."""
    with mixed.connection() as connection, pytest.raises(Exception, match="Illegal mix of collations"):
        connection.execute(text("SELECT 1 FROM oauth2tokens t JOIN users u ON u.id = t.assigned_user_id"))
    with shared.unit_of_work() as stores:
        session = stores.tokens.find_session("access-session")
    assert session
    assert session.has_client
    assert session.user
    assert session.user.id == "user"


@pytest.mark.parametrize("kind", ["crm", "mixed"])
def test_look_ups_across_tables_use_the_primary_keys(
    request: pytest.FixtureRequest, crm: SiteDatabase, shared: Database, kind: str
) -> None:
    """No other table than that of tokens is ever read whole to find a session, nor any to find its successor."""
    request.getfixturevalue(kind)
    for number in range(50):
        add_client(crm, f"client-{number}")
        add_user(crm, f"user-{number}")
        add_token(crm, f"token-{number}", client=f"client-{number}", assigned_user_id=f"user-{number}")
    with shared.unit_of_work() as stores:
        old = stores.tokens.find_refreshable("refresh-token-7")
        client = stores.clients.get("client-7")
        assert old
        assert client
        successor = new_token(id="next", client="client-7", refresh_token_expires=SOON)
        assert stores.tokens.refresh(old, client, successor, now=NOW)
    statements: list[tuple[str, object]] = []
    with shared.connection() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append((given[2], given[3])))
    with shared.unit_of_work() as stores:
        stores.tokens.find_session("access-token-7")
        assert stores.tokens.find_use(old.row_id)
    joins = [each for each in statements if "JOIN" in each[0]]
    assert joins
    for statement, parameters in joins:
        with shared.connection() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)  # type: ignore[arg-type]  # as they came
            whole = {row.table for row in plan if row.type == "ALL"}
        assert whole <= ({"oauth2tokens"} if "users" in statement else set())

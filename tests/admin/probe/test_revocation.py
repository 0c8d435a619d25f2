"""More tokens revoked than one transaction should change."""

import re
from datetime import UTC, datetime

from sqlalchemy import insert, text

from crm_oauth.store.bulk_revocation import BATCH
from crm_oauth.store.models import Token
from tests.admin.probe.visitor import Visitor
from tests.support.site import Site


def test_what_was_done_before_a_failure_is_noted(admin: Visitor, site: Site) -> None:
    """Where the second of two transactions fails, the trail tells what the first one did."""
    entered = datetime.now(UTC)
    tokens = [{"id": f"many-{number}", "client": "many", "date_entered": entered} for number in range(BATCH + 1)]
    refusing = f"WHEN OLD.id = 'many-{BATCH}' BEGIN SELECT RAISE(FAIL, 'by this test'); END"
    with site.database.connection() as connection:
        connection.execute(insert(Token), tokens)
        connection.execute(text(f"CREATE TRIGGER refusing BEFORE UPDATE ON oauth2tokens {refusing}"))
    form = {"csrf_token": admin.csrf(), "client_id": "many", "until": str(int(entered.timestamp()) + 1)}
    answer = admin.ask("POST", "/admin/tokens/revoke-found", data=form)
    with site.database.connection() as connection:
        query = text("SELECT count(*) FROM oauth2tokens WHERE client = 'many' AND token_is_revoked")
        revoked = connection.execute(query).scalar_one()
        noted = connection.execute(text("SELECT detail FROM crm_oauth_audit WHERE event = 'tokens_revoked'")).scalars()
        details = list(noted)
        connection.execute(text("DROP TRIGGER refusing"))
        connection.execute(text("DELETE FROM oauth2tokens WHERE client = 'many'"))
    assert answer.status_code == 500
    assert 0 < revoked <= BATCH
    assert [int(number) for number in re.findall(r"revoked: (\d+); search: client_id: many", str(details))] == [revoked]

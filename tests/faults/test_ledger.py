"""The ledger of faults, in its short form; `make faults` is the long one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from crm_oauth.store.models import Token
from tests.faults import trial
from tests.faults.customers import PEOPLE, USERS, fill
from tests.faults.kinds import schedule
from tests.faults.ledger import Entry, Ledger
from tests.support.database_servers import DatabaseServer, MariadbServer, PostgresqlServer
from tests.support.site import Site
from tests.support.started import started
from tests.wire.sessions import log_out, sign_in

SERVERS = {"mariadb": MariadbServer, "postgresql": PostgresqlServer}


@pytest.fixture(params=["sqlite", *SERVERS])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer | None]:
    """A durable server of its own on each database: it will crash."""
    if request.param == "sqlite":
        yield None
        return
    with started(SERVERS[request.param](durable=True)) as server:
        yield server


def test_nothing_acknowledged_is_lost_and_nothing_ended_comes_back(
    tmp_path: Path, server: DatabaseServer | None
) -> None:
    """After a fault of each kind under traffic every session is what its client was told."""
    site = Site(tmp_path, "7.10.2", server.new_database() if server else None, trial.SETTINGS)
    site.fill(fill)
    with site:
        reckoning = trial.run(site, schedule(7, site, server), trial.Extent(tokens=100))
    assert reckoning.kept, (reckoning, site.log[-2000:])
    assert reckoning.acknowledged >= 100


def test_the_ledger_would_tell(tmp_path: Path) -> None:
    """A row that is lost, revived, or given to another user behind the server's back is found by the reckoning."""
    site = Site(tmp_path, "7.10.2", None, trial.SETTINGS)
    site.fill(fill)
    ledger = Ledger()
    with site:
        sessions = [Entry(sign_in(site, PEOPLE, username=name, password=name), name) for name in USERS[:4]]
        for entry in sessions:
            ledger.issued(entry)
        for entry in sessions[2:]:
            assert log_out(site, entry.pair.access_token).status == 200
            ledger.ended(entry)
        assert trial.reckon(site, 0, ledger).kept
        lost, given_away, revived, _ = (entry.pair.jti for entry in sessions)
        with site.database.connection() as connection:
            connection.execute(delete(Token).where(Token.access_token == lost))
            for jti, change in (
                (given_away, {"assigned_user_id": USERS[4]}),
                (revived, {"deleted": False, "token_is_revoked": False}),
            ):
                connection.execute(update(Token).where(Token.access_token == jti).values(change))
        reckoning = trial.reckon(site, 0, ledger)
    assert (reckoning.lost, reckoning.wrong_user, reckoning.revived) == (1, 1, 1)
    assert not reckoning.kept

"""The writer behind the requests' backs."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from crm_oauth.oauth.outcome import Outcome
from crm_oauth.oauth.wire import Origin
from crm_oauth.observe import audit_trail
from crm_oauth.observe.audit_trail import AuditTrail
from crm_oauth.store import schema
from crm_oauth.store.audit_entries import AuditEntry, AuditFilter
from crm_oauth.store.db import Database
from tests.support.database_servers import DatabaseServer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An SQLite database of the newest schema."""
    database = Database(f"sqlite:///{tmp_path}/test.db")
    schema.upgrade(database)
    yield database
    database.dispose()


def stored(database: Database) -> list[AuditEntry]:
    """Return the whole trail, the oldest first."""
    with database.unit_of_work() as stores:
        return [record.entry for record in reversed(stores.audit.search(AuditFilter(), limit=100_000))]


def test_the_end_of_the_process_loses_nothing(database: Database) -> None:
    """What was noted before the trail is closed is in the database afterwards, in its order, and nobody writes on."""
    others = set(threading.enumerate())
    lost: list[int] = []
    trail = AuditTrail(database, 0, lost.append)
    for number in range(1200):
        trail.note(AuditEntry("a", str(number)))
    trail.close()
    assert [entry.detail for entry in stored(database)] == list(map(str, range(1200)))
    assert lost == []
    assert "audit-trail" not in {thread.name for thread in set(threading.enumerate()) - others}


@pytest.mark.parametrize(
    ("grant_type", "refusal", "event"),
    [
        ("password", "", "token_issued"),
        ("refresh_token", "", "token_refreshed"),
        ("refresh_token", "refresh_token_revoked", "token_refused"),
    ],
)
def test_outcomes_become_entries(database: Database, grant_type: str, refusal: str, event: str) -> None:
    """Each outcome is one entry that says what, why, who and from where."""
    trail = AuditTrail(database, retention=0)
    trail(Outcome(grant_type, "client", "user", 200, refusal, 0.1, Origin("192.0.2.7", "request-7")))
    trail.close()
    [entry] = stored(database)
    assert (entry.event, entry.detail, entry.grant_type) == (event, refusal, grant_type)
    assert (entry.client_id, entry.user_id) == ("client", "user")
    assert (entry.address, entry.request_id) == ("192.0.2.7", "request-7")


def add_old(database: Database, number: int) -> None:
    """Add entries of eight days ago."""
    with database.unit_of_work() as stores:
        stores.audit.append([AuditEntry("old", at=datetime.now(UTC) - timedelta(days=8))] * number)


def test_old_entries_go(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer removes what is older than the setting says, more than a batch with later entries; the rest stays."""
    monkeypatch.setattr(audit_trail, "_BATCH", 1)
    add_old(database, 5)
    trail = AuditTrail(database, retention=7)
    for _ in range(3):
        trail.note(AuditEntry("new"))
    trail.close()
    assert [entry.event for entry in stored(database)] == ["new"] * 3


def test_old_entries_go_while_nothing_happens(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that lives long looks for old entries again and again, also when no request comes."""
    monkeypatch.setattr(audit_trail, "_PURGE_EVERY", 0.05)
    trail = AuditTrail(database, retention=7)
    trail.note(AuditEntry("new"))
    for _ in range(2):
        add_old(database, 1)
        deadline = time.monotonic() + 60
        while "old" in {entry.event for entry in stored(database)}:
            assert time.monotonic() < deadline
            time.sleep(0.02)  # nothing tells when they are gone
    trail.close()


@pytest.mark.parametrize("database_url", ["mariadb", "postgresql"], indirect=True)
def test_a_database_that_comes_back_gets_all(database_url: str, request: pytest.FixtureRequest) -> None:
    """Entries made while the database is away are kept, and stored when it is back."""
    kind = "mariadb" if "mysql" in database_url else "postgresql"
    server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
    database = Database(database_url)
    schema.upgrade(database)
    trail = AuditTrail(database, retention=0)
    trail.note(AuditEntry("before"))
    server.stop()
    trail.note(AuditEntry("while"))
    server.start()
    trail.note(AuditEntry("after"))
    trail.close()
    assert [entry.event for entry in stored(database)] == ["before", "while", "after"]
    database.dispose()


def test_what_cannot_be_stored_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the database away for good, and with the queue full, every entry is a log line and counted."""
    monkeypatch.setattr(audit_trail, "_PATIENCE", 1.0)
    monkeypatch.setattr(audit_trail, "_CAPACITY", 3)
    monkeypatch.setattr(audit_trail, "_BATCH", 1)
    lost: list[int] = []
    trail = AuditTrail(Database(f"sqlite:///{tmp_path}/not/there.db"), 0, lost.append)
    with capture_logs() as lines:
        for number in range(20):
            trail.note(AuditEntry("a", str(number), request_id=f"request-{number}"))
        assert sum(lost) >= 16  # the queue holds three, and its reader one
        trail.close()
    told = [line for line in lines if line["event"] == "audit entry not stored"]
    assert {line["detail"] for line in told} == set(map(str, range(20)))
    assert all(line["what"] == "a" and line["request_id"] for line in told)
    assert sum(lost) == 20
    waits = [line for line in lines if line["event"] == "audit trail waits for the database"]
    assert 0 < len(waits) < 20  # one a second


def test_what_the_database_does_not_take_is_logged(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that no database takes is a log line with the reason, is counted, and keeps no later one waiting."""
    monkeypatch.setattr(audit_trail, "_BATCH", 1)
    lost: list[int] = []
    trail = AuditTrail(database, 0, lost.append)
    with capture_logs() as lines:
        for detail in ("\ud800", "good"):
            trail.note(AuditEntry("a", detail))
        trail.close()
    assert [line["event"] for line in lines] == ["audit trail cannot be written", "audit entry not stored"]
    assert isinstance(lines[0]["exc_info"], Exception)
    assert (lines[1]["detail"], lost) == ("\ud800", [1])
    assert [entry.detail for entry in stored(database)] == ["good"]


FORK = """
import os, sys
from crm_oauth.observe.audit_trail import AuditTrail
from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.db import Database

database = Database(sys.argv[1])
trail = AuditTrail(database, retention=0)
trail.note(AuditEntry("parent"))
trail.close()
database.dispose()
if os.fork() == 0:
    trail.note(AuditEntry("child"))
    sys.exit()
os.wait()
"""


def test_a_process_forked_off_writes_too(database: Database, tmp_path: Path) -> None:
    """A process that was forked after the first entry writes its own, and its end flushes them."""
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORK, f"sqlite:///{tmp_path}/test.db"], check=True)
    assert [entry.event for entry in stored(database)] == ["parent", "child"]

"""`crm-oauth audit`, and what the other commands leave in the trail."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from crm_oauth.cli import audit
from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.models import User
from tests.cli.conftest import SCRIPT, Installation


def fill(installation: Installation, *entries: AuditEntry) -> None:
    """Add entries."""
    with installation.stores() as stores:
        stores.audit.append(entries)


def lines(told: str) -> list[dict[str, str]]:
    """Read JSON lines."""
    return [json.loads(line) for line in told.splitlines()]


def test_every_act_is_in_the_trail(ready: Installation) -> None:
    """What changes clients, users, tokens and keys is told with who did it, and what of it; what only reads is not."""
    ready.told("users", "add", "joe", "--password-stdin", "--id", "u", stdin="secret-1\n")
    ready.told("users", "passwd", "joe", "--password-stdin", stdin="secret-2\n")
    ready.told("users", "deactivate", "joe")
    ready.told("users", "activate", "joe")
    ready.told(
        "clients", "add", "--name", "n", "--grant", "password", "--id", "c", "--secret-stdin", stdin="secret-3\n"
    )
    ready.told("clients", "edit", "c", "--name", "m", "--public")
    ready.told("clients", "rotate-secret", "c", "--secret-stdin", stdin="secret-4\n")
    ready.told("clients", "list")
    ready.told("tokens", "revoke", "--user", "joe")
    ready.told("clients", "delete", "c", "--yes")
    ready.told("keys", "rotate")
    ready.told("keys", "rotate-encryption")
    exported = ready.told("audit", "export")
    acts = lines(exported)
    assert [(act["event"], act["client_id"], act["user_id"]) for act in acts] == [
        ("user_added", "", "u"),
        ("password_set", "", "u"),
        ("user_deactivated", "", "u"),
        ("user_activated", "", "u"),
        ("client_added", "c", ""),
        ("client_changed", "c", ""),
        ("client_secret_changed", "c", ""),
        ("tokens_revoked", "", "u"),
        ("client_deleted", "c", ""),
        ("signing_key_rotated", "", ""),
        ("encryption_key_rotated", "", ""),
    ]
    assert [act["detail"] for act in acts if act["detail"] and act["event"] != "signing_key_rotated"] == [
        "sessions revoked: 0",
        "sessions revoked: 0",
        "grant: password",
        "name, public",
        "of client or user; sessions revoked: 0",
    ]
    assert len({act["actor"] for act in acts}) == 1
    assert acts[0]["actor"].startswith("cli:")
    assert "secret-" not in exported


def test_an_act_that_fails_is_not_in_the_trail(ready: Installation) -> None:
    """The entry is part of the act: when nothing was done, nothing is told."""
    for _ in range(2):
        ready.run("users", "add", "joe", "--password-stdin", "--id", "u", stdin="secret\n")
    ready.run("clients", "delete", "nobody", "--yes")
    assert [act["event"] for act in lines(ready.told("audit", "export"))] == ["user_added"]


def test_tail_shows_the_newest(ready: Installation) -> None:
    """The last entries come, the oldest of them first, as lines for people or for programs."""
    now = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
    fill(ready, *(AuditEntry("token_issued", str(number), client_id="c", at=now) for number in range(30)))
    assert ready.told("audit", "tail", "-n", "2").splitlines() == [
        "2026-03-14T15:09:26Z token_issued detail=28 client_id=c",
        "2026-03-14T15:09:26Z token_issued detail=29 client_id=c",
    ]
    assert [line["detail"] for line in lines(ready.told("audit", "tail", "--json"))] == list(map(str, range(10, 30)))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--event", "logged_out"), ("--client", "c"), ("--user", "u"), ("--request", "r"), ("--since", "1h")],
)
def test_filters(ready: Installation, option: str, value: str) -> None:
    """Each option leaves only what it names, in `tail` and `export`."""
    wanted = AuditEntry("logged_out", "wanted", client_id="c", user_id="u", request_id="r")
    fill(ready, AuditEntry("b", at=datetime.now(UTC) - timedelta(days=2)), wanted)
    for command in (("tail", "--json"), ("export",)):
        assert [line["detail"] for line in lines(ready.told("audit", *command, option, value))] == ["wanted"]


def test_nothing_is_younger_than_now(ready: Installation) -> None:
    """An age of nought leaves out all that there is, instead of nothing."""
    fill(ready, AuditEntry("a", at=datetime.now(UTC) - timedelta(minutes=1)))
    for command in (("tail", "--json"), ("export",)):
        assert ready.told("audit", *command, "--since", "0s") == ""


def test_an_event_that_there_is_not(ready: Installation) -> None:
    """What the program never notes is refused, and what it does is named, instead of an empty answer."""
    refused = ready.run("audit", "tail", "--event", "token_isued")
    assert refused.returncode == 2
    assert "'token_issued'" in refused.stderr


@pytest.mark.parametrize("user", ["user-joe", "joe", "JOE", "user-gone", "gone", "no-row"])
def test_a_user_is_found_by_name_and_by_id(with_user: Installation, user: str) -> None:
    """`--user` takes a name or an id, of a deleted user as well; a live user's name prevails over a namesake's."""
    ids = ["user-joe", "user-gone", "no-row"]
    with with_user.stores() as stores:
        stores.users.add(User(id="user-gone", user_name="gone", deleted=True))
        stores.users.add(User(id="a-namesake", user_name="joe", deleted=True))
    fill(with_user, *(AuditEntry("logged_out", user_id=each) for each in ids))
    expected = next(each for each in ids if user.lower() in each)
    for command in (("tail", "--json"), ("export",)):
        told = lines(with_user.told("audit", *command, "--event", "logged_out", "--user", user))
        assert [line["user_id"] for line in told] == [expected]


def test_nothing_steers_the_terminal(ready: Installation) -> None:
    """Control characters in an entry are shown as what they are: no letters."""
    fill(ready, AuditEntry("a\r", "\x1b[2J\n", at=datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)))
    assert ready.told("audit", "tail") == "2026-03-14T15:09:26Z a\ufffd detail=\ufffd[2J\ufffd\n"


def test_a_long_trail_is_exported_whole(ready: Installation) -> None:
    """`export` goes on after a page of what the database gives at once; each entry has a number of its own."""
    fill(ready, *(AuditEntry("a", str(number)) for number in range(2001)))
    exported = lines(ready.told("audit", "export"))
    assert [line["detail"] for line in exported] == list(map(str, range(2001)))
    assert len({line["number"] for line in exported}) == 2001


@contextmanager
def following(installation: Installation, count: int) -> Iterator[Iterator[str]]:
    """Follow the trail, and yield each entry's detail as it is shown."""
    command = [str(SCRIPT), "audit", "tail", "-n", str(count), "--follow", "--json"]
    folder, environment = installation.folder, installation.environment()
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout
        try:
            yield (json.loads(line)["detail"] for line in tail.stdout)
        finally:
            tail.terminate()


@pytest.mark.parametrize(
    ("before", "count", "shown"),
    [(["older", "before"], 1, ["before"]), (["older", "before"], 2, ["older", "before"])],
)
def test_follow_shows_what_comes(ready: Installation, before: list[str], count: int, shown: list[str]) -> None:
    """`--follow` shows as many as asked for, and goes on with entries of other processes as they come, each once."""
    fill(ready, *(AuditEntry("a", detail) for detail in before))
    with following(ready, count) as seen:
        assert [next(seen) for _ in shown] == shown
        for number in range(3):
            fill(ready, AuditEntry("a", f"then {number}"))
            assert next(seen) == f"then {number}"


def test_an_empty_trail_can_be_followed(ready: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing has happened yet nothing is shown, and the interrupt ends the wait."""

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit, "time", SimpleNamespace(sleep=interrupt))
    ended = ready.run("audit", "tail", "--follow")
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (1, "", "Aborted!")


def test_follow_shows_what_was_committed_late(ready: Installation) -> None:
    """An entry whose number is lower than that of one which was shown is shown as well."""
    fill(ready, AuditEntry("a", "before"))
    others = "at, event, grant_type, client_id, user_id, actor, address, request_id"
    statement = f"INSERT INTO crm_oauth_audit (id, detail, {others}) SELECT ?, ?, {others} FROM crm_oauth_audit LIMIT 1"  # noqa: S608  # texts of this test
    with following(ready, 1) as seen, closing(sqlite3.connect(ready.folder / "var/crm-oauth.db")) as database:
        assert next(seen) == "before"
        for number in (10, 5, 11):
            with database:
                database.execute(statement, (number, f"number {number}"))
            assert next(seen) == f"number {number}"


def test_keys_are_rotated_without_the_database(ready: Installation) -> None:
    """A key must be replaceable while the database is away: the command says that the trail lacks it."""
    ended = ready.run("keys", "rotate", DATABASE_URL="sqlite:////nowhere/at/all.db")
    assert ended.returncode == 0
    assert "not in the audit trail" in ended.stderr

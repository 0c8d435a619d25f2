"""`crm-oauth import suitecrm`: what is copied, and what is not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import make_url

from crm_oauth.store.audit_entries import AuditFilter
from tests.cli.conftest import Installation
from tests.suitecrm.conftest import Import
from tests.suitecrm.site_database import checksums, make_site_database
from tests.suitecrm.site_rows import BERLIN, ENTERED, NOW, PAST, SOON, add_client, add_token, add_user, as_utc
from tests.support.database_servers import DatabaseServer


def _fill(importing: Import) -> None:
    add_client(importing.site, "client", allowed_grant_type="password", is_confidential=1)
    add_user(importing.site, "1", user_name="admin", user_hash="$1$salt$hash", is_admin=1)
    add_token(importing.site, "session", assigned_user_id="1")


def _counts(**counts: int) -> dict[str, int]:
    names = "read", "added", "changed", "kept", "not_needed", "refused"
    return {name: counts.get(name, 0) for name in names}


def test_rows_arrive_whole(importing: Import) -> None:
    """Clients, users and live sessions come with every column, expiry times as moments of the site's zone."""
    _fill(importing)
    summary, complaints = importing.run()
    assert summary == dict.fromkeys(("oauth2clients", "users", "oauth2tokens"), _counts(read=1, added=1))
    assert complaints == ""
    client, user, token = importing.clients()["client"], importing.users()["1"], importing.tokens()["session"]
    assert (client["name"], client["secret"], client["is_confidential"]) == ("client", "s" * 64, True)
    assert (user["user_name"], user["user_hash"], user["is_admin"]) == ("admin", "$1$salt$hash", True)
    assert (token["client"], token["assigned_user_id"], token["deleted"]) == ("client", "1", False)
    assert (token["access_token"], token["refresh_token"]) == ("access-session", "refresh-session")
    assert (token["access_token_expires"], token["refresh_token_expires"]) == (PAST, SOON)
    assert {row["date_entered"] for row in (client, user, token)} == {ENTERED}


def test_a_second_run_changes_nothing(importing: Import) -> None:
    """Run again it finds all in place, here and there."""
    _fill(importing)
    importing.run()
    before, there = importing.rows(), checksums(importing.site)
    summary, _complaints = importing.run()
    assert summary == dict.fromkeys(summary, _counts(read=1, kept=1))
    assert (importing.rows(), checksums(importing.site)) == (before, there)


def test_a_dry_run_tells_and_writes_nothing(importing: Import) -> None:
    """It counts what would be copied, and our tables stay empty."""
    _fill(importing)
    summary, _complaints = importing.run("--dry-run")
    assert summary["oauth2tokens"] == _counts(read=1, added=1)
    assert not any(importing.rows().values())


def test_an_import_is_in_the_trail(quick_import: Import) -> None:
    """The trail tells when an import began, from where, and what it did when it ended; of a dry run nothing."""
    _fill(quick_import)
    quick_import.run("--dry-run")
    quick_import.run()
    with quick_import.database.unit_of_work() as stores:
        ended, begun = (record.entry for record in stores.audit.search(AuditFilter()))
    url = make_url(quick_import.site.url)
    assert (begun.event, begun.detail) == ("import_begun", f"from {url.host}/{url.database}")
    assert (ended.event, ended.detail) == (
        "import_ended",
        "oauth2clients: 1 added, 0 changed; users: 1 added, 0 changed; oauth2tokens: 1 added, 0 changed",
    )
    assert begun.actor == ended.actor
    assert begun.actor.startswith("cli:")


DEAD: dict[str, dict[str, Any]] = {
    "deleted": {"deleted": 1},
    "deleted is NULL": {"deleted": None},
    "revoked": {"token_is_revoked": 1},
    "expired": {"refresh_until": NOW - timedelta(minutes=1)},
    "never to be used": {"access_until": None, "refresh_until": None},
}


@pytest.mark.parametrize("columns", DEAD.values(), ids=DEAD)
def test_dead_sessions_stay_behind(quick_import: Import, columns: dict[str, Any]) -> None:
    """What SuiteCRM would not take any more is not copied."""
    add_token(quick_import.site, "session", **columns)
    summary, _complaints = quick_import.run()
    assert summary["oauth2tokens"] == _counts(read=1, not_needed=1)
    assert not quick_import.tokens()


LIVE: dict[str, dict[str, Any]] = {
    "one of client_credentials": {"access_until": SOON, "refresh_until": None, "refresh_token": None},
    "its access token expired": {"access_until": PAST},
    "its flag never set": {"token_is_revoked": None},
    "no time where one belongs": {"access_token_expires": "0000-00-00 00:00:00"},
    "about to expire": {"refresh_until": NOW + timedelta(minutes=30)},
}


@pytest.mark.parametrize("columns", LIVE.values(), ids=LIVE)
def test_whatever_lives_is_copied(quick_import: Import, columns: dict[str, Any]) -> None:
    """A session of which one token is still good comes along."""
    add_token(quick_import.site, "session", **columns)
    summary, _complaints = quick_import.run()
    assert summary["oauth2tokens"] == _counts(read=1, added=1)


def test_deleted_clients_and_users_stay_behind(quick_import: Import) -> None:
    """Deleted rows, such as a namesake of a live user, are not copied."""
    add_client(quick_import.site, "gone", deleted=1)
    add_user(quick_import.site, "old", user_name="admin", deleted=1)
    add_user(quick_import.site, "new", user_name="admin", status=None)
    summary, _complaints = quick_import.run()
    assert summary["oauth2clients"] == _counts(read=1, not_needed=1)
    assert summary["users"] == _counts(read=2, added=1, not_needed=1)
    assert [(user["user_name"], user["status"]) for user in quick_import.users().values()] == [("admin", None)]


def test_texts_come_as_they_are(importing: Import) -> None:
    """Letters of any script, quotes and blanks arrive unchanged, in ids and names alike."""
    names = ["José", "日本", "o'brien", 'quo"te', " blank before", "%s", "UPPER lower"]
    for name in names:
        add_user(importing.site, name, user_name=name)
    importing.run()
    users = importing.users().values()
    assert sorted((user["id"], user["user_name"]) for user in users) == sorted((name, name) for name in names)
    assert importing.run()[0]["users"] == _counts(read=len(names), kept=len(names))


@pytest.mark.parametrize(
    ("stored", "moment"),
    [
        ("2099-01-15 12:00:00", datetime(2099, 1, 15, 11, tzinfo=UTC)),
        ("2099-07-15 12:00:00", datetime(2099, 7, 15, 10, tzinfo=UTC)),
        ("2098-10-26 02:30:00", datetime(2098, 10, 26, 1, 30, tzinfo=UTC)),
    ],
    ids=["winter", "summer", "the hour that comes twice"],
)
def test_expiry_follows_the_site_s_clock(quick_import: Import, stored: str, moment: datetime) -> None:
    """An expiry column is read in PHP's zone, by the season, and as the later of two readings."""
    add_token(quick_import.site, "session", refresh_token_expires=stored)
    quick_import.run()
    assert quick_import.tokens()["session"]["refresh_token_expires"] == moment
    assert moment.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S") == stored


@pytest.mark.parametrize(("option", "hour"), [([], 11), (["--timezone", "UTC"], 12)])
def test_the_zone_is_a_setting(quick_import: Import, option: list[str], hour: int) -> None:
    """Unless the option says otherwise the zone is that of the settings."""
    add_token(quick_import.site, "session", refresh_token_expires="2099-01-15 12:00:00")
    command = ["import", "suitecrm", "--from", quick_import.site.url, *option]
    settings = {"DATABASE_URL": quick_import.target, "SUITECRM_TIMEZONE": "Europe/Berlin"}
    assert quick_import.installation.run(*command, **settings).returncode == 0
    assert quick_import.tokens()["session"]["refresh_token_expires"] == datetime(2099, 1, 15, hour, tzinfo=UTC)


def test_rows_that_do_not_fit_are_told(importing: Import) -> None:
    """Each row that cannot be taken is named with the reason, the others are copied, and the status is 1."""
    _fill(importing)
    add_token(importing.site, "long", access_token="a" * 256)
    add_token(importing.site, "far", refresh_token_expires="0001-01-01 00:00:00")
    add_client(importing.site, "nul", name="a\0b")
    summary, complaints = importing.run(status=1)
    assert complaints.splitlines() == [
        "oauth2clients 'nul': name holds NUL.",
        "oauth2tokens 'far': refresh_token_expires is no time.",
        "oauth2tokens 'long': access_token is longer than 255 characters.",
    ]
    assert summary["oauth2clients"] == _counts(read=2, added=1, refused=1)
    assert summary["oauth2tokens"] == _counts(read=3, added=1, refused=2)


@pytest.mark.parametrize("site_database", ["utf8mb4"], indirect=True)
@pytest.mark.parametrize(("letter", "kept"), [("ü", 32_767), ("日", 21_845)])
def test_a_description_that_is_too_long_is_cut(importing: Import, letter: str, kept: int) -> None:
    """Of a description as many whole letters arrive as a text of MySQL's holds in UTF-8, and once is enough."""
    importing.site.execute("ALTER TABLE users MODIFY description mediumtext")
    add_user(importing.site, "1", description=letter * 40_000)
    assert importing.run()[0]["users"] == _counts(read=1, added=1)
    assert importing.users()["1"]["description"] == letter * kept
    assert importing.run()[0]["users"] == _counts(read=1, kept=1)


@pytest.mark.parametrize("site_database", ["utf8mb4"], indirect=True)
@pytest.mark.parametrize("database_url", ["mariadb", "postgresql"], indirect=True)  # SQLite takes any number
def test_what_the_database_does_not_take_is_told(importing: Import) -> None:
    """A value that our own database refuses ends the import in one line that names the table."""
    importing.site.execute("ALTER TABLE oauth2clients MODIFY duration_value bigint")
    add_client(importing.site, "client", duration_value=2**40)
    command = ["import", "suitecrm", "--from", importing.site.url]
    complaint = importing.installation.refusal(*command, DATABASE_URL=importing.target)
    assert complaint.startswith("Error: oauth2clients: the database does not take a row: ")
    assert complaint.count("\n") == 1


@pytest.fixture
def oldest(empty: Installation, mariadb_server: DatabaseServer, upgraded_url: str) -> Iterator[Import]:
    """An import from the tables of 7.10.0."""
    site = make_site_database(mariadb_server, charset="utf8", oldest=True)
    importing = Import(empty, site, upgraded_url)
    yield importing
    importing.database.dispose()
    mariadb_server.drop_database(site.url)


def test_the_oldest_tables_lack_columns(oldest: Import) -> None:
    """A site of 7.10.0 is copied too: its clients get the grant that they had, its sessions no user."""
    add_client(oldest.site, "client")
    add_user(oldest.site, "1")
    add_token(oldest.site, "session")
    add_token(oldest.site, "long", client="c" * 37)
    summary, complaints = oldest.run(status=1)
    assert complaints == "oauth2tokens 'long': client is longer than 36 characters.\n"
    assert summary["oauth2tokens"] == _counts(read=2, added=1, refused=1)
    assert oldest.clients()["client"]["allowed_grant_type"] == "password"
    assert oldest.tokens()["session"]["assigned_user_id"] is None
    assert oldest.run(status=1)[0]["oauth2clients"] == _counts(read=1, kept=1)


def test_what_changed_there_is_brought_up_to_date(importing: Import) -> None:
    """A new password, which leaves SuiteCRM's date of modification alone, a leaver and a deleted client arrive."""
    _fill(importing)
    add_user(importing.site, "2", user_name="leaver")
    importing.run()
    importing.site.execute("UPDATE users SET user_hash = 'new' WHERE id = '1'")
    importing.site.execute("UPDATE users SET status = 'Inactive', date_modified = NOW() WHERE id = '2'")
    importing.site.execute("UPDATE oauth2clients SET deleted = 1")
    summary, _complaints = importing.run()
    assert summary["users"] == _counts(read=2, changed=2)
    assert summary["oauth2clients"] == _counts(read=1, changed=1)
    assert importing.users()["1"]["user_hash"] == "new"
    assert importing.users()["2"]["status"] == "Inactive"
    assert importing.clients()["client"]["deleted"] is True
    assert importing.run()[0]["users"] == _counts(read=2, kept=2)


def test_what_was_changed_here_later_stays(importing: Import) -> None:
    """A row that was modified here after it was there keeps what it has here."""
    _fill(importing)
    importing.run()
    with importing.database.unit_of_work() as stores:
        user = stores.users.get("1")
        assert user
        user.user_hash = "mine"
    importing.site.execute("UPDATE users SET user_hash = 'theirs'")
    assert importing.run()[0]["users"] == _counts(read=1, kept=1)
    assert importing.users()["1"]["user_hash"] == "mine"
    later = as_utc(datetime.now(UTC) + timedelta(days=1))
    importing.site.execute("UPDATE users SET date_modified = :later", later=later)
    importing.run()
    assert importing.users()["1"]["user_hash"] == "theirs"

"""In SuiteCRM's own tables rows are read and written as its PHP does it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from crm_oauth.faults import StartupError
from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.models import Client, Token, User
from crm_oauth.store.ports import TokenFilter
from crm_oauth.store.sharing import Sharing
from crm_oauth.store.token_pages import count
from crm_oauth.store.token_search import TokenSearch
from tests.suitecrm.shared.conftest import LATER, owned_by
from tests.suitecrm.site_database import SiteDatabase
from tests.suitecrm.site_rows import ENTERED, NOW, PAST, SOON, add_client, add_token, add_user, as_local, as_utc
from tests.support.new_tokens import new_token

# The moment, and what the clock in Berlin shows: in winter, in summer, in each of the two hours between two and three
# on the night when clocks go back, and on either side of the hour that is left out when they go forward.
CLOCK = {
    "2026-01-15T12:00:00": "2026-01-15 13:00:00",
    "2026-07-15T12:00:00": "2026-07-15 14:00:00",
    "2026-10-25T00:30:00": "2026-10-25 02:30:00",
    "2026-10-25T01:30:00": "2026-10-25 02:30:00",
    "2026-03-29T00:59:59": "2026-03-29 01:59:59",
    "2026-03-29T01:00:00": "2026-03-29 03:00:00",
}


def stored(crm: SiteDatabase, table: str, row_id: str) -> dict[str, object]:
    """Return a row as the database has it."""
    with crm.connection() as connection:
        query = text(f"SELECT * FROM {table} WHERE id = :id")  # noqa: S608 - names of ours
        return dict(connection.execute(query, {"id": row_id}).mappings().one())


@pytest.mark.parametrize(("moment", "clock"), CLOCK.items())
def test_expiry_follows_the_clock_of_the_site(crm: SiteDatabase, shared: Database, moment: str, clock: str) -> None:
    """Expiry is kept by PHP's clock, daylight saving and all; every other time is UTC."""
    expires = datetime.fromisoformat(f"{moment}+00:00")
    row = Token(id="t", access_token="a", access_token_expires=expires, refresh_token_expires=expires)
    row.date_entered = expires
    with shared.unit_of_work() as stores:
        stores.tokens.add(row)
    columns = stored(crm, "oauth2tokens", "t")
    assert [str(columns[name]) for name in ("access_token_expires", "refresh_token_expires")] == [clock, clock]
    assert columns["date_entered"] == expires.replace(tzinfo=None)
    with shared.unit_of_work() as stores:
        [read] = stores.tokens.list(TokenFilter(access_token="a"))
    # The hour that comes twice is read as the later one, so that no token ends too soon.
    assert read.access_token_expires in {expires, expires + timedelta(hours=1)}
    assert read.access_token_expires == expires or moment == "2026-10-25T00:30:00"


def test_expiry_is_compared_by_the_clock_of_the_site(crm: SiteDatabase, shared: Database) -> None:
    """A session of PHP's can be redeemed to its last minute and no longer, and is listed as active as long."""
    add_client(crm, "client")
    for row_id, until in (("over", NOW - timedelta(minutes=1)), ("good", NOW + timedelta(minutes=1))):
        add_token(crm, row_id, refresh_until=until)
    with shared.unit_of_work() as stores:
        assert [row.id for row in stores.tokens.list(TokenFilter(active_at=NOW))] == ["good"]
        client = stores.clients.get("client")
        assert client is not None
        sessions = {row_id: stores.tokens.find_refreshable(f"refresh-{row_id}") for row_id in ("over", "good")}
        redeemed = {
            row_id: stores.tokens.refresh(session, client, new_token(), now=NOW)
            for row_id, session in sessions.items()
            if session
        }
    assert redeemed == {"over": False, "good": True}
    assert stored(crm, "oauth2tokens", "good")["deleted"] == 1


@pytest.mark.parametrize("crm", LATER[:1], indirect=True)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_the_ends_of_time_are_times(crm: SiteDatabase, shared: Database, zone: str) -> None:
    """A session that lasts as long as any can is read, and found by a search from the first day to the last."""
    assert shared
    add_token(crm, "session", access_token_expires="9999-12-31 23:59:59")
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    database = Database(crm.url, sharing=Sharing(ZoneInfo(zone)))
    with database.work() as unit:
        assert count(unit.session, TokenSearch(refresh_from=first, refresh_until=last)) == 1
        [row] = database.stores(unit).tokens.list(TokenFilter())
        assert row.access_token_expires
        assert row.access_token_expires.year == last.year
    database.dispose()


def test_a_new_row_is_the_one_that_suitecrm_writes(crm: SiteDatabase, shared: Database) -> None:
    """Column by column it is the row of SuiteCRM's own insert."""
    user = owned_by(crm, "user")
    add_token(crm, "theirs", access_until=SOON, **user)
    with shared.unit_of_work() as stores:
        ours = Token(
            id="ours",
            access_token="access-theirs",
            access_token_expires=SOON,
            refresh_token="refresh-theirs",
            refresh_token_expires=SOON,
            client="client",
            assigned_user_id="user",
            date_entered=ENTERED,
            date_modified=ENTERED,
        )
        stores.tokens.add(ours)
    assert stored(crm, "oauth2tokens", "ours") | {"id": "theirs"} == stored(crm, "oauth2tokens", "theirs")


def test_what_the_oldest_tables_lack_reads_as_after_an_upgrade(crm: SiteDatabase, shared: Database) -> None:
    """Clients and sessions of tables without the later columns are found, listed, changed and revoked."""
    add_client(crm, "client", name="Old")
    add_token(crm, "session")
    with shared.unit_of_work() as stores:
        client = stores.clients.get("client")
        assert client is not None
        assert client.allowed_grant_type == "password"
        assert client.assigned_user_id is None
        client.name = "New"
        client.allowed_grant_type = "client_credentials"
        assert [row.assigned_user_id for row in stores.tokens.list(TokenFilter())] == [None]
        assert stores.tokens.revoke(TokenFilter(user_id="user"), now=NOW) == 0
        assert stores.tokens.revoke(TokenFilter(client_id="client"), now=NOW) == 1
    assert stored(crm, "oauth2clients", "client")["name"] == "New"
    assert stored(crm, "oauth2tokens", "session")["token_is_revoked"] == 1


def test_a_client_can_be_added(crm: SiteDatabase, shared: Database) -> None:
    """A new client has what the columns that are there can hold."""
    with shared.unit_of_work() as stores:
        stores.clients.add(Client(id="new", name="Müller", secret="s", allowed_grant_type="client_credentials"))
    row = stored(crm, "oauth2clients", "new")
    assert (row["name"], row["is_confidential"], row["deleted"]) == ("Müller", 1, 0)
    assert row.get("allowed_grant_type", "client_credentials") == "client_credentials"


def test_a_session_is_found_with_its_client_and_user(crm: SiteDatabase, shared: Database) -> None:
    """What PHP issued is as good here; where the row names no user, none is asked for."""
    add_client(crm, "client")
    add_user(crm, "user")
    user = owned_by(crm, "user")
    add_token(crm, "session", access_until=SOON, **user)
    with shared.unit_of_work() as stores:
        session = stores.tokens.find_session("access-session")
    assert session is not None
    assert session.access_token_is_good(NOW)
    assert (session.user is not None) == bool(user)


def test_user_names_are_told_apart_as_in_a_database_of_our_own(crm: SiteDatabase, shared: Database) -> None:
    """Case is ignored and nothing else, whatever the table's character set can hold; dead namesakes never count."""
    for number, name in enumerate(["jo", "josé", "山田"]):
        add_user(crm, f"dead-{number}", user_name=name, deleted=1)
        add_user(crm, f"lost-{number}", user_name=name, status=None)
        add_user(crm, f"user-{number}", user_name=name)
    expected: dict[str, str | None] = {
        "jo": "user-0",
        "JO": "user-0",
        "josé": "user-1",
        "JOSÉ": "user-1",
        "山田": "user-2",
    }
    expected |= dict.fromkeys(["jose", "jo ", "\U0001f600", "j\U0001f600"])
    with shared.unit_of_work() as stores:
        found = {asked: stores.users.find_by_name(asked) for asked in expected}
        assert {asked: user and user.id for asked, user in found.items()} == expected


def test_ids_are_any_text(crm: SiteDatabase, shared: Database) -> None:
    """A client is found by the very id that its row has, and an id that no row can have finds nothing."""
    there, nowhere = ["API-4c59-1", "seed_max_id", "1", "é", "x" * 36], ["\U0001f600", "x" * 40]
    for row_id in there:
        add_client(crm, row_id)
    with shared.unit_of_work() as stores:
        found = {row_id: stores.clients.get(row_id) for row_id in (*there, *nowhere)}
        assert [row_id for row_id, client in found.items() if client and client.id == row_id] == there
        assert [row_id for row_id in nowhere if found[row_id]] == []
        assert [row_id for row_id in there if stores.clients.get(row_id + " ")] == []


def test_a_date_that_is_none_reads_as_none(crm: SiteDatabase, shared: Database) -> None:
    """MySQL's 0000-00-00 is no date."""
    add_user(crm, "user", date_entered="0000-00-00 00:00:00")
    with shared.unit_of_work() as stores:
        user = stores.users.get("user")
    assert user is not None
    assert user.date_entered is None


@pytest.fixture
def writable(crm: SiteDatabase, shared: Database) -> Iterator[Database]:
    """The adopted database with leave to change users."""
    database = Database(crm.url, sharing=Sharing(may_write_users=True))
    assert schema.is_adopted(shared)
    yield database
    database.dispose()


def test_users_are_never_written_unless_that_is_allowed(
    crm: SiteDatabase, shared: Database, writable: Database
) -> None:
    """Adding and changing a user is refused, by the setting's name, and nothing is written, unless it is allowed."""
    add_user(crm, "user", status="Active")

    def change(database: Database) -> None:
        with database.unit_of_work() as stores:
            user = stores.users.get("user")
            assert user is not None
            user.status = "Inactive"

    def add(database: Database) -> None:
        with database.unit_of_work() as stores:
            stores.users.add(User(id="new", user_name="new"))

    before = stored(crm, "users", "user")
    for work in (change, add):
        with pytest.raises(StartupError, match="CRM_OAUTH_SUITECRM_WRITE_USERS"):
            work(shared)
    assert stored(crm, "users", "user") == before
    for work in (change, add):
        work(writable)
    assert stored(crm, "users", "user")["status"] == "Inactive"
    assert stored(crm, "users", "new")["user_name"] == "new"


@pytest.mark.parametrize("database_url", ["sqlite", "mariadb"], indirect=True)
def test_a_database_of_our_own_is_not_affected(database_url: str) -> None:
    """There expiry is UTC whatever the zone of some SuiteCRM, and users are ours to write."""
    database = Database(database_url, sharing=Sharing(PAST.astimezone().tzinfo or UTC))
    schema.upgrade(database)
    assert not schema.is_adopted(database)
    with database.unit_of_work() as stores:
        stores.users.add(User(id="user", user_name="jo"))
        stores.tokens.add(Token(id="t", access_token_expires=ENTERED))
    with database.connection() as connection:
        expires = connection.scalar(text("SELECT access_token_expires FROM oauth2tokens"))
    assert str(expires).startswith("2026-03-14 15:09:26")
    assert as_local(ENTERED) == "2026-03-14 16:09:26"
    database.dispose()


def test_sessions_without_a_date_are_listed_once(crm: SiteDatabase, shared: Database) -> None:
    """Wherever pages end, each session is listed once, those of 0000-00-00 and of NULL last."""
    for row_id, entered in {
        "a": "0000-00-00 00:00:00",
        "b": as_utc(ENTERED),
        "c": None,
        "d": "0000-00-00 00:00:00",
    }.items():
        add_token(crm, row_id, date_entered=entered)
    listed: list[Token] = []
    with shared.unit_of_work() as stores:
        while page := stores.tokens.list(TokenFilter(), limit=1, after=listed[-1] if listed else None):
            listed += page
    assert [row.id for row in listed] == ["b", "d", "c", "a"]

"""SuiteCRM's own database is adopted: our tables come into it, and its own stay as they are."""

import json

import pytest
from sqlalchemy import inspect, make_url, text

from crm_oauth.store.models import Base
from crm_oauth.store.sharing import VERSION_TABLE
from tests.cli.conftest import Installation
from tests.suitecrm.shared.conftest import LATER, OLDEST
from tests.suitecrm.site_database import SiteDatabase, checksums
from tests.suitecrm.site_rows import add_client, add_token, add_user

SUITECRM = ("oauth2clients", "oauth2tokens", "users")
OURS = {VERSION_TABLE, *Base.metadata.tables} - set(SUITECRM)


@pytest.fixture(autouse=True)
def _rows(crm: SiteDatabase) -> None:
    add_client(crm, "client")
    add_user(crm, "user")
    add_token(crm, "session")


def tables(database: SiteDatabase) -> set[str]:
    """Return the names of all tables."""
    with database.connection() as connection:
        return set(connection.scalars(text("SHOW TABLES")))


def definitions(database: SiteDatabase) -> list[str]:
    """Return how SuiteCRM's tables are made, by the database's own account."""
    with database.connection() as connection:
        return [str(connection.execute(text(f"SHOW CREATE TABLE {name}")).one()[1]) for name in SUITECRM]


def adopt(empty: Installation, database: SiteDatabase, *options: str) -> str:
    """Run the command, which must succeed, and return what it told."""
    ended = empty.run("db", "adopt", *options, DATABASE_URL=database.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_suitecrms_tables_stay_as_they_are(empty: Installation, crm: SiteDatabase) -> None:
    """Only our own tables are made; no definition and no row of SuiteCRM's changes, the second time neither."""
    before = definitions(crm), checksums(crm)
    for told in ("Tables made: crm_oauth_admin_sessions, crm_oauth_audit,", "Tables made: none"):
        assert told in adopt(empty, crm)
        assert (definitions(crm), checksums(crm)) == before
        assert tables(crm) == OURS | set(SUITECRM)
    assert "is current" in empty.run("db", "check", DATABASE_URL=crm.url).stdout


def test_what_is_made_is_in_the_trail(empty: Installation, crm: SiteDatabase) -> None:
    """The trail tells of the adoption and of the indexes, once: a run that makes nothing is no act."""
    for _ in range(2):
        adopt(empty, crm, "--with-indexes")
    exported = empty.run("audit", "export", DATABASE_URL=crm.url).stdout
    acts = [json.loads(line) for line in exported.splitlines()]
    assert [act["event"] for act in acts] == ["database_adopted", "indexes_made"]
    assert acts[0]["detail"] == f"made: {len(OURS)}"
    assert all(act["actor"].startswith("cli:") for act in acts)


def test_a_dry_run_does_nothing(empty: Installation, crm: SiteDatabase) -> None:
    """`--dry-run` tells what would be made, indexes too, and makes nothing."""
    before = definitions(crm)
    told = adopt(empty, crm, "--dry-run", "--with-indexes")
    assert "Tables to be made: crm_oauth_admin_sessions, crm_oauth_audit," in told
    assert "To be done: CREATE INDEX ix_oauth2tokens_access_token ON oauth2tokens (access_token(80))" in told
    assert tables(crm) == set(SUITECRM)
    assert definitions(crm) == before


@pytest.mark.parametrize("crm", OLDEST, indirect=True)
def test_columns_of_the_oldest_age(empty: Installation, crm: SiteDatabase) -> None:
    """The columns tell the version, by the profiles' account, and what is done without is named."""
    told = adopt(empty, crm)
    assert "columns of SuiteCRM 7.10.0 to 7.10.1." in told
    assert "Done without: oauth2clients.allowed_grant_type, " in told


@pytest.mark.parametrize("crm", LATER, indirect=True)
def test_columns_of_a_later_age(empty: Installation, crm: SiteDatabase) -> None:
    """Tables that lack nothing are told to be those of every later version."""
    told = adopt(empty, crm)
    assert "columns of SuiteCRM 7.10.2 to 7.10.9; SuiteCRM 7.10.10" in told
    assert "Done without" not in told


def test_indexes_are_added_when_asked_for(empty: Installation, crm: SiteDatabase) -> None:
    """`--with-indexes` adds those that are missing, once, and rows stay as they are."""
    assert "add them with --with-indexes" in adopt(empty, crm)
    before = checksums(crm)
    assert "Done: CREATE INDEX ix_oauth2tokens_refresh_token" in adopt(empty, crm, "--with-indexes")
    assert "CREATE INDEX" not in adopt(empty, crm, "--with-indexes")
    assert checksums(crm) == before
    with crm.connection() as connection:
        plan = connection.execute(text("EXPLAIN SELECT * FROM oauth2tokens WHERE access_token = 'access-session'"))
        assert plan.mappings().one()["key"] == "ix_oauth2tokens_access_token"


def test_an_index_of_the_site_is_enough(empty: Installation, crm: SiteDatabase) -> None:
    """A look-up that an index of another name serves gets no second one: SuiteCRM has one of user names."""
    crm.execute("CREATE INDEX idx_user_name ON users (user_name, is_group, status)")
    assert "ix_users_user_name" not in adopt(empty, crm)


def indexes(database: SiteDatabase) -> dict[str | None, list[str | None]]:
    """Return the columns of each index that tokens have."""
    with database.connection() as connection:
        return {each["name"]: each["column_names"] for each in inspect(connection).get_indexes("oauth2tokens")}


@pytest.mark.parametrize("crm", OLDEST[:1], indirect=True)
def test_an_index_waits_for_its_columns(empty: Installation, crm: SiteDatabase) -> None:
    """An index is left out while the tables lack a column of it, and made once they have them all."""
    adopt(empty, crm, "--with-indexes")
    before = indexes(crm)
    assert "ix_oauth2tokens_assigned_user_id" not in before
    assert before["ix_oauth2tokens_entered"] == ["date_entered", "id"]
    assert "No index is missing" in adopt(empty, crm, "--with-indexes")
    crm.execute("ALTER TABLE oauth2tokens ADD assigned_user_id char(36) NULL")
    adopt(empty, crm, "--with-indexes")
    wanted = {"ix_oauth2tokens_assigned_user_id": ["assigned_user_id", "date_entered", "id"]}
    assert indexes(crm) == before | wanted


@pytest.mark.parametrize("crm", LATER[:1], indirect=True)
def test_an_index_of_other_columns_is_replaced(empty: Installation, crm: SiteDatabase) -> None:
    """Where an index of that name is on other columns, as an older program made it, it is made anew, once."""
    for name in ("assigned_user_id", "entered"):
        crm.execute(f"CREATE INDEX ix_oauth2tokens_{name} ON oauth2tokens (date_entered, id)")
    told = adopt(empty, crm, "--with-indexes")
    assert "Done: ALTER TABLE oauth2tokens DROP INDEX ix_oauth2tokens_assigned_user_id, ADD INDEX" in told
    assert "DROP INDEX ix_oauth2tokens_entered" not in told
    assert indexes(crm)["ix_oauth2tokens_assigned_user_id"] == ["assigned_user_id", "date_entered", "id"]
    assert "No index is missing" in adopt(empty, crm, "--with-indexes")


def test_an_account_that_may_not_alter_suitecrms_tables(empty: Installation, crm: SiteDatabase) -> None:
    """The right to create tables is enough; without that to make indexes these are refused in a sentence."""
    name = make_url(crm.url).database
    crm.execute("CREATE OR REPLACE USER modest@localhost")
    crm.execute("CREATE OR REPLACE USER modest@'127.0.0.1'")
    for host in ("localhost", "127.0.0.1"):
        crm.execute(f"GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON {name}.* TO modest@'{host}'")
    before = definitions(crm)
    url = make_url(crm.url).set(username="modest").render_as_string()
    assert empty.run("db", "adopt", DATABASE_URL=url).returncode == 0
    assert "INDEX command denied" in empty.refusal("db", "adopt", "--with-indexes", DATABASE_URL=url)
    assert definitions(crm) == before


def test_what_is_no_suitecrm_is_refused(empty: Installation, crm: SiteDatabase) -> None:
    """A database that lacks a table or a column of every version is told by what it lacks."""
    crm.execute("ALTER TABLE users DROP COLUMN portal_only")
    assert "lacks users.portal_only." in empty.refusal("db", "adopt", DATABASE_URL=crm.url)
    crm.execute("DROP TABLE oauth2clients")
    assert "lacks oauth2clients, users.portal_only." in empty.refusal("db", "adopt", DATABASE_URL=crm.url)
    assert tables(crm) == {"oauth2tokens", "users"}


@pytest.mark.parametrize("database_url", ["sqlite", "mariadb"], indirect=True)
def test_a_database_of_our_own_is_refused(empty: Installation, database_url: str) -> None:
    """What crm-oauth made itself cannot be adopted, nor can a kind that SuiteCRM does not use."""
    assert empty.run("init", DATABASE_URL=database_url).returncode == 0
    complaint = empty.refusal("db", "adopt", DATABASE_URL=database_url)
    assert "crm-oauth's own" in complaint or "MySQL" in complaint


def test_nothing_else_touches_suitecrms_tables(empty: Installation, crm: SiteDatabase) -> None:
    """`db upgrade` and `init` leave a database of SuiteCRM's alone and name the command that adopts it."""
    for command in (("db", "upgrade"), ("init",)):
        assert "crm-oauth db adopt" in empty.refusal(*command, DATABASE_URL=crm.url)
    assert tables(crm) == set(SUITECRM)


@pytest.mark.parametrize("command", ["adopt", "upgrade"])
def test_an_adoption_that_was_cut_off_is_completed(empty: Installation, crm: SiteDatabase, command: str) -> None:
    """Whatever a killed adoption left behind, or an older program, the next one makes the rest."""
    before = definitions(crm)
    adopt(empty, crm)
    crm.execute("DROP TABLE crm_oauth_clients")
    crm.execute("UPDATE crm_oauth_version SET version_num = '0001'")
    assert "crm-oauth db upgrade" in empty.refusal("db", "check", DATABASE_URL=crm.url)
    assert empty.run("db", command, DATABASE_URL=crm.url).returncode == 0
    assert tables(crm) == OURS | set(SUITECRM)
    assert definitions(crm) == before


@pytest.mark.parametrize("crm", LATER[:1], indirect=True)
def test_what_is_not_shared_yet_is_told(empty: Installation, crm: SiteDatabase) -> None:
    """Before, `doctor` and `db check` name the command that shares the database, and not one that would refuse to."""
    for command in (["doctor"], ["db", "check"]):
        ended = empty.run(*command, DATABASE_URL=crm.url)
        assert ended.returncode == 1
        assert "crm-oauth db adopt" in ended.stdout + ended.stderr
        assert "db upgrade" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("crm", LATER[:1], indirect=True)
@pytest.mark.parametrize("command", ["rotate", "rotate-encryption"])
def test_keys_that_php_has_too_are_not_rotated_unawares(ready: Installation, crm: SiteDatabase, command: str) -> None:
    """In a shared database a rotation, such as a timer's, is refused and changes no file, unless PHP is thought of."""
    adopt(ready, crm)
    keys = ready.folder / "var" / "keys"
    before = {path: path.read_bytes() for path in keys.iterdir()}
    assert "--beside-suitecrm" in ready.refusal("keys", command, DATABASE_URL=crm.url)
    assert {path: path.read_bytes() for path in keys.iterdir()} == before
    assert ready.run("keys", command, "--beside-suitecrm", DATABASE_URL=crm.url).returncode == 0
    assert {path: path.read_bytes() for path in before} != before

"""`crm-oauth import suitecrm` again: sessions that ended meanwhile, and runs that were cut off.

No text that the site's character set could change matters here, so one of the two is enough.
"""

import subprocess
import time
from datetime import timedelta

import pytest
from sqlalchemy import make_url, text

from crm_oauth.cli.database import TOKENS
from crm_oauth.store.loading import missing_indexes
from crm_oauth.store.ports import TokenFilter
from tests.cli.conftest import SCRIPT, Installation
from tests.cli.terminal import converse
from tests.suitecrm.conftest import Import
from tests.suitecrm.site_database import SiteDatabase
from tests.suitecrm.site_rows import NOW, SOON, add_client, add_token, as_local
from tests.support.database_servers import DatabaseServer
from tests.support.new_tokens import new_token

pytestmark = pytest.mark.parametrize("site_database", ["utf8mb4"], indirect=True)


@pytest.mark.parametrize("end", ["deleted = 1", "token_is_revoked = 1"])
def test_what_ended_there_ends_here(importing: Import, end: str) -> None:
    """A session revoked, logged out or refreshed there since the last run is dead here too, and stays so."""
    add_token(importing.site, "session")
    importing.run()
    importing.site.execute(f"UPDATE oauth2tokens SET {end}")  # noqa: S608 - a text of this file
    assert importing.run()[0]["oauth2tokens"]["changed"] == 1
    assert importing.tokens()["session"]["token_is_revoked"] is True
    before = importing.rows()
    assert importing.run()[0]["oauth2tokens"]["kept"] == 1
    assert importing.rows() == before


def test_the_end_reaches_what_came_of_the_session(quick_import: Import) -> None:
    """A session refreshed here and then revoked there ends with the pair that it has by now."""
    add_client(quick_import.site, "client")
    add_token(quick_import.site, "session")
    quick_import.run()
    with quick_import.database.unit_of_work() as stores:
        old = stores.tokens.find_refreshable("refresh-session")
        client = stores.clients.get("client")
        assert old
        assert client
        successor = new_token(id="next", client="client", refresh_token_expires=SOON)
        assert stores.tokens.refresh(old, client, successor, now=NOW)
    quick_import.site.execute("UPDATE oauth2tokens SET token_is_revoked = 1")
    quick_import.run()
    assert quick_import.tokens()["next"]["token_is_revoked"] is True


def test_what_ended_here_stays_ended(quick_import: Import) -> None:
    """A session that was revoked here is not revived, though SuiteCRM still thinks that it lives."""
    add_token(quick_import.site, "session")
    quick_import.run()
    with quick_import.database.unit_of_work() as stores:
        assert stores.tokens.revoke(TokenFilter(row_id="session"), now=NOW) == 1
    before = quick_import.rows()
    assert quick_import.run()[0]["oauth2tokens"]["kept"] == 1
    assert quick_import.rows() == before


def _add_many(site: SiteDatabase, number: int) -> None:
    """Insert sessions whose ids are not in the order of their insertion."""
    statement = text(
        "INSERT INTO oauth2tokens (id, deleted, client, access_token, refresh_token, refresh_token_expires)"
        " SELECT MD5(seq), 0, 'client', CONCAT('access-', seq), CONCAT('refresh-', seq), :until FROM seq_1_to_:number"
    )
    with site.connection() as connection:
        connection.execute(text(str(statement).replace(":number", str(number))), {"until": as_local(SOON)})


@pytest.mark.parametrize("number", [4999, 5000, 5001, 10_500])
def test_pages_meet_without_gap_or_overlap(quick_import: Import, number: int) -> None:
    """Any number of rows arrives, each once."""
    _add_many(quick_import.site, number)
    assert quick_import.run()[0]["oauth2tokens"]["added"] == number
    assert len(quick_import.tokens()) == number


def test_a_run_that_is_killed_loses_and_doubles_nothing(importing: Import) -> None:
    """Killed with some rows copied, and run again, it ends with every row once."""
    number = 20_000
    _add_many(importing.site, number)
    process = subprocess.Popen(
        [SCRIPT, "import", "suitecrm", "--from", importing.site.url, "--timezone", "Europe/Berlin"],
        cwd=importing.installation.folder,
        env=importing.installation.environment(DATABASE_URL=importing.target),
        stdout=subprocess.DEVNULL,
    )
    while not importing.any_tokens() and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    assert process.wait() != 0, "it was through before it could be killed"
    copied = len(importing.tokens())
    assert 0 < copied < number
    with importing.database.connection() as connection:
        missing = {index.name for index in missing_indexes(connection, TOKENS)}
    assert missing == {index.name for index in TOKENS.indexes}
    told = importing.installation.refusal("db", "check", DATABASE_URL=importing.target)
    assert "ix_oauth2tokens_access_token" in told
    assert "db upgrade" in told
    summary, _complaints = importing.run()
    assert summary["oauth2tokens"]["added"] + summary["oauth2tokens"]["kept"] == number
    assert summary["oauth2tokens"]["kept"] >= copied
    tokens = importing.tokens().values()
    assert len({token["access_token"] for token in tokens}) == len(tokens) == number
    assert importing.installation.run("db", "check", DATABASE_URL=importing.target).returncode == 0


def test_indexes_that_a_killed_run_left_out_are_missed(quick_import: Import) -> None:
    """The doctor warns of them, and an upgrade makes them without another import."""
    settings = {"DATABASE_URL": quick_import.target}
    with quick_import.database.connection() as connection:
        for index in TOKENS.indexes:
            index.drop(connection)
    assert "warning  indexes: Look-ups" in quick_import.installation.run("doctor", **settings).stdout
    assert quick_import.installation.run("db", "upgrade", **settings).returncode == 0
    with quick_import.database.connection() as connection:
        assert not missing_indexes(connection, TOKENS)
    assert "indexes:" not in quick_import.installation.run("doctor", **settings).stdout


def test_an_account_that_may_not_drop_indexes_keeps_them(
    quick_import: Import, empty: Installation, mariadb_server: DatabaseServer
) -> None:
    """Rows are copied all the same by an account that may write rows and no more."""
    add_token(quick_import.site, "session")
    url = make_url(mariadb_server.new_database())
    mariadb_server.give_schema(url.render_as_string())
    target = Import(empty, quick_import.site, url.render_as_string())
    site = quick_import.site
    site.execute("CREATE OR REPLACE USER writer@'127.0.0.1'")
    site.execute(f"GRANT SELECT, INSERT, UPDATE ON {url.database}.* TO writer@'127.0.0.1'")
    target.target = url.set(username="writer").render_as_string()
    assert target.run()[0]["oauth2tokens"]["added"] == 1
    with target.database.connection() as connection:
        assert not missing_indexes(connection, TOKENS)
    target.database.dispose()
    mariadb_server.drop_database(url.render_as_string())


def test_a_terminal_shows_how_far_it_is(quick_import: Import) -> None:
    """On a terminal there are a bar for each table and a table of what was done."""
    add_client(quick_import.site, "client")
    add_token(quick_import.site, "session", access_until=SOON + timedelta(days=1))
    (quick_import.installation.folder / ".env").write_text(f"CRM_OAUTH_DATABASE_URL={quick_import.target}\n")
    command = ["import", "suitecrm", "--from", quick_import.site.url]
    status, shown = converse(quick_import.installation, *command, answers={})
    assert status == 0
    assert "100%" in shown
    assert "not_needed" in shown

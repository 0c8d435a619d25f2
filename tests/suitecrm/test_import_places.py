"""`crm-oauth import suitecrm --from`: where from, and where to."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.cli.conftest import Installation
from tests.cli.terminal import converse
from tests.suitecrm.conftest import Import
from tests.suitecrm.site_database import make_site_database
from tests.suitecrm.site_rows import add_client
from tests.support.database_servers import DatabaseServer


def _write_config(folder: Path, **dbconfig: object) -> None:
    lines = "".join(f"    '{key}' => '{value}',\n" for key, value in dbconfig.items())
    folder.mkdir()
    (folder / "config.php").write_text(f"<?php\n$sugar_config = array (\n  'dbconfig' => array (\n{lines}  ),\n);\n")


def test_a_folder_tells_where_its_database_is(quick_import: Import) -> None:
    """Given SuiteCRM's folder, the address and account come from config.php, and no password is an argument."""
    add_client(quick_import.site, "client")
    url = make_url(quick_import.site.url)
    _write_config(
        quick_import.installation.folder / "crm",
        db_type="mysql",
        db_host_name=url.host,
        db_port=url.port,
        db_user_name=url.username,
        db_password="",
        db_name=url.database,
    )
    ended = quick_import.installation.run("import", "suitecrm", "--from", "crm", DATABASE_URL=quick_import.target)
    assert ended.returncode == 0, ended.stderr
    assert list(quick_import.clients()) == ["client"]


@pytest.fixture
def reader(quick_import: Import) -> str:
    """The URL, without password, of an account that may read the three tables and no more; the site has a client."""
    add_client(quick_import.site, "client")
    url = make_url(quick_import.site.url).set(drivername="mariadb", username="reader")
    quick_import.site.execute("CREATE OR REPLACE USER reader@'127.0.0.1' IDENTIFIED BY 'let@me:in'")
    for table in ("oauth2clients", "oauth2tokens", "users"):
        quick_import.site.execute(f"GRANT SELECT ON {url.database}.{table} TO reader@'127.0.0.1'")
    return url.render_as_string()


def test_the_password_is_a_setting(quick_import: Import, reader: str) -> None:
    """SELECT on the three tables is all that the copy needs, and the password comes from the environment."""
    settings = {"DATABASE_URL": quick_import.target, "IMPORT_PASSWORD": "let@me:in"}
    ended = quick_import.installation.run("import", "suitecrm", "--from", reader, **settings)
    assert ended.returncode == 0, ended.stderr
    assert list(quick_import.clients()) == ["client"]


def test_the_password_is_on_standard_input(quick_import: Import, reader: str) -> None:
    """With an option the password is read from standard input, and goes before that of the environment."""
    settings = {"DATABASE_URL": quick_import.target, "IMPORT_PASSWORD": "wrong"}
    command = ["import", "suitecrm", "--from", reader, "--password-stdin"]
    ended = quick_import.installation.run(*command, stdin="let@me:in\n", **settings)
    assert ended.returncode == 0, ended.stderr
    assert list(quick_import.clients()) == ["client"]


def test_a_terminal_asks_for_the_password_once(quick_import: Import, reader: str) -> None:
    """On a terminal the same option asks, shows nothing of the answer, and wants no confirmation."""
    (quick_import.installation.folder / ".env").write_text(f"CRM_OAUTH_DATABASE_URL={quick_import.target}\n")
    command = ["import", "suitecrm", "--from", reader, "--password-stdin"]
    status, shown = converse(quick_import.installation, *command, answers={"Password: ": "let@me:in"})
    assert status == 0, shown
    assert "let@me" not in shown
    assert list(quick_import.clients()) == ["client"]


def test_a_wrong_password_is_told(quick_import: Import, reader: str) -> None:
    """An account that is not let in is told so in one line, without its password."""
    command = ["import", "suitecrm", "--from", reader]
    complaint = quick_import.installation.refusal(*command, DATABASE_URL=quick_import.target, IMPORT_PASSWORD="letmein")
    assert "Access denied" in complaint
    assert "letmein" not in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("url", ["mysql://suite:letmein@localhost/crm", "mysql://suite@localhost/crm?password=letmein"])
def test_a_password_is_never_an_argument(ready: Installation, url: str) -> None:
    """A URL with a password is refused before anything is tried, with what to do instead."""
    complaint = ready.refusal("import", "suitecrm", "--from", url, status=2)
    assert "CRM_OAUTH_IMPORT_PASSWORD" in complaint
    assert "letmein" not in complaint


def test_no_part_of_an_unencoded_password_is_told(ready: Installation) -> None:
    """A URL with a password that cannot be read is refused without any of it, with where a password belongs."""
    complaint = ready.refusal("import", "suitecrm", "--from", "mysql://suite:let@me/in@localhost/crm")
    assert "CRM_OAUTH_IMPORT_PASSWORD" in complaint
    assert "let" not in complaint
    assert "me/in" not in complaint


def test_a_password_does_not_go_with_a_folder(ready: Installation) -> None:
    """A folder has a password of its own."""
    assert "config.php" in ready.refusal("import", "suitecrm", "--from", "crm", "--password-stdin", status=2)


def test_a_folder_with_another_kind_of_database_is_told(ready: Installation) -> None:
    """A site on SQL Server cannot be copied."""
    _write_config(ready.folder / "crm", db_type="mssql")
    assert "no MySQL or MariaDB" in ready.refusal("import", "suitecrm", "--from", "crm")


def test_a_folder_that_is_no_suitecrm_is_told(ready: Installation) -> None:
    """A wrong path is one line."""
    assert "nowhere is no SuiteCRM" in ready.refusal("import", "suitecrm", "--from", "nowhere")


@pytest.mark.parametrize("url", ["sqlite:///other.db", "nonsense://x/y", "mysql://host:port/x", "://"])
def test_another_kind_of_database_is_told(ready: Installation, url: str) -> None:
    """Only MySQL and MariaDB are read."""
    ready.refusal("import", "suitecrm", "--from", url)
    assert not (ready.folder / "other.db").exists()


def test_a_database_that_is_no_suitecrm_is_told(ready: Installation, mariadb_server: DatabaseServer) -> None:
    """Tables that are missing are named."""
    url = mariadb_server.new_database()
    complaint = ready.refusal("import", "suitecrm", "--from", url)
    assert "it lacks oauth2clients, users, oauth2tokens" in complaint
    mariadb_server.drop_database(url)


def test_a_database_that_is_away_is_told_without_its_password(ready: Installation) -> None:
    """One line says that it is away, and not how to get in."""
    url = "mysql://suite@127.0.0.1:9/crm"
    complaint = ready.refusal("import", "suitecrm", "--from", url, IMPORT_PASSWORD="letmein")
    assert "unavailable" in complaint
    assert "letmein" not in complaint


def test_a_database_is_not_copied_into_itself(ready: Installation, mariadb_server: DatabaseServer) -> None:
    """The database of the settings is recognised, by whatever name."""
    url = mariadb_server.new_database()
    assert ready.run("db", "upgrade", DATABASE_URL=url).returncode == 0
    other = make_url(url).set(host="localhost").render_as_string(hide_password=False)
    assert "very database" in ready.refusal("import", "suitecrm", "--from", other, DATABASE_URL=url)
    mariadb_server.drop_database(url)


def test_a_shared_database_is_not_filled(ready: Installation, mariadb_server: DatabaseServer) -> None:
    """A database that is SuiteCRM's own, adopted, takes no copy of another one."""
    shared, other = make_site_database(mariadb_server), make_site_database(mariadb_server)
    assert ready.run("db", "adopt", DATABASE_URL=shared.url).returncode == 0
    complaint = ready.refusal("import", "suitecrm", "--from", other.url, DATABASE_URL=shared.url)
    assert "SuiteCRM's own" in complaint
    assert complaint.count("\n") == 1
    for site in (shared, other):
        mariadb_server.drop_database(site.url)


@pytest.mark.parametrize("zone", ["Berlin", "../Berlin", "", "CEST+1", "\0"])
def test_an_unknown_time_zone_is_wrong_usage(ready: Installation, zone: str) -> None:
    """Only names of the IANA database are taken."""
    complaint = ready.refusal("import", "suitecrm", "--from", "x", "--timezone", zone, status=2)
    assert "time zone" in complaint

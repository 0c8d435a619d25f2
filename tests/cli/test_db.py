"""`crm-oauth db`, `doctor` and `init` beside programs that are older or newer."""

import sqlite3
from contextlib import closing

import pytest

from crm_oauth.store.schema import head_revision
from tests.cli.conftest import Installation


def _rewrite(installation: Installation, *statements: str, values: tuple[str, ...] = ()) -> None:
    with closing(sqlite3.connect(installation.folder / "var/crm-oauth.db")) as database, database:
        for statement in statements:
            database.execute(statement, values)


def _newer(installation: Installation, oldest_program: str) -> None:
    """Do as the migration of a newer program would."""
    _rewrite(installation, "UPDATE alembic_version SET version_num = '9999'")
    _rewrite(installation, "UPDATE crm_oauth_schema SET oldest_program = ?", values=(oldest_program,))


@pytest.mark.parametrize("command", ["init", "db upgrade", "db check", "doctor", "clients list"])
def test_a_schema_that_was_only_expanded_is_good(ready: Installation, command: str) -> None:
    """A newer schema that leaves this program alone is as good as its own, and is left as it is."""
    _newer(ready, head_revision())
    ready.told(*command.split())
    assert "revision 9999 is newer than this program, which may go on" in ready.told("db", "check")


@pytest.mark.parametrize("command", ["init", "db upgrade", "db check", "serve", "clients list"])
@pytest.mark.parametrize("oldest_program", ["9998", ""])
def test_a_schema_for_newer_programs_is_refused(ready: Installation, command: str, oldest_program: str) -> None:
    """A newer schema that this program must not use is refused in one line, by every command."""
    _newer(ready, oldest_program)
    told = ready.refusal(*command.split())
    assert told == "The database's schema is newer than this program, revision 9999; install what made it.\n"


@pytest.mark.parametrize("note", ["DELETE FROM crm_oauth_schema", "DROP TABLE crm_oauth_schema"])
def test_a_newer_schema_without_a_word_is_refused(ready: Installation, note: str) -> None:
    """Where nothing says which programs may use a newer schema, none of the older ones does."""
    _newer(ready, head_revision())
    _rewrite(ready, note)
    assert "newer than this program" in ready.refusal("db", "check")


def test_check_tells_what_an_upgrade_will_do(ready: Installation) -> None:
    """Each step that is to come has a line: what it does, whether servers may go on, and how long it takes."""
    _rewrite(ready, "UPDATE alembic_version SET version_num = '0006'", "DROP TABLE crm_oauth_schema")
    ended = ready.run("db", "check")
    assert ended.returncode == 1
    assert "old, revision 0006; bring it up to date with: crm-oauth db upgrade" in ended.stderr
    header, first, *_more = ended.stdout.splitlines()
    assert header.split("\t") == ["revision", "does", "servers_go_on", "seconds"]
    assert first.split("\t")[::2] == ["0007", "no"]
    doctor = ready.run("doctor").stdout
    assert "upgrade: 0007, about 0 s, stop the servers first: Our own table of how old" in doctor
    ready.told("db", "upgrade")
    assert ready.records("db", "check") == []

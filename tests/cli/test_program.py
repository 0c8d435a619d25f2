"""What holds for every command."""

import os
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from crm_oauth.cli import main
from tests.cli.conftest import Installation


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, (*path, name))


ALL = dict(_commands(main))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    """`--help` of each command and group prints what it is for."""
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    assert (ALL[path].help or "nothing").split()[0] in result.output


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_no_argument_carries_a_secret(path: tuple[str, ...]) -> None:
    """What a command takes about a secret or password is a flag, so that `ps` never shows one."""
    about_secrets = [
        parameter
        for parameter in ALL[path].params
        if any(word in str(parameter.name) for word in ("secret", "password", "key"))
    ]
    assert all(isinstance(parameter, click.Option) and parameter.is_flag for parameter in about_secrets)


def test_the_contract_of_commands_is_kept() -> None:
    """Every command that other programs rely on is there."""
    groups = {
        "clients": "add list show edit rotate-secret delete",
        "users": "add list passwd deactivate activate",
        "tokens": "list revoke purge",
        "profile": "list show check",
        "db": "upgrade check",
    }
    expected = {(group, name) for group, names in groups.items() for name in names.split()}
    assert expected | {("init",), ("serve",), ("doctor",)} <= ALL.keys()


def test_the_version_is_told(empty: Installation) -> None:
    """`--version` names the program and its version."""
    assert empty.run_script("--version").stdout.startswith("crm-oauth, version ")


def test_the_console_script_does_it_all(empty: Installation) -> None:
    """The installed script, given to a shell, makes an installation, a user and a client, and is content with them."""
    for arguments, stdin in (
        (["init"], ""),
        (["users", "add", "anna", "--password-stdin"], "p\n"),
        (["clients", "add", "--name", "n", "--grant", "client_credentials", "--user", "anna"], ""),
        (["tokens", "list"], ""),
        (["profile", "list"], ""),
        (["db", "check"], ""),
        (["doctor"], ""),
    ):
        ended = empty.run_script(*arguments, stdin=stdin)
        assert (ended.returncode, ended.stderr) == (0, ""), arguments
        assert ended.stdout


def test_commands_do_the_same_on_every_database(empty: Installation, database_url: str) -> None:
    """From an empty database to a purge, and with an id used twice, no database behaves in a way of its own."""
    client = ("clients", "add", "--name", "n", "--grant", "client_credentials", "--user", "DEMO", "--id", "c")
    for arguments, status in (
        (("clients", "list"), 1),
        (("init", "--demo"), 0),
        (("init", "--demo"), 0),
        (client, 0),
        (client, 1),
        (("clients", "edit", "c", "--name", "m"), 0),
        (("clients", "delete", "c", "--yes"), 0),
        (client, 1),
        (("users", "deactivate", "Demo"), 0),
        (("tokens", "revoke", "--all"), 0),
        (("tokens", "list"), 0),
        (("tokens", "purge"), 0),
        (("doctor",), 0),
    ):
        ended = empty.run(*arguments, DATABASE_URL=database_url)
        assert ended.returncode == status, ended.stdout + ended.stderr


def test_wrong_usage_has_a_status_of_its_own(empty: Installation) -> None:
    """An unknown command ends with status 2."""
    assert "No such command" in empty.refusal("nonsense", status=2)


@pytest.mark.parametrize("command", ["clients show", "users deactivate", "tokens list --client", "audit tail --user"])
def test_what_is_no_text_is_told(empty: Installation, database_url: str, command: str) -> None:
    """An argument in another encoding than UTF-8 is told in one line, whatever the database's driver makes of it."""
    empty.run("init", DATABASE_URL=database_url)
    told = empty.refusal(*command.split(), os.fsdecode(b"Ren\xe9"), DATABASE_URL=database_url)
    assert told == "An argument or a setting is not UTF-8 text.\n"


def test_all_bad_settings_are_named_at_once(empty: Installation) -> None:
    """An unknown setting and a bad value are both told, each on a line, and the status is 1."""
    ended = empty.run_script("serve", FOO="1", WORKERS="many")
    assert ended.returncode == 1
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == ["CRM_OAUTH_FOO", "CRM_OAUTH_WORKERS"]


@pytest.mark.parametrize(
    "url",
    [
        "no url",
        "oracle://host/name",
        "sqlite:///missing/folder/test.db",
        "mysql+pymysql://user:pa55word@127.0.0.1:1/name",
        "postgresql+psycopg://user:pa55word@127.0.0.1:1/name",
    ],
)
def test_a_database_that_is_away_is_one_clear_line(empty: Installation, url: str) -> None:
    """A database that cannot be used is told in one line without its password, and the status is 1."""
    [line] = empty.refusal("users", "list", DATABASE_URL=url).splitlines()
    assert line.startswith("CRM_OAUTH_DATABASE_URL: ") or "unavailable" in line
    assert "pa55word" not in line


def test_missing_tables_are_told_with_their_remedy(empty: Installation) -> None:
    """An empty database makes a command name the one that mends it."""
    (empty.folder / "test.db").touch()
    assert "crm-oauth db upgrade" in empty.refusal("clients", "list", DATABASE_URL="sqlite:///test.db")


def test_the_schema_is_checked_and_upgraded(ready: Installation) -> None:
    """`db check` fails before `db upgrade` and passes after it."""
    new = "sqlite:///new.db"
    (ready.folder / "new.db").touch()
    assert "crm-oauth db upgrade" in ready.refusal("db", "check", DATABASE_URL=new)
    assert ready.run("db", "upgrade", DATABASE_URL=new).returncode == 0
    assert ready.run("db", "check", DATABASE_URL=new).returncode == 0

"""What is different on a terminal: questions, tables, no stray control characters."""

import pytest

from crm_oauth.compat.client_secrets import verify_client_secret
from crm_oauth.compat.passwords import verify_user_password
from crm_oauth.store.models import Client, Token
from tests.cli.conftest import Installation
from tests.cli.terminal import converse


def test_a_password_is_asked_for_twice_and_not_shown(with_user: Installation) -> None:
    """`users passwd` asks, repeats the question, and shows no letter of the answer."""
    answers = {"Password: ": "typed p4ssword", "Repeat for confirmation: ": "typed p4ssword"}
    status, shown = converse(with_user, "users", "passwd", "joe", answers=answers)
    assert status == 0
    assert "p4ssword" not in shown
    with with_user.stores() as stores:
        user = stores.users.find_by_name("joe")
    assert user
    assert verify_user_password("typed p4ssword", user.user_hash)


def test_a_secret_is_asked_for_on_a_terminal(ready: Installation) -> None:
    """`--secret-stdin` on a terminal asks as well."""
    command = ("clients", "add", "--name", "n", "--grant", "password", "--id", "c", "--secret-stdin")
    status, shown = converse(ready, *command, answers={"Secret: ": "typ3d", "Repeat for confirmation: ": "typ3d"})
    assert status == 0
    assert "typ3d" not in shown
    with ready.stores() as stores:
        client = stores.clients.get("c")
    assert client
    assert verify_client_secret("typ3d", client.secret, rounds=4)


def test_deleting_is_confirmed(ready: Installation) -> None:
    """`clients delete` asks first; only yes, or `--yes`, deletes."""
    ready.told("clients", "add", "--name", "Portal", "--grant", "password", "--id", "c")
    assert converse(ready, "clients", "delete", "c", answers={"[y/N]: ": "n"})[0] == 1
    assert len(ready.records("clients", "list")) == 1
    assert converse(ready, "clients", "delete", "c", "--yes", answers={})[0] == 0
    assert ready.records("clients", "list") == []


def test_records_are_a_table_on_a_terminal(ready: Installation) -> None:
    """A terminal gets a table, and a name cannot steer it; a pipe gets lines without either."""
    with ready.stores() as stores:
        stores.clients.add(Client(id="c", name="evil\x1b]0;owned\x07[red]name"))
    status, shown = converse(ready, "clients", "list", answers={})
    assert status == 0
    assert "│" in shown
    assert "[red]name" in shown
    assert "\x1b]0;" not in shown
    piped = ready.told("clients", "list")
    assert "\x1b" not in piped
    assert [line.count("\t") for line in piped.splitlines()] == [7, 7]


@pytest.mark.parametrize("columns", [80, 120, 240])
def test_ids_are_whole_on_every_terminal(with_user: Installation, columns: int) -> None:
    """However narrow the terminal, no record is cut: what the next command needs can be copied from one line."""
    client = with_user.records("clients", "add", "--name", "n", "--grant", "client_credentials", "--user", "joe")["id"]
    row = "0b7e2a51-6f0c-4b8e-9d57-5d1f3c8e7a42"
    with with_user.stores() as stores:
        stores.tokens.add(Token(id=row, client=client, assigned_user_id="user-joe"))
    [key] = with_user.records("keys", "list")
    for group, ids in (("clients", [client]), ("tokens", [row, client, "user-joe"]), ("keys", [key["kid"]])):
        shown = converse(with_user, group, "list", answers={}, columns=columns)[1]
        assert all(each in shown for each in ids)
        assert "…" not in shown
        assert ("│" in shown) is (columns > 200 or (group, columns) == ("keys", 120))


def test_no_records_are_told_on_a_narrow_terminal(ready: Installation) -> None:
    """Where there is nothing to list, the names of the columns say so."""
    assert "confid" in converse(ready, "clients", "list", answers={}, columns=80)[1]


def test_slow_work_shows_that_it_goes_on(ready: Installation) -> None:
    """`tokens purge` shows a progress line on a terminal, and none elsewhere."""
    assert "rows purged" in converse(ready, "tokens", "purge", answers={})[1]
    assert ready.run("tokens", "purge").stderr == ""

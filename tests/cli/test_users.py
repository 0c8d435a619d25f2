"""`crm-oauth users`."""

from datetime import UTC, datetime, timedelta

import pytest

from crm_oauth.compat.passwords import verify_user_password
from crm_oauth.store.models import Token, User
from crm_oauth.store.ports import TokenFilter
from tests.cli.conftest import Installation


def _stored(installation: Installation, user_name: str) -> User:
    with installation.stores() as stores:
        user = stores.users.find_by_name(user_name)
    assert user
    return user


def test_a_new_user_may_log_in(with_user: Installation) -> None:
    """`add` stores an active user, no administrator, whose password is the line that was read."""
    user = _stored(with_user, "joe")
    assert (user.id, user.status, user.is_admin, user.standing.may_authenticate) == ("user-joe", "Active", False, True)
    assert verify_user_password("first password", user.user_hash)
    assert str(user.user_hash).startswith("$2y$")


def test_a_new_user_is_told(ready: Installation) -> None:
    """`add --json` prints the id that was made and the name; `--admin` makes an administrator."""
    told = ready.records("users", "add", "anna", "--password-stdin", "--admin", stdin="p")
    assert told == {"id": _stored(ready, "anna").id, "user_name": "anna"}
    assert _stored(ready, "anna").is_admin


@pytest.mark.parametrize("arguments", [("JOE",), ("other", "--id", "user-joe")])
def test_a_name_and_an_id_are_used_once(with_user: Installation, arguments: tuple[str, ...]) -> None:
    """The name of a live user, in any case, and an id in use are refused."""
    assert "already" in with_user.refusal("users", "add", *arguments, "--password-stdin", stdin="p")
    assert len(with_user.records("users", "list")) == 1


@pytest.mark.parametrize("name", ["", "x" * 61, " joe", "joe\t"])
def test_a_bad_name_is_wrong_usage(ready: Installation, name: str) -> None:
    """No name, one longer than the column, and one with blanks at its ends or control characters have status 2."""
    ready.refusal("users", "add", name, "--password-stdin", status=2, stdin="p")


@pytest.mark.parametrize("command", ["add", "passwd"])
def test_a_password_is_read_on_purpose_only(with_user: Installation, command: str) -> None:
    """Without a terminal and without `--password-stdin` standard input is left alone."""
    assert "--password-stdin" in with_user.refusal("users", command, "joe", status=2, stdin="p")


@pytest.mark.parametrize("password", ["", "\n", "two\nlines", "\r\n"])
def test_a_bad_password_is_refused(with_user: Installation, password: str) -> None:
    """An empty password, or more than one line, is a fault, and the old one stays."""
    with_user.refusal("users", "passwd", "joe", "--password-stdin", stdin=password)
    assert verify_user_password("first password", _stored(with_user, "joe").user_hash)


def test_a_password_is_changed(with_user: Installation) -> None:
    """After `passwd` the new password is good, with its blanks, and the old one is not."""
    with_user.told("users", "passwd", "Joe", "--password-stdin", stdin=" second \n")
    hashed = _stored(with_user, "joe").user_hash
    assert verify_user_password(" second ", hashed)
    assert not verify_user_password("first password", hashed)


def test_a_deactivated_user_loses_every_token(with_user: Installation) -> None:
    """`deactivate` bars the user and revokes their tokens; `activate` lets them in again, without those."""
    with with_user.stores() as stores:
        expires = datetime.now(UTC) + timedelta(hours=1)
        stores.tokens.add(Token(access_token="jti", assigned_user_id="user-joe", access_token_expires=expires))
    assert "revoked: 1" in with_user.told("users", "deactivate", "joe")
    assert not _stored(with_user, "joe").standing.may_authenticate
    with_user.told("users", "activate", "joe")
    assert _stored(with_user, "joe").standing.may_authenticate
    with with_user.stores() as stores:
        [token] = stores.tokens.list(TokenFilter(access_token="jti"))
    assert token.token_is_revoked


def test_users_are_listed_without_hashes(with_user: Installation) -> None:
    """`list` tells who there is and whether they may authenticate, and nothing of the password."""
    with_user.told("users", "deactivate", "joe")
    assert with_user.records("users", "list") == [
        {"id": "user-joe", "user_name": "joe", "status": "Inactive", "admin": False, "may_authenticate": False}
    ]
    assert "$2y$" not in with_user.told("users", "list")


@pytest.mark.parametrize("command", ["passwd", "activate", "deactivate"])
def test_an_unknown_user_is_told(ready: Installation, command: str) -> None:
    """A name that nobody has is a fault."""
    option = ["--password-stdin"] if command == "passwd" else []
    assert "no user 'nobody'" in ready.refusal("users", command, "nobody", *option, stdin="p")

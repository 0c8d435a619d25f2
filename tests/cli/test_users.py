"""`crm-oauth users`."""

from datetime import UTC, datetime, timedelta

import pytest

from crm_oauth.compat.passwords import verify_user_password
from crm_oauth.store.admin_sessions import AdminSessionStore
from crm_oauth.store.db import Database
from crm_oauth.store.models import Token, User
from crm_oauth.store.ports import TokenFilter
from crm_oauth.store.unit_of_work import UnitOfWork
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
    assert "user_added detail=administrator " in ready.told("audit", "tail")


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


@pytest.mark.parametrize(("settings", "revoked"), [({}, 1), ({"KEEP_SESSIONS_ON_PASSWORD_CHANGE": "true"}, 0)])
def test_a_new_password_ends_the_tokens(with_user: Installation, settings: dict[str, str], revoked: int) -> None:
    """`passwd` revokes the user's tokens and nobody else's, unless a setting keeps them; it is told how many."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    with with_user.stores() as stores:
        for jti, user_id in (("joes", "user-joe"), ("other", "user-other")):
            stores.tokens.add(Token(access_token=jti, assigned_user_id=user_id, access_token_expires=expires))
    ended = with_user.run("users", "passwd", "joe", "--password-stdin", stdin="second\n", **settings)
    assert ended.stdout == f"The password of joe is set; tokens revoked: {revoked}.\n"
    with with_user.stores() as stores:
        ended_now = {token.access_token for token in stores.tokens.list(TokenFilter()) if token.token_is_revoked}
    assert ended_now == ({"joes"} if revoked else set())
    assert f"password_set detail=sessions revoked: {revoked} user_id=user-joe" in with_user.told("audit", "tail")


def test_suitecrm_takes_a_new_password_for_one_that_a_person_chose(with_user: Installation) -> None:
    """After `passwd` PHP neither asks for another at once nor takes the password for an old one."""
    with with_user.stores() as stores:
        user = stores.users.get("user-joe")
        assert user
        assert user.pwd_last_changed
        user.pwd_last_changed, user.system_generated_password = datetime(2001, 1, 1, tzinfo=UTC), True
    with_user.told("users", "passwd", "joe", "--password-stdin", stdin="second\n")
    user = _stored(with_user, "joe")
    assert user.pwd_last_changed
    assert (user.pwd_last_changed.year > 2001, user.system_generated_password) == (True, False)


def test_a_deactivated_user_is_signed_out_of_the_panel(with_user: Installation) -> None:
    """`deactivate` ends the user's sessions of the panel, which do not come back with `activate`."""
    now = datetime.now(UTC)
    database = Database(f"sqlite:///{with_user.folder}/var/crm-oauth.db")

    def sessions(unit: UnitOfWork) -> AdminSessionStore:
        return AdminSessionStore(unit, idle=timedelta(hours=1), longest=timedelta(hours=1))

    with database.work() as unit:
        name = sessions(unit).begin("user-joe", password_mark="mark", address="192.0.2.1", now=now)
    for command in ("deactivate", "activate"):
        with_user.told("users", command, "joe")
    with database.work() as unit:
        assert sessions(unit).find(name, now=now) is None
    database.dispose()


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

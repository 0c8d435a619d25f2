"""`crm-oauth clients`."""

from datetime import UTC, datetime, timedelta

import pytest

from crm_oauth.compat.client_secrets import verify_client_secret
from crm_oauth.shipped import shipped
from crm_oauth.store.models import Client, Token
from crm_oauth.store.ports import TokenFilter
from tests.cli.conftest import Installation

ADD = ("clients", "add", "--name", "Portal", "--grant")


def _stored(installation: Installation, client_id: str) -> Client:
    with installation.stores() as stores:
        client = stores.clients.get(client_id)
    assert client
    return client


def _verifies(installation: Installation, client_id: str, secret: str) -> bool:
    return verify_client_secret(secret, _stored(installation, client_id).secret, rounds=4)


def test_a_new_client_is_told_with_its_secret(ready: Installation) -> None:
    """`add --json` prints id, secret, name and grant in that order; the secret is the client's, hashed fast."""
    told = ready.records(*ADD, "password")
    assert list(told) == ["id", "secret", "name", "grant"]
    assert (told["name"], told["grant"]) == ("Portal", "password")
    assert _verifies(ready, told["id"], told["secret"])
    assert len(str(_stored(ready, told["id"]).secret)) == 64
    assert _stored(ready, told["id"]).is_confidential


def test_a_new_row_is_what_suitecrm_writes(with_user: Installation) -> None:
    """The columns beside the client's own hold what SuiteCRM's screens store."""
    told = with_user.records(*ADD, "client_credentials", "--user", "JOE")
    row = _stored(with_user, told["id"])
    assert (row.duration_value, row.duration_amount, row.duration_unit) == (60, 1, "minute")
    assert (row.allowed_grant_type, row.assigned_user_id, row.deleted) == ("client_credentials", "user-joe", False)


@pytest.mark.parametrize(("profile", "start"), [("7.10.2", "$2y$10$"), ("sha256.toml", "")])
def test_a_chosen_secret_is_stored_as_the_profile_says(ready: Installation, profile: str, start: str) -> None:
    """`--secret-stdin` takes one line, shows it nowhere, and stores bcrypt or SHA-256."""
    shipped = ready.told("profile", "show", "7.10.2", "--json")
    assert '"chosen_secret_hash": "bcrypt"' in shipped
    _write_sha256_profile(ready)
    ended = ready.run(*ADD, "password", "--secret-stdin", "--id", "c", "--json", stdin=" s3cret \n", PROFILE=profile)
    assert '"secret": null' in ended.stdout
    assert "s3cret" not in ended.stdout + ended.stderr
    assert str(_stored(ready, "c").secret).startswith(start)
    assert len(str(_stored(ready, "c").secret)) == (60 if start else 64)
    assert _verifies(ready, "c", " s3cret ")


def _write_sha256_profile(installation: Installation) -> None:
    text = (shipped("config") / "7.10.2.toml").read_text()
    changed = text.replace('chosen_secret_hash = "bcrypt"', 'chosen_secret_hash = "sha256"')
    (installation.folder / "sha256.toml").write_text(changed)


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [("", "not empty"), ("\n", "not empty"), ("a\nb\n", "one line"), ("a\0b", "one line"), ("é" * 37, "72 bytes")],
)
def test_a_bad_secret_is_refused(ready: Installation, secret: str, complaint: str) -> None:
    """No secret, two lines, NUL, and more bytes than bcrypt takes are refused, and no client is made."""
    assert complaint in ready.refusal(*ADD, "password", "--secret-stdin", stdin=secret)
    assert ready.records("clients", "list") == []


@pytest.mark.parametrize(
    "arguments",
    [
        (*ADD, "magic"),
        (*ADD, "password", "--id", "x" * 37),
        (*ADD, "password", "--id", ""),
        (*ADD, "password", "--id", "a/b"),
        ("clients", "add", "--name", "\x1b[2J", "--grant", "password"),
        ("clients", "add", "--grant", "password"),
    ],
)
def test_wrong_usage_makes_no_client(with_user: Installation, arguments: tuple[str, ...]) -> None:
    """What no client can be is wrong usage: status 2, and nothing is stored."""
    with_user.refusal(*arguments, status=2)
    assert with_user.records("clients", "list") == []


def test_a_client_needs_a_user_who_exists(ready: Installation) -> None:
    """A user name that nobody has is a fault."""
    assert "no user 'nobody'" in ready.refusal(*ADD, "client_credentials", "--user", "nobody")


def test_an_id_is_used_once(ready: Installation) -> None:
    """An id in use is refused, even after its client was deleted."""
    ready.told(*ADD, "password", "--id", "mine")
    assert "'mine'" in ready.refusal(*ADD, "password", "--id", "mine")
    ready.told("clients", "delete", "mine", "--yes")
    assert "'mine'" in ready.refusal(*ADD, "password", "--id", "mine")


def test_clients_are_listed_and_shown_without_secrets(ready: Installation) -> None:
    """`list` and `show` tell the same record, which holds nothing of the secret."""
    secret = ready.records(*ADD, "password", "--id", "c", "--public")["secret"]
    [listed] = ready.records("clients", "list")
    assert listed == ready.records("clients", "show", "c")
    assert (listed["id"], listed["grant"], listed["confidential"]) == ("c", "password", False)
    shown = ready.told("clients", "list") + ready.told("clients", "show", "c")
    assert "Portal" in shown
    assert secret not in shown
    assert str(_stored(ready, "c").secret) not in shown


def test_editing_changes_what_is_given(with_user: Installation) -> None:
    """`edit` changes name, grant, user and kind, and leaves the rest and the secret alone."""
    secret = with_user.records(*ADD, "password", "--id", "c", "--public", "--introspect")["secret"]
    before = with_user.records("clients", "show", "c")
    renamed = with_user.records("clients", "edit", "c", "--name", "Other")
    assert renamed == before | {"name": "Other", "modified": renamed["modified"]}
    edit = ("clients", "edit", "c", "--grant", "client_credentials", "--user", "joe", "--confidential")
    edited = with_user.records(*edit)
    assert (edited["name"], edited["grant"], edited["user"]) == ("Other", "client_credentials", "user-joe")
    assert edited["confidential"] is True
    assert _verifies(with_user, "c", secret)


@pytest.mark.parametrize(("more", "warning"), [((), "act for nobody"), (("--user", "joe", "--public"), "public")])
def test_clients_of_little_use_are_made_with_a_warning(
    with_user: Installation, more: tuple[str, ...], warning: str
) -> None:
    """A client_credentials client that SuiteCRM would have made can be made; what it lacks is told, later too."""
    ended = with_user.run(*ADD, "client_credentials", "--id", "c", *more)
    assert ended.returncode == 0
    assert warning in ended.stderr
    assert _stored(with_user, "c").allowed_grant_type == "client_credentials"
    assert warning in with_user.run("clients", "edit", "c", "--name", "Other").stderr


def test_a_resource_server_is_marked(ready: Installation) -> None:
    """`--introspect` marks a client, and `edit --no-introspect` takes the mark away, which is noted."""
    ready.told(*ADD, "password", "--id", "c", "--introspect")
    assert ready.records("clients", "show", "c")["introspects"] is True
    assert ready.records("clients", "edit", "c", "--no-introspect")["introspects"] is False
    assert "client_changed detail=introspect " in ready.told("audit", "tail")


def test_a_rotated_secret_replaces_the_old(ready: Installation) -> None:
    """`rotate-secret` tells a new secret once; the old one is good no more."""
    old = ready.records(*ADD, "password", "--id", "c")["secret"]
    new = ready.records("clients", "rotate-secret", "c")["secret"]
    assert _verifies(ready, "c", new)
    assert not _verifies(ready, "c", old)
    ready.told("clients", "rotate-secret", "c", "--secret-stdin", stdin="chosen")
    assert _verifies(ready, "c", "chosen")


def test_a_deleted_client_takes_its_tokens_along(ready: Installation) -> None:
    """`delete` makes client and tokens dead to every look-up, and tells how many were alive; its id is unknown then."""
    ready.told(*ADD, "password", "--id", "c")
    with ready.stores() as stores:
        for jti, ago in (("jti", -1), ("old", 1)):
            expires = datetime.now(UTC) - timedelta(hours=ago)
            stores.tokens.add(Token(access_token=jti, client="c", access_token_expires=expires))
    assert ready.told("clients", "delete", "c", "--yes") == "Deleted c; tokens ended: 1.\n"
    with ready.stores() as stores:
        assert stores.tokens.list(TokenFilter(access_token="jti")) == []
    for command in (["show"], ["delete", "--yes"], ["edit"], ["rotate-secret"]):
        assert "no client 'c'" in ready.refusal("clients", *command, "c")


def test_nothing_is_deleted_unasked(ready: Installation) -> None:
    """Without a terminal to ask on, `delete` is wrong usage unless it is told `--yes`."""
    ready.told(*ADD, "password", "--id", "c")
    assert "add --yes" in ready.refusal("clients", "delete", "c", status=2, stdin="y\n")
    assert _stored(ready, "c")

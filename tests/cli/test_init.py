"""`crm-oauth init`."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from crm_oauth.key_files import new_private_key
from crm_oauth.oauth.keys import SigningKeys
from tests.cli.conftest import Installation

KEYS = "private.key", "public.key", "encryption.key", "session.key"


def _keys(installation: Installation) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (installation.folder / "var/keys").iterdir()}


def _load_pair(installation: Installation) -> SigningKeys:
    keys = installation.folder / "var/keys"
    return SigningKeys.load(keys / "private.key", keys / "public.key")


def test_everything_is_made_with_narrow_permissions(empty: Installation) -> None:
    """Secrets and the database are for their owner only, the public key for all, and nothing else is made."""
    empty.told("init")
    modes = {str(path.relative_to(empty.folder)): path.stat().st_mode & 0o777 for path in empty.folder.rglob("*")}
    assert modes == {
        "var": 0o700,
        "var/crm-oauth.db": 0o600,
        "var/keys": 0o700,
        "var/keys/private.key": 0o600,
        "var/keys/public.key": 0o644,
        "var/keys/encryption.key": 0o600,
        "var/keys/session.key": 0o600,
    }
    _load_pair(empty)


def test_nothing_is_overwritten(ready: Installation) -> None:
    """A second `init` leaves each key as it was, and says so."""
    before = _keys(ready)
    assert ready.told("init").count("kept") == len(KEYS) + 1
    assert _keys(ready) == before


def test_many_at_once_make_one_set(empty: Installation) -> None:
    """Of eight processes that start at once all succeed, with one good pair, one schema and no litter."""
    told = empty.run_at_once(8, "init")
    assert "".join(told).count("private.key: made") == 1
    assert sorted(_keys(empty)) == sorted(KEYS)
    _load_pair(empty)
    empty.told("db", "check")


def test_a_missing_public_key_comes_from_the_private_one(ready: Installation) -> None:
    """A lost public key is made anew, the same as before."""
    before = _keys(ready)
    (ready.folder / "var/keys/public.key").unlink()
    ready.told("init")
    assert _keys(ready) == before


def test_a_private_key_is_not_replaced_while_its_public_half_is_in_use(ready: Installation) -> None:
    """A lost private key is a fault to mend by hand."""
    (ready.folder / "var/keys/private.key").unlink()
    assert "var/keys/private.key is missing; restore it" in ready.refusal("init")
    assert "private.key" not in _keys(ready)


def test_halves_of_two_pairs_are_not_kept(ready: Installation, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A public key that is no half of the private one is a fault to mend by hand."""
    other = Installation(Path(tmp_path_factory.mktemp("other")))
    other.told("init")
    public = "var/keys/public.key"
    (ready.folder / public).write_bytes((other.folder / public).read_bytes())
    assert f"{public} is not the public half" in ready.refusal("init")


def test_init_does_not_mind_a_rotation(ready: Installation) -> None:
    """While a rotation is between the two files `init` keeps both, as servers do."""
    before = _keys(ready)["public.key"]
    ready.told("keys", "rotate")
    (ready.folder / "var/keys/public.key").write_bytes(before)
    assert ready.told("init").count("kept") == len(KEYS) + 1


def _with_pass_phrase() -> bytes:
    key = load_pem_private_key(new_private_key(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass phrase"))


@pytest.mark.parametrize("content", [b"nonsense", _with_pass_phrase()], ids=["nonsense", "with a pass phrase"])
def test_an_unusable_private_key_is_told(empty: Installation, content: bytes) -> None:
    """A file that is no key, or one that wants a pass phrase, is named, and left as it is."""
    key = empty.folder / "my.key"
    key.write_bytes(content)
    assert "my.key is no private key" in empty.refusal("init", PRIVATE_KEY="my.key", PUBLIC_KEY="my.pub")
    assert key.read_bytes() == content


def test_keys_of_the_environment_get_no_file(empty: Installation) -> None:
    """With both keys in the environment, only the pair is made."""
    assert empty.run("init", ENCRYPTION_KEY="of my own", SESSION_KEY="of my own").returncode == 0
    assert sorted(_keys(empty)) == ["private.key", "public.key"]


def test_a_file_in_the_way_is_told(empty: Installation) -> None:
    """Where no folder can be made there is one line, no traceback."""
    (empty.folder / "var").touch()
    [line] = empty.refusal("init").splitlines()
    assert "var" in line


def test_the_demo_is_told_once(empty: Installation) -> None:
    """The first `init --demo` tells a user, two clients and two requests; the second keeps quiet."""
    first, second = empty.told("init", "--demo"), empty.told("init", "--demo")
    assert first.count("curl ") == 2
    assert "user demo" in first
    assert "curl" not in second
    assert "demo" not in second
    assert len(empty.records("clients", "list")) == 2
    assert [user["user_name"] for user in empty.records("users", "list")] == ["demo"]


def test_the_demo_is_in_the_trail(empty: Installation) -> None:
    """Who has a password or a secret by `init --demo` is told there as by any other command."""
    empty.told("init", "--demo")
    acts = [json.loads(line) for line in empty.told("audit", "export").splitlines()]
    [user] = empty.records("users", "list")
    clients = [client["id"] for client in empty.records("clients", "list")]
    assert [(act["event"], act["user_id"]) for act in acts] == [("user_added", user["id"]), *[("client_added", "")] * 2]
    assert sorted(act["client_id"] for act in acts[1:]) == sorted(clients)
    assert {act["actor"].partition(":")[0] for act in acts} == {"cli"}


def test_the_demo_keeps_away_from_a_database_in_use(with_user: Installation) -> None:
    """Where there is a client, `init --demo` adds nothing."""
    with_user.told("clients", "add", "--name", "n", "--grant", "password")
    assert "curl" not in with_user.told("init", "--demo")
    assert len(with_user.records("clients", "list")) == 1


def test_the_demo_offers_what_the_profile_grants(empty: Installation) -> None:
    """No client is made for a grant that is off."""
    assert empty.run("init", "--demo", PROFILE="7.10.0").stdout.count("curl ") == 1


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_random(ready: Installation, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Two installations have no key in common."""
    other = Installation(Path(tmp_path_factory.mktemp("other")))
    other.told("init")
    assert _keys(other)[name] != _keys(ready)[name]

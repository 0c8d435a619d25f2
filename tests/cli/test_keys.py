"""`crm-oauth keys`."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from crm_oauth.key_files import make_encryption_key
from crm_oauth.key_rotation import remove_key, rotate_encryption_key, rotate_signing_key, rotation_lock
from crm_oauth.shipped import shipped
from tests.cli.conftest import Installation
from tests.cli.keys import key_folder, listed_keys, load_keys, rotate


def test_a_new_installation_has_one_key(ready: Installation) -> None:
    """The key of `init` signs, and no end of its tokens is in sight."""
    [key] = listed_keys(ready)
    assert (key["state"], key["bits"], key["tokens_until"]) == ("signing", 2048, None)
    assert key["kid"] == load_keys(ready).signing.kid


def test_rotation_makes_another_key_sign(ready: Installation) -> None:
    """The new key signs, its public half is published, the old one's verifies; a good pair and nothing else remains."""
    public = (key_folder(ready) / "public.key").read_bytes()
    old, new = rotate(ready)
    assert [(key["kid"], key["state"]) for key in listed_keys(ready)] == [(new, "signing"), (old, "verifying")]
    assert (key_folder(ready) / "previous" / f"{old}.pem").read_bytes() == public
    assert list(load_keys(ready).verifying) == [new, old]
    assert load_keys(ready).warnings == ()
    assert f"signing_key_rotated detail=kid: {new} " in ready.told("audit", "tail")
    assert sorted(path.name for path in key_folder(ready).iterdir()) == sorted(
        [".lock", "previous", "private.key", "public.key", "encryption.key", "session.key"]
    )


@pytest.mark.parametrize(("lifetime", "until"), [("PT1H", "2023-11-14T23:13:20Z"), ("P1M", "2023-12-14T22:13:20Z")])
def test_the_end_of_the_old_tokens_is_told(ready: Installation, lifetime: str, until: str) -> None:
    """What the old key signed expires an access lifetime, the profile's, after the rotation."""
    profile_text = (shipped("config") / "7.12.toml").read_text()
    assert 'lifetime = "PT1H"' in profile_text
    (ready.folder / "own.toml").write_text(profile_text.replace('"PT1H"', f'"{lifetime}"'))
    old, _ = rotate(ready)
    os.utime(key_folder(ready) / "previous" / f"{old}.pem", (1_700_000_000, 1_700_000_000))
    told = ready.run("keys", "list", PROFILE="own.toml").stdout.splitlines()[-1]
    assert told.split("\t") == [old, "verifying", "2023-11-14T22:13:20Z", "2048", until]


def test_the_size_can_be_chosen(ready: Installation) -> None:
    """`--bits` makes a larger key, and none that is too small."""
    ready.told("keys", "rotate", "--bits", "3072")
    assert [key["bits"] for key in listed_keys(ready)] == [3072, 2048]
    assert "1024" in ready.refusal("keys", "rotate", "--bits", "1024", status=2)


def test_modes_and_owners_stay(ready: Installation) -> None:
    """Whoever could read the keys before, such as a server that is not root, can read the new ones and the old half."""
    private, public = key_folder(ready) / "private.key", key_folder(ready) / "public.key"
    private.chmod(0o640)
    public.chmod(0o604)
    key_folder(ready).chmod(0o750)
    owner = (4321, 4322) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    for path in (private, public, key_folder(ready)):
        os.chown(path, *owner)
    old, _ = rotate(ready)
    previous = key_folder(ready) / "previous"
    found = {
        path: (status.st_mode & 0o777, status.st_uid, status.st_gid)
        for path in (private, public, previous, previous / f"{old}.pem", key_folder(ready) / ".lock")
        if (status := path.stat())
    }
    modes = dict(zip(found, (0o640, 0o604, 0o750, 0o604, 0o600), strict=True))
    assert found == {path: (mode, *owner) for path, mode in modes.items()}


def test_a_power_cut_leaves_no_half_key(ready: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a key file holds is on the disk before its name is, and what became of the name before anybody is told."""
    key = key_folder(ready) / "encryption.key"
    synced: list[bytes | None] = []

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        named = key if path.is_dir() else path
        synced.append(named.read_bytes() if named.exists() else None)

    monkeypatch.setattr(os, "fsync", fsync)
    rotate_encryption_key(key, drop_older=False)
    assert synced == [key.read_bytes()] * 2
    remove_key(key)
    assert synced[2:] == [None]
    make_encryption_key(key)
    assert synced[3:] == [key.read_bytes()] * 2


def test_links_stay_links(ready: Installation) -> None:
    """Where the key files are links, the files that they point to are replaced."""
    elsewhere = ready.folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("private.key", "public.key", "encryption.key"):
        link = key_folder(ready) / name
        link.rename(elsewhere / name)
        link.symlink_to(elsewhere / name)
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    rotate(ready)
    ready.told("keys", "rotate-encryption")
    assert all((key_folder(ready) / name).is_symlink() for name in before)
    assert all((elsewhere / name).read_bytes() != content for name, content in before.items())
    assert load_keys(ready).warnings == ()


def test_a_key_of_suitecrm_can_be_rotated(ready: Installation) -> None:
    """A PKCS#1 key, which openssl made for SuiteCRM, goes on verifying."""
    path = key_folder(ready) / "private.key"
    key = load_pem_private_key(path.read_bytes(), None)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    old, new = rotate(ready)
    assert list(load_keys(ready).verifying) == [new, old]


def test_rotations_at_once_lose_no_key(ready: Installation) -> None:
    """Of four rotations at the same time each makes a key, and every key that ever signed verifies."""
    [first] = listed_keys(ready)
    told = [printed.split()[1] for printed in ready.run_at_once(4, "keys", "rotate")]
    assert {key["kid"] for key in listed_keys(ready)} == {first["kid"], *told}
    assert load_keys(ready).warnings == ()


@pytest.mark.parametrize(
    ("rotation", "names"),
    [
        (partial(rotate_signing_key, bits=2048), ["private.key", "public.key"]),
        (partial(rotate_encryption_key, drop_older=False), ["encryption.key"]),
    ],
    ids=["signing", "encryption"],
)
def test_a_rotation_waits_for_another(ready: Installation, rotation: Callable[..., object], names: list[str]) -> None:
    """While another is about to change a key, the rotation of any changes nothing; then it does."""
    paths = [key_folder(ready) / name for name in names]
    before = [path.read_bytes() for path in paths]
    with ThreadPoolExecutor(1) as thread:
        with rotation_lock(key_folder(ready)):
            rotating = thread.submit(rotation, *paths)
            wait([rotating], timeout=0.5)  # being slower only makes the test easier
            assert [path.read_bytes() for path in paths] == before
        rotating.result()
    assert not set(before) & {path.read_bytes() for path in paths}


def test_keys_can_be_loaded_at_any_moment_of_a_rotation(ready: Installation) -> None:
    """A server that starts meanwhile starts, and verifies with every key that signed before."""
    pair = key_folder(ready) / "private.key", key_folder(ready) / "public.key"
    with ThreadPoolExecutor(1) as thread:
        for _ in range(5):
            known = load_keys(ready).verifying.keys()
            rotation = thread.submit(rotate_signing_key, *pair, bits=2048)
            while not rotation.done():
                assert known <= load_keys(ready).verifying.keys()
            assert rotation.result() in load_keys(ready).verifying


def test_an_interrupted_rotation_is_told_and_mended(ready: Installation) -> None:
    """With the old public key beside the new private one the server would start; the next rotation puts it right."""
    public = (key_folder(ready) / "public.key").read_bytes()
    rotate(ready)
    (key_folder(ready) / "public.key").write_bytes(public)
    ended = ready.run("doctor")
    assert ended.returncode == 0
    assert "warning  previous keys: CRM_OAUTH_PUBLIC_KEY" in ended.stdout
    assert "crm-oauth keys rotate" in ended.stdout
    rotate(ready)
    assert load_keys(ready).warnings == ()
    assert len(listed_keys(ready)) == 3


def test_a_rotation_that_fails_changes_nothing(ready: Installation) -> None:
    """Where the old public half cannot be kept, the pair stays as it was."""
    (key_folder(ready) / "previous").write_text("a file in the way")
    names = "private.key", "public.key"
    before = [(key_folder(ready) / name).read_bytes() for name in names]
    [_, complaint] = ready.refusal("keys", "rotate").splitlines()
    assert "previous" in complaint
    assert [(key_folder(ready) / name).read_bytes() for name in names] == before


@pytest.mark.parametrize("command", [["list"], ["rotate"], ["retire", "kid"]])
def test_unusable_keys_are_told(ready: Installation, command: list[str]) -> None:
    """A private key that is none ends every command with its sentence, and is left alone."""
    path = key_folder(ready) / "private.key"
    path.write_text("nonsense")
    assert "CRM_OAUTH_PRIVATE_KEY: var/keys/private.key" in ready.refusal("keys", *command)
    assert path.read_text() == "nonsense"


def test_garbage_among_the_previous_keys_is_told(ready: Installation) -> None:
    """A file that is no key, and one that others may write, are warnings with the file's name; nothing is stopped."""
    old, new = rotate(ready)
    previous = key_folder(ready) / "previous"
    (previous / "garbage.pem").write_text("garbage")
    (previous / f"{old}.pem").chmod(0o666)
    ended = ready.run("doctor")
    assert ended.returncode == 0
    assert "var/keys/previous/garbage.pem" in ended.stdout
    assert f"chmod o-w var/keys/previous/{old}.pem" in ended.stdout
    listed = ready.run("keys", "list")
    assert "garbage.pem" in listed.stderr
    assert [line.split("\t")[0] for line in listed.stdout.splitlines()[1:]] == [new, old]

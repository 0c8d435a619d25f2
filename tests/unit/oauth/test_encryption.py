"""Encryption keys that cannot serve stop the start; what they are is never told."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_oauth.compat.refresh_codec import RefreshClaims, RefreshCodec, RefreshTokenError
from crm_oauth.faults import StartupError
from crm_oauth.oauth.encryption import RefreshTokenKeys, load_refresh_codec
from crm_oauth.settings import ENCRYPTION_KEY_FILE, Settings

PASSWORD = "BZZmEigHf0DEdHnTHm6V04To1D3lIsA6BBL5a0d1tII="
_KEY_BYTES = bytes.fromhex("def00000") + bytes(range(32))
ASCII_SAFE = (_KEY_BYTES + sha256(_KEY_BYTES).digest()).hex()
DAMAGED = ASCII_SAFE[:-1] + ("0" if ASCII_SAFE[-1] != "0" else "1")
CLAIMS = RefreshClaims("client", "refresh", "access", (), "1", 2_000_000_000)

Load = Callable[..., RefreshCodec]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that loads the keys of some settings, in a folder that has no others."""
    monkeypatch.chdir(tmp_path)
    return lambda **settings: load_refresh_codec(Settings(**settings))


def _faults(load: Load, **settings: str) -> tuple[str, ...]:
    with pytest.raises(StartupError) as caught:
        load(**settings)
    for secret in settings.values():
        assert not secret.strip() or secret == "SCRM-DEFK" or secret not in str(caught.value)
    return caught.value.faults


@pytest.mark.parametrize("key", [PASSWORD, ASCII_SAFE])
def test_key_of_the_setting(load: Load, key: str) -> None:
    """Both kinds of key are taken from the setting, and read their own tokens only."""
    token = load(encryption_key=key).encode(CLAIMS)
    assert load(encryption_key=key).decode(token) == CLAIMS
    with pytest.raises(RefreshTokenError):
        load(encryption_key="another").decode(token)


def test_key_of_the_file(load: Load) -> None:
    """Without a setting the key is that of the file, whose last newline does not count."""
    ENCRYPTION_KEY_FILE.parent.mkdir(parents=True)
    ENCRYPTION_KEY_FILE.write_text(f"{PASSWORD}\n")
    assert load(encryption_key=PASSWORD).decode(load().encode(CLAIMS)) == CLAIMS


def test_previous_keys(load: Load) -> None:
    """Earlier keys still decrypt, the current one encrypts."""
    old, new = load(encryption_key=PASSWORD), load(encryption_key=ASCII_SAFE, encryption_key_previous=f"x,{PASSWORD}")
    assert new.decode(old.encode(CLAIMS)) == CLAIMS
    assert load(encryption_key=ASCII_SAFE).decode(new.encode(CLAIMS)) == CLAIMS
    with pytest.raises(RefreshTokenError):
        old.decode(new.encode(CLAIMS))


def test_no_key(load: Load) -> None:
    """Without setting and file, the fault names both and the command that makes a key."""
    (fault,) = _faults(load)
    assert "CRM_OAUTH_ENCRYPTION_KEY" in fault
    assert str(ENCRYPTION_KEY_FILE) in fault
    assert "crm-oauth init" in fault


@pytest.mark.parametrize("content", [b"", b" \n", b"SCRM-DEFK", b"\xff\xfe"])
def test_bad_file(load: Load, content: bytes) -> None:
    """A file that is empty, no text, or holds the key that everybody knows, is refused."""
    ENCRYPTION_KEY_FILE.parent.mkdir(parents=True)
    ENCRYPTION_KEY_FILE.write_bytes(content)
    assert len(_faults(load)) == 1


def test_a_folder_in_place_of_the_file(load: Load) -> None:
    """What cannot be read is a fault that names it."""
    ENCRYPTION_KEY_FILE.mkdir(parents=True)
    assert str(ENCRYPTION_KEY_FILE) in _faults(load)[0]


@pytest.mark.usefixtures("load")
def test_a_key_of_another_process_is_taken_at_once() -> None:
    """A refresh token by a key that came into the file a moment ago is read, and what no key opens is still refused."""
    ENCRYPTION_KEY_FILE.parent.mkdir(parents=True)
    ENCRYPTION_KEY_FILE.write_text("old\n")
    keys = RefreshTokenKeys(Settings())
    old = keys.encode(CLAIMS)
    new_file = ENCRYPTION_KEY_FILE.with_suffix(".new")
    new_file.write_text("new\nold\n")
    new_file.replace(ENCRYPTION_KEY_FILE)
    assert keys.decode(load_refresh_codec(Settings()).encode(CLAIMS)) == CLAIMS
    assert keys.decode(old) == CLAIMS
    with pytest.raises(RefreshTokenError):
        keys.decode(load_refresh_codec(Settings(encryption_key=SecretStr("another"))).encode(CLAIMS))


@pytest.mark.parametrize("key", ["SCRM-DEFK", DAMAGED])
def test_bad_key(load: Load, key: str) -> None:
    """The key that everybody knows, and a damaged one, are refused."""
    (fault,) = _faults(load, encryption_key=key)
    assert fault.startswith("CRM_OAUTH_ENCRYPTION_KEY")


def test_all_faults_at_once(load: Load) -> None:
    """Every bad key is told, the previous ones too."""
    faults = _faults(load, encryption_key="SCRM-DEFK", encryption_key_previous=f"SCRM-DEFK,{DAMAGED},{PASSWORD}")
    assert len(faults) == 3

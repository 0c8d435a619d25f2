"""Keys and passwords, told apart."""

from hashlib import sha256
from typing import Any

import pytest

from crm_oauth.compat.defuse_secret import DefuseError, Password, RawKey, read_secret
from tests.unit.compat import vectors

RECORDED = vectors.load("refresh_tokens")
KEYS = [vector for vector in RECORDED["vectors"] if vector["kind"] == "key"]
KEY_TEXT = KEYS[0]["key_ascii"]


@pytest.mark.parametrize("vector", KEYS, ids=lambda vector: vector["id"])
def test_ascii_safe_key_is_read(vector: dict[str, str]) -> None:
    """The 32 bytes inside an ASCII-safe key are found."""
    assert read_secret(vector["key_ascii"]) == RawKey(bytes.fromhex(vector["key_raw_hex"]))


@pytest.mark.parametrize("vector", RECORDED["key_strings"], ids=lambda vector: vector["note"])
def test_damaged_key_is_refused(vector: dict[str, Any]) -> None:
    """What PHP's loader makes of a key text, sound or damaged, is made of it here."""
    if vector["expect"] == "ok":
        assert isinstance(read_secret(vector["key_ascii"]), RawKey)
    else:
        with pytest.raises(DefuseError):
            read_secret(vector["key_ascii"])


@pytest.mark.parametrize(
    "text",
    [
        KEY_TEXT[:-1],
        KEY_TEXT[:-1].upper(),
        KEY_TEXT[:-1] + "g",
        KEY_TEXT + "0",
        " " + KEY_TEXT,
        KEY_TEXT[:60] + "\n" + KEY_TEXT[60:],
        "f" * 136,
    ],
)
def test_damaged_key_is_never_a_password(text: str) -> None:
    """A key with a slip of the pen stops the program instead of encrypting with something else."""
    with pytest.raises(DefuseError):
        read_secret(text)


def test_sound_text_of_another_kind_is_no_key() -> None:
    """The library has other ASCII-safe texts, with other headers; a good checksum does not make them keys."""
    other = bytes.fromhex("def10000") + bytes(32)
    with pytest.raises(DefuseError):
        read_secret((other + sha256(other).digest()).hex())


@pytest.mark.parametrize("padding", ["\n", " \t\r\n\0"])
def test_white_space_after_a_key_is_ignored(padding: str) -> None:
    """A key may end with what editors and shells leave behind."""
    assert read_secret(KEY_TEXT + padding) == read_secret(KEY_TEXT.upper())


@pytest.mark.parametrize("text", ["", "BZZmEigHf0DEdHnTHm6V04To1D3lIsA6BBL5a0d1tII=", "p\u00e4\u2603 \n", "def0"])
def test_anything_else_is_a_password_as_it_stands(text: str) -> None:
    """A password is its bytes: no decoding, no trimming."""
    assert read_secret(text) == read_secret(text.encode()) == Password(text.encode())


def test_secrets_do_not_show() -> None:
    """Neither form shows its bytes when printed or logged."""
    assert repr([read_secret("hunter2"), read_secret(KEY_TEXT)]) == "[Password(), RawKey()]"

"""The defuse container, against PHP's own containers and against PHP as a reader."""

import hmac
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from hypothesis import given
from hypothesis import strategies as st

from crm_oauth.compat.defuse import DefuseError, EncryptionKey
from crm_oauth.compat.defuse_secret import Password, RawKey
from tests.unit.compat import php, vectors

VECTORS = vectors.load("refresh_tokens")["vectors"]
RAW = bytes(range(32))
KEY = EncryptionKey(RawKey(RAW))


@dataclass(frozen=True)
class CountingPassword(Password):
    """A password that notes the salts it derived keys for."""

    salts: list[bytes] = field(default_factory=list)

    def input_key(self, salt: bytes) -> bytes:
        """Note the salt and do the work."""
        self.salts.append(salt)
        return super().input_key(salt)


@dataclass(frozen=True)
class CountingKey(RawKey):
    """A key that notes the salts it derived keys for."""

    salts: list[bytes] = field(default_factory=list)

    def input_key(self, salt: bytes) -> bytes:
        """Note the salt and hand the key out."""
        self.salts.append(salt)
        return super().input_key(salt)


def recorded_key(vector: dict[str, Any]) -> EncryptionKey:
    """Read the secret of a vector as a setting would bring it."""
    return EncryptionKey.from_text(vector.get("key_ascii") or bytes.fromhex(vector["password_hex"]))


def container(salt: bytes) -> str:
    """Make a container of `x` under RAW the long way, with the salt of one's choice."""

    def derive(info: bytes) -> bytes:
        return hmac.digest(hmac.digest(salt, RAW, "sha256"), info + b"\x01", "sha256")

    iv = os.urandom(16)
    cipher = Cipher(AES(derive(b"DefusePHP|V2|KeyForEncryption")), CTR(iv)).encryptor()
    body = b"\xde\xf5\x02\x00" + salt + iv + cipher.update(b"x")
    return (body + hmac.digest(derive(b"DefusePHP|V2|KeyForAuthentication"), body, "sha256")).hex()


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["expect"] == "ok"], ids=lambda vector: vector["id"])
def test_what_php_made_is_opened(vector: dict[str, Any]) -> None:
    """Containers made by PHP open, in both key forms and with the library's quirks."""
    assert recorded_key(vector).decrypt(vector["ciphertext"]) == vector["plaintext"].encode()


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["expect"] == "fail"], ids=lambda vector: vector["id"])
def test_what_php_refuses_is_refused(vector: dict[str, Any]) -> None:
    """Containers that PHP refuses are refused, with an error of our own."""
    with pytest.raises(DefuseError):
        recorded_key(vector).decrypt(vector["ciphertext"])


def test_php_opens_what_we_make() -> None:
    """PHP reads our containers with either form of secret."""
    plaintexts = ["", "x", '{"client_id":"a\\/b"}', "p\u00e4" * 1000]
    password = EncryptionKey.from_text("SCRM \u2603 ")
    made = [["password", "SCRM \u2603 ".encode().hex(), password.encrypt(text.encode())] for text in plaintexts]
    made += [["key", RAW.hex(), KEY.encrypt(text.encode())] for text in plaintexts]
    assert php.include("defuse_decrypt.php", *made) == plaintexts * 2


def test_php_refuses_our_container_under_another_secret() -> None:
    """The PHP reader of these tests does look at the MAC."""
    assert php.include("defuse_decrypt.php", ["key", RAW[::-1].hex(), KEY.encrypt(b"x")]) == [None]


@given(st.binary(max_size=300))
def test_round_trip(plaintext: bytes) -> None:
    """Any bytes come back, also in another process, which shares nothing but the secret."""
    assert EncryptionKey(RawKey(RAW)).decrypt(KEY.encrypt(plaintext)) == plaintext


@given(st.binary(max_size=50), st.data())
def test_any_flipped_bit_is_refused(plaintext: bytes, data: st.DataObject) -> None:
    """No single bit of a container can change unnoticed."""
    made = bytearray.fromhex(KEY.encrypt(plaintext))
    made[data.draw(st.integers(0, len(made) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DefuseError):
        KEY.decrypt(made.hex())


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    """Junk of every kind is our own error, never another exception."""
    with pytest.raises(DefuseError):
        KEY.decrypt(text)


def test_same_salt_everywhere_but_another_iv() -> None:
    """Two processes write with one salt, so that each derives keys once, and never with one IV."""
    first, second = KEY.encrypt(b"same"), EncryptionKey(RawKey(RAW)).encrypt(b"same")
    assert first[8:72] == second[8:72]
    assert first[72:104] != second[72:104]


@pytest.mark.parametrize("secret", [Password(b"other"), RawKey(RAW[::-1])])
def test_another_secret_has_another_salt(secret: Password | RawKey) -> None:
    """The salt belongs to the secret."""
    assert EncryptionKey(secret).encrypt(b"")[8:72] != KEY.encrypt(b"")[8:72]


def test_password_is_stretched_once_for_all_that_we_write() -> None:
    """Writing costs PBKDF2 for the salt and for its keys, the first time only, and reading it back nothing more."""
    secret = CountingPassword(b"password")
    key = EncryptionKey(secret)
    made = [key.encrypt(b"x") for _ in range(3)]
    assert [key.decrypt(text) for text in made] == [b"x"] * 3
    assert len(secret.salts) == 2


def test_published_salt_costs_pbkdf2_too() -> None:
    """The salt hangs on a stretched password, not on a mere hash of it."""
    secret = CountingPassword(b"password")
    salt = bytes.fromhex(EncryptionKey(secret).encrypt(b"")[8:72])
    assert secret.salts[1] == salt
    assert secret.salts[0] != salt


def test_proven_salt_is_remembered() -> None:
    """A container of PHP's is opened a second time without deriving keys anew."""
    secret = CountingKey(RAW)
    key = EncryptionKey(secret)
    text = container(b"s" * 32)
    assert [key.decrypt(text), key.decrypt(text)] == [b"x", b"x"]
    assert secret.salts == [b"s" * 32]


def test_junk_is_not_remembered() -> None:
    """A salt whose MAC did not fit leaves no trace."""
    secret = CountingKey(RAW)
    key = EncryptionKey(secret)
    foreign = EncryptionKey(RawKey(RAW[::-1])).encrypt(b"x")
    for _ in range(2):
        with pytest.raises(DefuseError):
            key.decrypt(foreign)
    assert len(secret.salts) == 2


def test_memory_is_bounded() -> None:
    """Of more salts than the memory holds the one unused for longest is forgotten, and only that one."""
    secret = CountingKey(RAW)
    key = EncryptionKey(secret)
    texts = [container(number.to_bytes(32)) for number in range(1025)]
    for text in [*texts[:1024], texts[0], texts[1024]]:
        key.decrypt(text)
    derived = len(secret.salts)
    key.decrypt(texts[0])
    assert len(secret.salts) == derived
    key.decrypt(texts[1])
    assert len(secret.salts) == derived + 1


@pytest.mark.parametrize(
    "mangle",
    [
        lambda text: text + "00" * 10_000,
        lambda text: text[:166],
        lambda text: "def50100" + text[8:],
        lambda text: text[:-1] + "g",
        lambda text: text[:-1] + "\u0660",
        lambda text: text + "\n",
    ],
    ids=["long", "short", "header", "letter", "digit", "newline"],
)
def test_malformed_text_is_refused_before_any_work(mangle: Callable[[str], str]) -> None:
    """What cannot be a container never reaches the key derivation."""
    secret = CountingKey(RAW)
    with pytest.raises(DefuseError):
        EncryptionKey(secret).decrypt(mangle(KEY.encrypt(b"x")))
    assert secret.salts == []


def test_longest_plaintext() -> None:
    """What can be written can be read; a byte more cannot be written."""
    longest = b"x" * (8192 - 84)
    assert KEY.decrypt(KEY.encrypt(longest) + "0") == longest
    with pytest.raises(DefuseError):
        KEY.encrypt(longest + b"x")


def test_threads_share_a_key() -> None:
    """Many threads that start on a fresh key at once all get their texts back."""
    key = EncryptionKey.from_text("password")
    texts = [str(number).encode() for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: key.decrypt(key.encrypt(text)), texts)) == texts


def test_repr_shows_no_secret() -> None:
    """A key may stand in a log or traceback."""
    assert repr(EncryptionKey.from_text("hunter2")) == "EncryptionKey(Password())"

"""Hashes of crypt(3), recorded and made by PHP."""

from hashlib import md5
from typing import Any

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_oauth.compat.crypt_hashes import bcrypt_rounds, hash_bcrypt, verify_crypt
from tests.unit.compat import php, vectors

CRYPT = [
    example
    for example in vectors.load("hashes")["examples"]
    if example["scheme"] in {"md5-crypt", "bcrypt", "ext-des", "sha256-crypt", "sha512-crypt", "std-des"}
]
SALTS = [
    "$1$saltsalt$",
    "$5$rounds=1000$salt$",
    "$6$salt$",
    "ab",
    "_1...salt",
    "$2y$04$" + "." * 22,
    "$2a$04$" + "." * 22,
]
SECRETS = ["", "secret", "p\u00e4\u2603", "x" * 7, "x" * 8, "x" * 9, "y" * 71, "y" * 72, "y" * 73, "z" * 600]
EXTENDED_DES = "_/...abcdqv914M7v2rI"  # one round of "secret", by PHP's crypt()
PHP_BCRYPT = "$2y$04$U9/yHvsiUaxWDLYQsGPLQuKDn/otXlHGaKjBDHH09we.PuuLd.jyS"


def hashed_text(example: dict[str, Any], plain: str) -> bytes:
    """Return what the column's hash is of: SuiteCRM takes the MD5 of a user's password first."""
    if example["column"] == "users.user_hash":
        return md5(plain.encode(), usedforsecurity=False).hexdigest().encode()
    return plain.encode()


@pytest.mark.parametrize("example", CRYPT, ids=lambda example: example["hash"])
def test_recorded_hash(example: dict[str, Any]) -> None:
    """Each recorded hash verifies exactly what PHP's password_verify() says, raw and escaped."""
    assert verify_crypt(hashed_text(example, example["plain"]), example["hash"]) is example["verifies"]
    if "escaped_plain" in example:
        assert verify_crypt(hashed_text(example, example["escaped_plain"]), example["hash"]) is True


@pytest.mark.parametrize("salt", SALTS)
def test_hash_made_by_php_now(salt: str) -> None:
    """What PHP's crypt() makes of short, long and non-ASCII secrets verifies, and nothing near it does."""
    made = php.run(
        "echo json_encode(array_map(fn ($i) => crypt($i[0], $i[1]), $inputs));", *([s, salt] for s in SECRETS)
    )
    for secret, stored in zip(SECRETS, made, strict=True):
        assert verify_crypt(secret.encode(), stored), secret
        assert not verify_crypt(b"!" + secret.encode(), stored), secret


def test_php_verifies_our_bcrypt() -> None:
    """PHP's password_verify() takes what we write."""
    stored = hash_bcrypt("p\u00e4\u2603".encode(), 4)
    assert stored.startswith("$2y$04$")
    assert php.run("echo json_encode(password_verify(...$inputs));", "p\u00e4\u2603", stored) is True


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
def test_every_prefix_of_bcrypt(prefix: str) -> None:
    """The three prefixes in the field are one algorithm."""
    stored = hash_bcrypt(b"secret", 4).replace("2y", prefix, 1)
    assert verify_crypt(b"secret", stored)
    assert bcrypt_rounds(stored) == 4


@pytest.mark.parametrize("secret", [b"x" * 73, b"a\0b"])
def test_bcrypt_writes_nothing_that_it_would_cut_short(secret: bytes) -> None:
    """A secret of which bcrypt would use a part only is refused, not weakened."""
    with pytest.raises(ValueError, match="72 bytes"):
        hash_bcrypt(secret, 4)


def test_bcrypt_takes_all_that_it_can() -> None:
    """The longest secret that bcrypt does not cut short is written, and counts to its last byte."""
    stored = hash_bcrypt(b"x" * 72, 4)
    assert verify_crypt(b"x" * 72, stored)
    assert not verify_crypt(b"x" * 71, stored)


@pytest.mark.parametrize("libraries", [("libcrypt.so.1", "libcrypt.so.2"), ("no such library",), ()])
def test_extended_des_with_and_without_the_c_library(
    libraries: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Extended DES verifies alike by the C library and, where there is none, in Python."""
    monkeypatch.setattr("crm_oauth.compat.crypt_hashes._LIBCRYPT_NAMES", libraries)
    assert verify_crypt(b"secret", EXTENDED_DES)
    assert not verify_crypt(b"Secret", EXTENDED_DES)
    assert not verify_crypt(b"secret", EXTENDED_DES[:-1] + "J")


@pytest.mark.parametrize("stored", [EXTENDED_DES, "$1$LWHSyJNo$Dg3KssRJcfw85uRJcF/py.", PHP_BCRYPT])
def test_secret_with_nul_never_verifies(stored: str) -> None:
    """A NUL ends text in C: what follows must not be ignored."""
    assert verify_crypt(b"secret", stored)
    assert not verify_crypt(b"secret\0more", stored)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "*0",
        "*1",
        "!",
        "$",
        "$1$",
        "$1$$",
        "$1$salt$short",
        "$1$saltsalts$" + "." * 22,
        "$5$saltsaltsaltsalts",
        "$5$rounds=0999$salt$" + "." * 43,
        "$2y$10$",
        "$2y$99$" + "." * 53,
        "$2y$03$" + "." * 53,
        "$2y$04$" + "A" * 53,
        "$2x$04$" + "." * 53,
        "$5$rounds=x$salt$" + "." * 43,
        "$6$rounds=1$salt$" + "." * 86,
        "$argon2id$v=19$m=65536,t=4,p=1$c2FsdA$aGFzaA",
        "_" + "." * 19,
        "a" * 32,
        "\u0661" * 13,
        "\ud800",
        "plain text",
        EXTENDED_DES + "\n",
    ],
)
def test_garbled_hash_verifies_nothing(stored: str) -> None:
    """A column that holds no hash is no reason to fail, and lets nobody in."""
    assert verify_crypt(b"secret", stored) is False
    assert verify_crypt(stored.encode(errors="replace"), stored) is False


@given(
    st.sampled_from(["", "$1$", "$5$", "$6$", "_", "$2y$04$", "$5$rounds=1000$", "ab"]),
    st.text(max_size=70),
    st.binary(),
)
def test_no_text_raises(prefix: str, rest: str, secret: bytes) -> None:
    """Whatever stands in the column, the answer is no."""
    assert verify_crypt(secret, prefix + rest) is False


@pytest.mark.parametrize("stored", ["", "$1$salt$hash", "21232f297a57a5a743894a0e4a801fc3", "$2y$04$short"])
def test_only_bcrypt_has_bcrypt_rounds(stored: str) -> None:
    """Other forms have none."""
    assert bcrypt_rounds(stored) is None


def test_plain_bcrypt_hash_of_the_library_verifies() -> None:
    """A hash by any other bcrypt program verifies."""
    assert verify_crypt(b"secret", bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())

"""Client secrets, recorded and made here."""

import re
from typing import Any, Literal

import pytest

from crm_oauth.compat.client_secrets import generate_client_secret, hash_client_secret, verify_client_secret
from tests.unit.compat import php, vectors

EXAMPLES = [e for e in vectors.load("hashes")["examples"] if e["column"] == "oauth2clients.secret"]
SHA256 = hash_client_secret("secret", "sha256")
BCRYPT = "$2y$04$U9/yHvsiUaxWDLYQsGPLQuKDn/otXlHGaKjBDHH09we.PuuLd.jyS"  # of "secret", by PHP
MD5_CRYPT = "$1$LWHSyJNo$Dg3KssRJcfw85uRJcF/py."


def _verifies(secret: str | None, stored: str | None) -> bool:
    """Check a secret; a failure is cheap."""
    return verify_client_secret(secret, stored, rounds=4)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['hash']}-{example['plain']}")
def test_recorded_hash(example: dict[str, Any]) -> None:
    """Each secret verifies that a client may have, as typed or as the panel escaped it; no other does."""
    expected = example["verifies"] or example.get("verifies_escaped", False)
    assert _verifies(example["plain"], example["hash"]) is expected
    if "escaped_plain" in example:
        assert _verifies(example["escaped_plain"], example["hash"])


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e["verifies"]], ids=lambda e: f"{e['hash']}-{e['plain']}")
def test_other_secret_is_refused(example: dict[str, Any]) -> None:
    """No stored form takes a secret that is off by a character, or the stored text itself."""
    assert not _verifies(example["plain"] + " ", example["hash"])
    assert not _verifies(example["hash"], example["hash"])


def test_generated_secret_is_long_and_plain() -> None:
    """A generated secret has 256 bits, needs no escaping in JSON, forms or shells, and is new each time."""
    made = {generate_client_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch("[A-Za-z0-9_-]{43}", secret) for secret in made)


@pytest.mark.parametrize("method", ["sha256", "bcrypt"])
@pytest.mark.parametrize("secret", ["secret", "p\u00e4\u2603", "a\"b'<>`"])
def test_written_hash_verifies(method: Literal["sha256", "bcrypt"], secret: str) -> None:
    """What we write verifies the secret and no other."""
    stored = hash_client_secret(secret, method, rounds=4)
    assert _verifies(secret, stored)
    assert not _verifies(secret + "x", stored)


def test_php_verifies_what_we_write() -> None:
    """Either SuiteCRM reads our hashes: the old API by password_verify(), the new one by sha256."""
    script = "echo json_encode([password_verify($inputs[0], $inputs[1]), hash('sha256', $inputs[0]) === $inputs[2]]);"
    assert php.run(script, "secret", BCRYPT, SHA256) == [True, True]


@pytest.mark.parametrize(("secret", "method"), [("", "sha256"), ("", "bcrypt"), ("x" * 73, "bcrypt")])
def test_unfit_secret_is_refused(secret: str, method: Literal["sha256", "bcrypt"]) -> None:
    """No hash is written of an empty secret or of one that bcrypt would cut short."""
    with pytest.raises(ValueError, match=r"empty|72 bytes"):
        hash_client_secret(secret, method, rounds=4)


@pytest.mark.parametrize("secret", [None, ""])
def test_no_secret_never_verifies(secret: str | None) -> None:
    """No secret fits no column, not even the hash of nothing."""
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # sha256("")
    for stored in (None, "", nothing, SHA256, BCRYPT, "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/"):
        assert _verifies(secret, stored) is False


@pytest.mark.parametrize("stored", [None, "", "garbled", SHA256, SHA256.upper(), BCRYPT, MD5_CRYPT])
@pytest.mark.parametrize(("secret", "forms"), [(None, 1), ("", 1), ("wrong", 1), ("wro'ng", 2), ("wr`on'g", 3)])
def test_failing_check_costs_the_same(
    stored: str | None, secret: str | None, forms: int, bcrypt_work: list[int]
) -> None:
    """A failing check costs one bcrypt for each form tried, whatever is stored and whether the client exists."""
    assert not verify_client_secret(secret, stored, rounds=6)
    assert sum(bcrypt_work) == forms * 2**6


def test_default_rounds_are_those_of_php(bcrypt_work: list[int]) -> None:
    """Unless told otherwise a hash has PHP's cost of 10, and a failing check costs as much."""
    assert hash_client_secret("secret", "bcrypt").startswith("$2y$10$")
    bcrypt_work.clear()
    assert not verify_client_secret("wrong", None)
    assert sum(bcrypt_work) == 2**10


def test_sha256_needs_no_bcrypt(bcrypt_work: list[int]) -> None:
    """The hash of a generated secret is verified without slow work."""
    assert verify_client_secret("secret", SHA256)
    assert bcrypt_work == []

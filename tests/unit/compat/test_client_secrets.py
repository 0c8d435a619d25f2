"""Client secrets, recorded and made here."""

import re
from typing import Any, Literal

import pytest

from crm_oauth.compat.client_secrets import ClientSecretVerifier, generate_client_secret, hash_client_secret
from tests.unit.compat import php, vectors

EXAMPLES = [e for e in vectors.load("hashes")["examples"] if e["column"] == "oauth2clients.secret"]
SHA256 = hash_client_secret("secret", "sha256")
BCRYPT = "$2y$04$U9/yHvsiUaxWDLYQsGPLQuKDn/otXlHGaKjBDHH09we.PuuLd.jyS"  # of "secret", by PHP
MD5_CRYPT = "$1$LWHSyJNo$Dg3KssRJcfw85uRJcF/py."


@pytest.fixture
def verifier() -> ClientSecretVerifier:
    """Return a verifier that is cheap to fail."""
    return ClientSecretVerifier(rounds=4)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['hash']}-{example['plain']}")
def test_recorded_hash(example: dict[str, Any], verifier: ClientSecretVerifier) -> None:
    """Each secret verifies that a client may have, as typed or as the panel escaped it; no other does."""
    expected = example["verifies"] or example.get("verifies_escaped", False)
    for _ in "again, from memory":
        assert verifier.verify(example["plain"], example["hash"]) is expected
    if "escaped_plain" in example:
        assert verifier.verify(example["escaped_plain"], example["hash"])


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e["verifies"]], ids=lambda e: f"{e['hash']}-{e['plain']}")
def test_other_secret_is_refused(example: dict[str, Any], verifier: ClientSecretVerifier) -> None:
    """No stored form takes a secret that is off by a character, or the stored text itself."""
    assert not verifier.verify(example["plain"] + " ", example["hash"])
    assert not verifier.verify(example["hash"], example["hash"])


def test_generated_secret_is_long_and_plain() -> None:
    """A generated secret has 256 bits, needs no escaping in JSON, forms or shells, and is new each time."""
    made = {generate_client_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch("[A-Za-z0-9_-]{43}", secret) for secret in made)


@pytest.mark.parametrize("method", ["sha256", "bcrypt"])
@pytest.mark.parametrize("secret", ["secret", "p\u00e4\u2603", "a\"b'<>`"])
def test_written_hash_verifies(
    method: Literal["sha256", "bcrypt"], secret: str, verifier: ClientSecretVerifier
) -> None:
    """What we write verifies the secret and no other."""
    stored = hash_client_secret(secret, method, rounds=4)
    assert verifier.verify(secret, stored)
    assert not verifier.verify(secret + "x", stored)


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
def test_no_secret_never_verifies(secret: str | None, verifier: ClientSecretVerifier) -> None:
    """No secret fits no column, not even the hash of nothing."""
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # sha256("")
    for stored in (None, "", nothing, SHA256, BCRYPT, "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/"):
        assert verifier.verify(secret, stored) is False


@pytest.mark.parametrize("stored", [None, "", "garbled", SHA256, SHA256.upper(), BCRYPT, MD5_CRYPT])
@pytest.mark.parametrize(("secret", "forms"), [(None, 1), ("", 1), ("wrong", 1), ("wro'ng", 2), ("wr`on'g", 3)])
def test_failing_check_costs_the_same(
    stored: str | None, secret: str | None, forms: int, bcrypt_work: list[int]
) -> None:
    """A failing check costs one bcrypt for each form tried, whatever is stored and whether the client exists."""
    verifier = ClientSecretVerifier(rounds=6)
    for _ in range(2):
        bcrypt_work.clear()
        assert not verifier.verify(secret, stored)
        assert sum(bcrypt_work) == forms * 2**6


def test_sha256_needs_no_bcrypt(bcrypt_work: list[int]) -> None:
    """The hash of a generated secret is verified without slow work."""
    assert ClientSecretVerifier().verify("secret", SHA256)
    assert bcrypt_work == []


def test_verified_bcrypt_is_remembered(verifier: ClientSecretVerifier, bcrypt_work: list[int]) -> None:
    """A secret that fitted a slow hash fits it again at once; another secret or another hash does not."""
    assert verifier.verify("secret", BCRYPT)
    bcrypt_work.clear()
    assert verifier.verify("secret", BCRYPT)
    assert bcrypt_work == []
    assert not verifier.verify("secre", BCRYPT)
    assert not verifier.verify("secret", hash_client_secret("changed", "bcrypt", rounds=4))
    assert not verifier.verify("secret", None)


def test_escaped_secret_is_remembered_as_it_is_sent(verifier: ClientSecretVerifier, bcrypt_work: list[int]) -> None:
    """A secret that fits in its escaped form only costs nothing the second time either."""
    stored = hash_client_secret("a&quot;b", "bcrypt", rounds=4)
    assert verifier.verify('a"b', stored)
    bcrypt_work.clear()
    assert verifier.verify('a"b', stored)
    assert bcrypt_work == []


@pytest.mark.parametrize("limits", [{"remember_seconds": 0}, {"remember_entries": 0}])
def test_memory_can_be_switched_off(limits: dict[str, int], bcrypt_work: list[int]) -> None:
    """With no time or no room nothing is remembered."""
    verifier = ClientSecretVerifier(rounds=4, **limits)
    assert verifier.verify("secret", BCRYPT)
    assert verifier.verify("secret", BCRYPT)
    assert bcrypt_work.count(2**4) == 2

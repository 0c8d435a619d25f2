"""User passwords, recorded and made by PHP."""

from typing import Any

import pytest

from crm_oauth.compat.passwords import hash_user_password, verify_user_password
from tests.unit.compat import php, vectors

EXAMPLES = [example for example in vectors.load("hashes")["examples"] if example["column"] == "users.user_hash"]
PASSWORDS = ["admin", "P\u00e4ssw\u00f6rd-\u2603", "", "0", "a\"b'<>`", "x" * 5000]
ROUNDS = 4


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['hash']}-{example['plain']}")
def test_recorded_hash(example: dict[str, Any]) -> None:
    """Each password verifies that a person could log in with, as typed or as the panel escaped it; no other does."""
    expected = example["verifies"] or example.get("verifies_escaped", False)
    assert verify_user_password(example["plain"], example["hash"], rounds=ROUNDS) is expected
    if "escaped_plain" in example:
        assert verify_user_password(example["escaped_plain"], example["hash"], rounds=ROUNDS)


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example["verifies"]], ids=lambda e: e["hash"])
def test_other_password_is_refused(example: dict[str, Any]) -> None:
    """No stored form takes a password that is off by a character, or the stored text itself."""
    assert not verify_user_password(example["plain"] + " ", example["hash"], rounds=ROUNDS)
    assert not verify_user_password(example["hash"], example["hash"], rounds=ROUNDS)


@pytest.mark.parametrize("plain", PASSWORDS)
def test_written_hash(plain: str) -> None:
    """What we write verifies here, and is bcrypt with PHP's prefix."""
    stored = hash_user_password(plain, rounds=ROUNDS)
    assert stored.startswith("$2y$04$")
    assert len(stored) == 60
    assert verify_user_password(plain, stored, rounds=ROUNDS)
    assert not verify_user_password(plain + "x", stored, rounds=ROUNDS)


def test_php_verifies_what_we_write() -> None:
    """SuiteCRM's own check, password_verify(md5($password), $hash), takes our hashes."""
    inputs = [[plain, hash_user_password(plain, rounds=ROUNDS)] for plain in PASSWORDS]
    script = "echo json_encode(array_map(fn ($i) => password_verify(md5($i[0]), $i[1]), $inputs));"
    assert php.run(script, *inputs) == [True] * len(inputs)


def test_default_rounds_are_those_of_php(bcrypt_work: list[int]) -> None:
    """Unless told otherwise a hash has PHP's cost of 10, and a failing check costs as much."""
    assert hash_user_password("admin").startswith("$2y$10$")
    bcrypt_work.clear()
    assert not verify_user_password("wrong", None)
    assert sum(bcrypt_work) == 2**10


@pytest.mark.parametrize("stored", [None, "", "D41D8CD98F00B204E9800998ECF8427E", "$1$", "0e" + "0" * 30])
def test_what_is_no_hash_lets_nobody_in(stored: str | None) -> None:
    """An unknown user, an empty column, upper-case MD5, a torn hash and PHP's magic hashes all refuse."""
    # PHP's == once took any two texts of the form 0e<digits> for equal; this password's MD5 is one.
    for plain in ("", "240610708"):
        assert verify_user_password(plain, stored, rounds=ROUNDS) is False


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "garbled",
        "21232f297a57a5a743894a0e4a801fc3",
        "$1$yWUL1WOh$d7oJNYrcJ.zFJUk/Evu9Y0",
        "$2y$04$is0iXUbo91etnoYrrKHFIOIELGspg8kjnJHQdJ10T85X81lVH6RWK",
    ],
)
@pytest.mark.parametrize(("plain", "forms"), [("wrong", 1), ("wro'ng", 2), ("wr`on'g", 3)])
def test_failing_check_costs_the_same(stored: str | None, plain: str, forms: int, bcrypt_work: list[int]) -> None:
    """A failing check costs one bcrypt for each form tried, whatever is stored and whether the user exists."""
    assert not verify_user_password(plain, stored, rounds=6)
    assert sum(bcrypt_work) == forms * 2**6

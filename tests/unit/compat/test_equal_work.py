"""Failing checks cost the same."""

import pytest

from crm_oauth.compat.equal_work import fill_up

BCRYPT = "$2y$%02d$" + "." * 53


@pytest.mark.parametrize(
    ("stored", "spent_before"),
    [(None, 0), ("", 0), ("$1$salt$hash", 0), ("x" * 32, 0), (BCRYPT % 4, 16), (BCRYPT % 6, 64), (BCRYPT % 7, 128)],
)
def test_total_is_that_of_the_dearest_hash(stored: str | None, spent_before: int, bcrypt_work: list[int]) -> None:
    """What the check itself spent and what is filled up add up to the rounds asked for."""
    fill_up(stored, 7)
    assert spent_before + sum(bcrypt_work) == 2**7


def test_dearer_hash_gets_nothing_more(bcrypt_work: list[int]) -> None:
    """A hash that cost more than asked for is not filled up."""
    fill_up(BCRYPT % 9, 7)
    assert bcrypt_work == []

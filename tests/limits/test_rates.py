"""The arithmetic of rates."""

import pytest

from crm_oauth.rates import Rate


@pytest.mark.parametrize(
    ("text", "count", "seconds"), [("10/30m", 10, 1800), ("600/m", 600, 60), (" 5/90s ", 5, 90), ("1/2h", 1, 7200)]
)
def test_what_an_operator_writes(text: str, count: int, seconds: int) -> None:
    """A number and a time are read, and told again so that they can be read again."""
    rate = Rate.parse(text)
    assert (rate.count, rate.seconds) == (count, seconds)
    assert Rate.parse(str(rate)) == rate


@pytest.mark.parametrize("text", ["", "10", "10/", "/m", "0/m", "10/0m", "-1/m", "10/5", "10/m5", "1.5/m", "10/5w"])
def test_anything_else_is_refused(text: str) -> None:
    """What is no rate, or allows nothing at all, is an error that shows how one is written."""
    with pytest.raises(ValueError, match="10/30m"):
        Rate.parse(text)


def test_a_full_bucket_leaks() -> None:
    """After as many as allowed one waits for one pause, and after the whole time nothing is left."""
    rate = Rate(10, 600)
    assert rate.wait(9) == 0
    assert rate.wait(10) == 60
    assert rate.wait(rate.left(10, 0, 60)) == 0
    assert rate.left(10, 0, 600) == 0
    assert rate.left(10, 100, 0) == 10  # another machine's clock is behind


def test_parts_are_never_nothing() -> None:
    """Each of several processes allows its part, and one at least."""
    assert Rate(600, 60).share(4) == Rate(150, 60)
    assert Rate(2, 60).share(4) == Rate(1, 60)

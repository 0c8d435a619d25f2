"""A set that forgets."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_oauth.compat.expiring_set import ExpiringSet


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a clock whose only element is the time; set it to let time pass."""
    now = [1000.0]
    monkeypatch.setattr("crm_oauth.compat.expiring_set.monotonic", lambda: now[0])
    return now


def test_member_expires(clock: list[float]) -> None:
    """A member stays for its time, however often it is looked up, and can come back."""
    members = ExpiringSet[str](seconds=60, size=2)
    members.add("a")
    clock[0] += 59
    assert "a" in members
    clock[0] += 1
    assert "a" not in members
    members.add("a")
    assert "a" in members


def test_oldest_member_gives_way() -> None:
    """A full set forgets the member that was added longest ago."""
    members = ExpiringSet[str](seconds=60, size=2)
    for member in "abac":
        members.add(member)
    assert [member for member in "abc" if member in members] == ["a", "c"]


def test_stranger_is_no_member() -> None:
    """Only what was added is in."""
    assert "a" not in ExpiringSet[str](seconds=60, size=2)


def test_threads_share_a_set() -> None:
    """Threads that add at once neither fail nor outgrow the set."""
    members = ExpiringSet[int](seconds=60, size=10)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(members.add, range(2000)))
    assert sum(number in members for number in range(2000)) == 10

"""Every place where failures are counted counts alike."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from crm_oauth.limits import falling_back
from crm_oauth.limits.counter import CounterUnavailable, FailureCounter, subject
from crm_oauth.limits.database_counter import DatabaseCounter
from crm_oauth.limits.falling_back import FallingBackCounter
from crm_oauth.limits.redis_counter import RedisCounter
from crm_oauth.rates import Rate
from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.own_models import GuessRow
from tests.support.redis_server import RedisServer

RATE = Rate(10, 100)
NOW = 1_800_000_000.0


def test_counts_leak(counter: FailureCounter) -> None:
    """Failures add up, one is forgotten in each pause, and subjects do not mix."""
    assert [counter.add("a", RATE, NOW) for _ in range(3)] == [1, 2, 3]
    assert counter.read({"a": RATE, "b": RATE}, NOW) == [3, 0]
    assert counter.read({"b": RATE, "a": RATE}, NOW + 10) == [0, 2]
    assert counter.add("a", RATE, NOW + 15) == pytest.approx(2.5)
    assert counter.add("a", RATE, NOW + 1000) == 1


def test_a_clock_that_went_back(counter: FailureCounter) -> None:
    """Counts of a clock that was ahead are no more than what they are, and nobody waits for that clock's time."""
    assert counter.add("a", RATE, NOW + 100_000) == 1
    assert counter.add("a", RATE, NOW) == pytest.approx(2)
    (left,) = counter.read({"a": RATE}, NOW)
    assert left == pytest.approx(2)
    assert RATE.wait(left) == 0
    for _ in range(8):
        left = counter.add("a", RATE, NOW)
    assert RATE.wait(left) == pytest.approx(RATE.pause)


def test_forgetting(counter: FailureCounter) -> None:
    """What is forgotten begins anew, and forgetting what was never there is no fault."""
    counter.add("a", RATE, NOW)
    counter.forget("a")
    counter.forget("b")
    assert counter.read({"a": RATE}, NOW) == [0]


def test_no_parallel_failure_is_lost(counter: FailureCounter) -> None:
    """Of failures counted at once, the first ones of a subject included, each counts."""
    with ThreadPoolExecutor(16) as threads:
        levels = list(threads.map(lambda _: counter.add("a", RATE, NOW), range(64)))
    assert sorted(levels) == list(range(1, 65))


def test_old_counts_are_removed(tmp_path: Path) -> None:
    """New subjects make the database forget those of two days ago: whoever makes names up does not fill the table."""
    database = Database(f"sqlite:///{tmp_path}/test.db")
    schema.upgrade(database)
    counter = DatabaseCounter(database)
    counter.add("old", RATE, NOW)
    counter.add("young", RATE, NOW + 1)
    for number in range(98):
        counter.add(f"{number}", RATE, NOW + 172_800.5)
    with database.reading() as connection:
        left = set(connection.scalars(select(GuessRow.subject)))
    assert left == {"young", *map(str, range(98))}
    database.dispose()


def test_redis_away_is_told(redis_server: RedisServer) -> None:
    """Every question to a Redis that is away ends in the one exception."""
    counter = RedisCounter(redis_server.url)
    counter.ping()
    redis_server.stop()
    for ask in (
        counter.ping,
        lambda: counter.add("a", RATE, NOW),
        lambda: counter.read({"a": RATE}, NOW),
        lambda: counter.forget("a"),
    ):
        with pytest.raises(CounterUnavailable):
            ask()


class Noting:
    """A counter that notes what it is asked, and may be away."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_away = False

    def _note(self, question: str) -> None:
        self.asked.append(question)
        if self.is_away:
            raise CounterUnavailable

    def read(self, rates: Mapping[str, Rate], now: float) -> Sequence[float]:  # noqa: ARG002  # the protocol's
        """Note it."""
        self._note("read")
        return [0.0 for _ in rates]

    def add(self, subject: str, rate: Rate, now: float) -> float:  # noqa: ARG002  # the protocol's
        """Note it."""
        self._note("add")
        return 1.0

    def forget(self, subject: str) -> None:  # noqa: ARG002  # the protocol's
        """Note it."""
        self._note("forget")


def test_who_is_away_is_left_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question goes to the first; once that is away it is asked again after five seconds, and not before."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(falling_back, "time", SimpleNamespace(monotonic=lambda: clock.now))
    first, second = Noting(), Noting()
    counter = FallingBackCounter(first, second)

    def ask() -> None:
        counter.read({"a": RATE}, NOW)
        counter.add("a", RATE, NOW)
        counter.forget("a")

    ask()
    assert (first.asked, second.asked) == (["read", "add", "forget"], [])
    first.is_away = True
    ask()
    assert (first.asked[3:], second.asked) == (["read"], ["read", "add", "forget"])
    first.is_away = False
    clock.now += 4.9
    ask()
    assert (len(first.asked), len(second.asked)) == (4, 6)
    clock.now += 0.1
    ask()
    assert (len(first.asked), len(second.asked)) == (7, 6)


def test_who_shares_an_address() -> None:
    """IPv4 addresses count each, IPv6 ones by their network of 64 bits, and no name shows in a subject."""
    assert subject("user", "joe", "192.0.2.1") != subject("user", "joe", "192.0.2.2")
    assert subject("user", "joe", "2001:db8::1") == subject("user", "joe", "2001:db8::2")
    assert subject("user", "joe", "2001:db8::1") != subject("user", "joe", "2001:db8:0:1::1")
    assert subject("user", "joe", "::ffff:192.0.2.1") == subject("user", "joe", "192.0.2.1")
    assert subject("user", "joe", "") != subject("client", "joe", "")
    assert subject("user", "joe1", "1.2.3.4") != subject("user", "joe", "11.2.3.4")
    assert "joe" not in subject("user", "joe", "192.0.2.1")

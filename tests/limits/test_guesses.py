"""What the guard lets through."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from crm_oauth.limits import falling_back, guesses
from crm_oauth.limits.counter import FailureCounter
from crm_oauth.limits.falling_back import FallingBackCounter
from crm_oauth.limits.flood import FloodGate
from crm_oauth.limits.guesses import GuessGuard, GuessLimits, TooManyGuesses, Verdict
from crm_oauth.limits.redis_counter import RedisCounter
from crm_oauth.rates import Rate
from crm_oauth.store.db import DatabaseUnavailable
from tests.support.redis_server import RedisServer

LIMITS = GuessLimits(per_user=Rate(3, 3600), per_client=Rate(4, 3600), per_address=Rate(8, 3600))
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"

sqlite_only = pytest.mark.parametrize("counter", ["sqlite"], indirect=True)


class Attempts:
    """Guesses at a guard, and how many passwords were checked."""

    def __init__(self, counter: FailureCounter) -> None:
        self.guard = GuessGuard(counter, LIMITS)
        self.checked = self.decoys = 0

    def __call__(self, user: str, password: str, address: str = HERE) -> Verdict:
        """Guess."""
        return self.guard.check_password(user, address, check=self._check(password), decoy=self._decoy)

    def _check(self, password: str) -> Callable[[], bool]:
        def check() -> bool:
            self.checked += 1
            return password == "right"

        return check

    def _decoy(self) -> None:
        self.decoys += 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock by which guesses are counted; it stands still."""
    clock = SimpleNamespace(now=1_800_000_000.0)
    monkeypatch.setattr(guesses, "time", SimpleNamespace(time=lambda: clock.now, monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def guess(counter: FailureCounter) -> Attempts:
    """A guard that has seen nothing yet."""
    return Attempts(counter)


def test_guesses_end_in_backing_off(guess: Attempts) -> None:
    """After so many wrong passwords none is checked any more, not even the right one, and a decoy takes its time."""
    verdicts = [guess("joe", password) for password in ("a", "b", "c", "d", "right")]
    assert verdicts == [Verdict.WRONG] * 3 + [Verdict.BACKING_OFF] * 2
    assert (guess.checked, guess.decoys) == (3, 2)


@sqlite_only
def test_spelling_is_no_way_around(guess: Attempts) -> None:
    """Another case of the same name is the same user."""
    assert {guess(name, "wrong") for name in ("joe", "JOE", "Joe")} == {Verdict.WRONG}
    assert guess("jOE", "wrong") is Verdict.BACKING_OFF


@sqlite_only
def test_nobody_else_is_locked_out(guess: Attempts) -> None:
    """Whoever guesses at a user locks out neither that user elsewhere nor another user at the same address."""
    for _ in range(5):
        guess("joe", "wrong")
    assert guess("joe", "right", ELSEWHERE) is Verdict.RIGHT
    assert guess("ann", "right") is Verdict.RIGHT


@sqlite_only
def test_a_check_that_does_not_end(counter: FailureCounter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in vain behind a check of the same user's is told to come again, not that he guessed too much."""
    monkeypatch.setattr(guesses, "_PATIENCE", 0.05)
    guard, begun, over = GuessGuard(counter, LIMITS), Event(), Event()

    def hang() -> bool:
        begun.set()
        return over.wait(20)

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(guard.check_password, "joe", HERE, check=hang, decoy=lambda: None)
        assert begun.wait(20)
        with pytest.raises(DatabaseUnavailable):
            guard.check_password("joe", HERE, check=lambda: True, decoy=lambda: None)
        over.set()
        assert first.result() is Verdict.RIGHT
    assert guard.check_password("joe", HERE, check=lambda: True, decoy=lambda: None) is Verdict.RIGHT


@sqlite_only
def test_the_right_password_forgives(guess: Attempts) -> None:
    """Who mistypes and then gets it right begins anew."""
    for _ in range(3):
        assert [guess("joe", password) for password in ("a", "b", "right")][-1] is Verdict.RIGHT


@sqlite_only
def test_an_address_that_guesses_at_many(guess: Attempts) -> None:
    """Wrong passwords of any users, those not checked included, add up to a refusal that says when to come again."""
    for number in range(8):
        guess(f"user-{number // 4}", "wrong")
    with pytest.raises(TooManyGuesses) as refused:
        guess("ann", "right")
    assert 1 <= refused.value.retry_after <= 450
    assert guess("ann", "right", ELSEWHERE) is Verdict.RIGHT


@sqlite_only
def test_who_shares_the_address_of_a_guesser(guess: Attempts) -> None:
    """Who has signed in from an address goes on to, however others guess there; that name can still not be guessed."""
    assert guess("ann", "right") is Verdict.RIGHT
    for number in range(8):
        guess(f"user-{number}", "wrong")
    assert guess("ann", "right") is Verdict.RIGHT
    assert [guess("ann", "wrong") for _ in range(4)][-1] is Verdict.BACKING_OFF
    with pytest.raises(TooManyGuesses):
        guess("bob", "right")


@sqlite_only
def test_a_right_password_is_noted_twice_a_day(
    guess: Attempts, counter: FailureCounter, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing in writes only where it is not noted, or not lately; a day after the last time it is forgotten."""
    really_add, added = counter.add, list[str]()

    def add(subject: str, rate: Rate, now: float) -> float:
        added.append(subject)
        return really_add(subject, rate, now)

    monkeypatch.setattr(counter, "add", add)
    written = []
    for hours in (0, 11, 2, 1, 10):
        clock.now += hours * 3600
        assert guess("ann", "right") is Verdict.RIGHT
        written.append(len(added))
    assert written == [1, 1, 2, 2, 2]
    clock.now += 26 * 3600
    for number in range(8):
        guess(f"user-{number}", "wrong")
    with pytest.raises(TooManyGuesses):
        guess("ann", "right")


@sqlite_only
def test_who_waits_as_told_may_guess_again(guess: Attempts, clock: SimpleNamespace) -> None:
    """Once the time is over one more guess is checked, and then one waits again: of a user, an address, a client."""
    for password in ("a", "b", "c"):
        guess("joe", password)
    clock.now += LIMITS.per_user.pause - 1
    assert guess("joe", "right") is Verdict.BACKING_OFF
    clock.now += 1
    assert [guess("joe", "d"), guess("joe", "right")] == [Verdict.WRONG, Verdict.BACKING_OFF]
    for number in range(8):
        with suppress(TooManyGuesses):
            guess(f"user-{number}", "wrong")
    with pytest.raises(TooManyGuesses) as of_address:
        guess("ann", "right")
    clock.now += of_address.value.retry_after
    assert guess("ann", "wrong") is Verdict.WRONG
    with pytest.raises(TooManyGuesses):
        guess("ann", "right")
    for _ in range(4):
        guess.guard.client_failed("client", HERE)
    with pytest.raises(TooManyGuesses) as of_client:
        guess.guard.admit_client("client", HERE)
    assert of_client.value.retry_after == LIMITS.per_client.pause
    clock.now += of_client.value.retry_after
    guess.guard.admit_client("client", HERE)
    guess.guard.client_failed("client", HERE)
    with pytest.raises(TooManyGuesses):
        guess.guard.admit_client("client", HERE)


def test_processes_count_as_one(counter: FailureCounter) -> None:
    """What one process has counted, another knows."""
    processes = [Attempts(counter) for _ in range(3)]
    for number in range(12):
        processes[number % 3]("joe", "wrong", f"192.0.2.{number // 6}")
    assert sum(process.checked for process in processes) == 6


@sqlite_only
def test_a_clients_secret_is_guessed(counter: FailureCounter) -> None:
    """After so many wrong secrets a client is refused at this address, by every process that has seen one."""
    one, other = GuessGuard(counter, LIMITS), GuessGuard(counter, LIMITS)
    other.client_failed("client", HERE)
    for _ in range(3):
        one.admit_client("client", HERE)
        one.client_failed("client", HERE)
    for guard in (one, other):
        with pytest.raises(TooManyGuesses):
            guard.admit_client("client", HERE)
        guard.admit_client("client", ELSEWHERE)
        guard.admit_client("another", HERE)


@sqlite_only
def test_redis_goes_and_comes(
    counter: FailureCounter, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Redis is away the second place counts, each change is said once, and Redis is used again afterwards."""
    monkeypatch.setattr(falling_back, "_RETRY", 0.0)
    guess = Attempts(FallingBackCounter(RedisCounter(redis_server.url), counter))
    with capture_logs() as lines:
        guess("joe", "wrong")
        redis_server.stop()
        assert [guess("joe", "wrong") for _ in range(4)].count(Verdict.WRONG) == 3
        redis_server.start()
        assert guess("joe", "right") is Verdict.RIGHT
    assert [line["event"] for line in lines] == [
        "Redis is away: guesses are counted in the database",
        "Redis is back: guesses are counted there",
    ]


def test_a_flood_of_tokens() -> None:
    """A client gets as many tokens as it may at once, then waits; other clients do not."""
    gate = FloodGate(Rate(10, 60), processes=2)
    waits = [gate.admit("client") for _ in range(6)]
    assert waits[:5] == [0] * 5
    assert 0 < waits[5] <= 12
    assert gate.admit("another") == 0
    assert FloodGate(None, 1).admit("client") == 0

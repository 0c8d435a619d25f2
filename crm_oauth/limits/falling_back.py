"""Counts in Redis, and in the database while Redis is away."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from structlog import get_logger

from crm_oauth.limits.counter import CounterUnavailable, FailureCounter
from crm_oauth.rates import Rate

_RETRY = 5.0  # seconds before Redis is asked again, so that not every request waits for it

_T = TypeVar("_T")
_log = get_logger(__name__)


class FallingBackCounter:
    """`FailureCounter` over two: the second counts while the first is away, from nought.

    Args:
        first: asked first.
        second: asked when that gives no answer.
    """

    def __init__(self, first: FailureCounter, second: FailureCounter) -> None:
        self._first = first
        self._second = second
        self._away = False
        self._retry_at = 0.0

    def read(self, rates: Mapping[str, Rate], now: float) -> Sequence[float]:
        """Return what is left of each subject's failures."""
        return self._ask(lambda counter: counter.read(rates, now))

    def add(self, subject: str, rate: Rate, now: float) -> float:
        """Count a failure."""
        return self._ask(lambda counter: counter.add(subject, rate, now))

    def forget(self, subject: str) -> None:
        """Forget a subject's failures."""
        self._ask(lambda counter: counter.forget(subject))

    def _ask(self, question: Callable[[FailureCounter], _T]) -> _T:
        if time.monotonic() >= self._retry_at:
            try:
                answer = question(self._first)
            except CounterUnavailable as error:
                self._retry_at = time.monotonic() + _RETRY
                if not self._away:
                    self._away = True
                    _log.warning("Redis is away: guesses are counted in the database", reason=str(error))
            else:
                if self._away:
                    self._away = False
                    _log.warning("Redis is back: guesses are counted there")
                return answer
        return question(self._second)

"""Requests that wait for the cores of servers and of their database, in SimPy: who came first is served first."""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import simpy

_PATIENCE = 300
"""Seconds: whoever is refused comes back at any moment within as many, as Retry-After and jitter have it."""

Process = Generator[Any, Any, None]


@dataclass(frozen=True)
class Stage:
    """Cores of one kind, for which a request needs so many seconds on the average, exponentially distributed."""

    cores: int
    seconds: float


@dataclass(frozen=True)
class Answered:
    """A request: when it first came, when it was answered, and how long the answer took, without what was refused."""

    came: float
    done: float
    took: float


class Service:
    """A request passes the stages one after the other.

    Args:
        stages: its cores.
        room: requests that may be inside, waiting or served; more are refused. None: any number.
    """

    def __init__(self, stages: Sequence[Stage], *, room: int | None = None) -> None:
        self.environment = simpy.Environment()
        self.answered: list[Answered] = []
        self.refused = 0
        self._stages = [(simpy.Resource(self.environment, stage.cores), stage.seconds) for stage in stages]
        self._room = room
        self._inside = 0
        self._random = Random(1)  # noqa: S311  # a simulation shall be the same each time

    def closed(self, connections: int, requests: int) -> float:
        """Keep connections busy, each asking again once it is answered; returns the requests per second."""
        for _ in range(connections):
            self.environment.process(self._ask_again())
        while len(self.answered) < requests:
            self.environment.step()
        return len(self.answered) / float(self.environment.now)

    def opened(self, per_second: float, seconds: float, herd: Iterable[float] = ()) -> None:
        """Let requests come at random for some seconds, and others at given moments; ends when all are answered."""
        self.environment.process(self._come(per_second, seconds))
        self.environment.process(self._come_at(sorted(herd)))
        self.environment.run()

    def _ask_again(self) -> Process:
        while True:
            yield from self._pass(float(self.environment.now))

    def _come(self, per_second: float, until: float) -> Process:
        while True:
            yield self.environment.timeout(self._random.expovariate(per_second))
            if self.environment.now > until:
                return
            self.environment.process(self._try(float(self.environment.now)))

    def _come_at(self, moments: Iterable[float]) -> Process:
        for moment in moments:
            yield self.environment.timeout(moment - self.environment.now)
            self.environment.process(self._try(float(self.environment.now)))

    def _try(self, came: float) -> Process:
        while self._room is not None and self._inside >= self._room:
            self.refused += 1
            yield self.environment.timeout(self._random.uniform(1, _PATIENCE))
        self._inside += 1
        yield from self._pass(came)
        self._inside -= 1

    def _pass(self, came: float) -> Process:
        entered = float(self.environment.now)
        for cores, seconds in self._stages:
            with cores.request() as core:
                yield core
                yield self.environment.timeout(self._random.expovariate(1 / seconds))
        now = float(self.environment.now)
        self.answered.append(Answered(came, now, now - entered))


def share(answered: Iterable[Answered], part: float, of: Callable[[Answered], float] = lambda each: each.took) -> float:
    """Return the value below which a part of the answers lies, such as 0.99."""
    values = sorted(map(of, answered))
    return values[int(part * (len(values) - 1))]

"""Engines in a process that forks."""

import os
from weakref import WeakSet

from sqlalchemy import Engine

_engines: WeakSet[Engine] = WeakSet()


def part_at_forks(engine: Engine) -> None:
    """Have a child process forget the connections that its parent has, which go on being the parent's.

    Two processes on one connection would read each other's answers: somebody else's token.

    Args:
        engine: any.
    """
    _engines.add(engine)


def _part() -> None:
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_part)

"""A core for each of gunicorn's workers, where there are as many of one as of the other.

One thread of a worker runs Python at a time. Left alone, the system lets them take turns on all cores, and what one has
just used is in another core's cache. A slow hash is another matter: it lets the others run Python meanwhile, and takes
whichever core is idle.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

_has_affinity = hasattr(os, "sched_setaffinity")  # macOS has none
_all: set[int] = set()


def own_core(workers: int, taken: Iterable[int | None]) -> int | None:
    """Choose the core of a new worker: the one that the fewest have.

    Args:
        workers: as many as there shall be.
        taken: the core of each that there is, also of those that are about to end.

    Returns:
        None, for all cores: fewer workers would leave some idle, more would share unevenly.
    """
    cores = sorted(os.sched_getaffinity(0)) if _has_affinity else []
    if workers != len(cores):
        return None
    shares = Counter(taken)
    return min(cores, key=lambda core: shares[core])


def keep_to(core: int | None) -> None:
    """Have this process run on one core only; it must not have begun a second thread.

    Args:
        core: None leaves it as it is.
    """
    if core is None:
        return
    cores = os.sched_getaffinity(0)
    with suppress(OSError):  # not every container allows it, and all work without
        os.sched_setaffinity(0, {core})
        _all.update(cores)


@contextmanager
def any_core() -> Iterator[None]:
    """Let this thread run on any core, within the block or the function that this decorates."""
    if not _all:  # nobody is kept to a core here
        yield
        return
    own = os.sched_getaffinity(0)
    with suppress(OSError):
        os.sched_setaffinity(0, _all)
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, own)

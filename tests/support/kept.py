"""What takes long to start and is kept for whoever asks for it next."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from typing import TypeVar

_T = TypeVar("_T")


@contextmanager
def kept(start: Callable[[str], AbstractContextManager[_T]]) -> Iterator[Callable[[str], _T]]:
    """Lend a function that starts what a name stands for when it is first asked; all of it ends at the end.

    pytest keeps one value of a fixture at a time, and xdist has each file run through all values anew.
    """
    with ExitStack() as stack:
        yield cache(lambda name: stack.enter_context(start(name)))

"""A small set whose members are forgotten after a while."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

_Member = TypeVar("_Member", bound=Hashable)


class ExpiringSet(Generic[_Member]):
    """A thread-safe set that forgets each member after a time, and the oldest one when it is full.

    Args:
        seconds: How long a member stays, counted from `add`; looking it up does not prolong that.
        size: How many members it holds at most.
    """

    def __init__(self, seconds: float, size: int) -> None:
        self._seconds = seconds
        self._size = size
        self._expiry: OrderedDict[_Member, float] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, member: _Member) -> bool:
        with self._lock:
            return monotonic() < self._expiry.get(member, 0)

    def add(self, member: _Member) -> None:
        """Take in a member, or keep it for another full term."""
        with self._lock:
            self._expiry[member] = monotonic() + self._seconds
            self._expiry.move_to_end(member)
            if len(self._expiry) > self._size:
                self._expiry.popitem(last=False)

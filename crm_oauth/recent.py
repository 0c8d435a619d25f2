"""A mapping that keeps what was put into it last."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """A thread-safe mapping of bounded size: the entry that was put in first goes first.

    Args:
        size: How many entries it holds at most.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> _Value | None:
        """Return what was put in last for this key."""
        return self._entries.get(key)

    def put(self, key: _Key, value: _Value) -> None:
        """Take in an entry, or replace it."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def forget(self, key: _Key) -> None:
        """Drop an entry, if it is there."""
        with self._lock:
            self._entries.pop(key, None)

"""Rows that several threads have at about the same time, written together.

The threads of a process take turns in the interpreter, and whoever waits for the database has to wait for a turn once
more. Who steps aside for a moment before that, while others are in the middle of their work, finds the rows that they
have by then: one round trip and one commit serve all. PostgreSQL's own `commit_delay` does so for transactions.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock
from time import monotonic, sleep
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError

from crm_oauth.store.prepared_write import Row
from crm_oauth.store.refusals import is_about_a_row

_PAUSE = 0.0001  # seconds in which others get their turn
_AT_MOST = 8  # rows at a time: each number is a statement of its own
_QUICK = 0.0015  # seconds; a database that takes longer leaves the interpreter to others for long enough
_FORGETFULNESS = 1.02  # by which the quickest statement counts as slower with each that follows
_PATIENCE = 1  # seconds for a turn; whoever waits in vain waits as long as the database has him, besides

Member = TypeVar("Member", bound=Hashable)
Write = Callable[[Member, Sequence[Row]], Sequence[bool]]


class _Waiting(Future["bool | None"]):
    """A row that waits; its result is whether its condition held, or None if it should be tried without the others."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row


class GroupCommit(Generic[Member]):
    """Has rows that come together written together, by the thread that came first.

    Args:
        one_at_a_time: whether the database takes one transaction at a time. Then whoever has to wait for that gathers
            rows meanwhile; over others nobody waits for a statement that has been sent.
    """

    def __init__(self, *, one_at_a_time: bool) -> None:
        self.members: set[Member] = set()
        """All who may have a row soon."""
        self._turn = Lock() if one_at_a_time else None
        self._quickest = _QUICK / 2  # seconds of the quickest of the last statements, which waited for no turn
        self._groups: dict[Write[Member], list[_Waiting]] = {}
        self._lock = Lock()

    def write(self, member: Member, write: Write[Member], row: Row) -> bool:
        """Write a row, perhaps together with those of other members, and tell whether its condition held.

        Args:
            member: whose row it is.
            write: what is done with it; a member does it for several rows, of which it writes all or none.
            row: what is to be written.
        """
        waiting = _Waiting(row)
        with self._lock:
            group = self._groups.get(write, [])
            is_first = len(group) % _AT_MOST == 0
            if is_first:
                group = self._groups[write] = []
            group.append(waiting)
        if is_first:
            self._write_group(member, write, group)
        held = waiting.result()
        return write(member, [row])[0] if held is None else held

    def _write_group(self, member: Member, write: Write[Member], group: list[_Waiting]) -> None:
        try:
            with self._in_turn():
                if len(self.members) > 1 and (self._turn or self._quickest < _QUICK):
                    sleep(_PAUSE)
                self._close(write, group)
                began = monotonic()
                all_held = _written(member, write, group)
            self._quickest = min(monotonic() - began, self._quickest * _FORGETFULNESS)
            for waiting, held in zip(group, all_held, strict=True):
                waiting.set_result(held)
        except BaseException as error:  # noqa: BLE001  # whatever it is: each of them raises it
            self._close(write, group)
            for waiting in group:
                if not waiting.done():
                    waiting.set_exception(error)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        # If those before wait in vain, all do so at the same time rather than one after the other.
        turn = self._turn if self._turn and self._turn.acquire(timeout=_PATIENCE) else None
        try:
            yield
        finally:
            if turn:
                turn.release()

    def _close(self, write: Write[Member], group: list[_Waiting]) -> None:
        with self._lock:
            if self._groups.get(write) is group:
                del self._groups[write]


def _written(member: Member, write: Write[Member], group: Sequence[_Waiting]) -> Sequence[bool | None]:
    try:
        return write(member, [waiting.row for waiting in group])
    except DBAPIError as error:
        if len(group) == 1 or not is_about_a_row(error):
            raise
        return [None] * len(group)  # the others shall not suffer for it

"""What several threads want of the database at about the same time, done together.

The threads of a process take turns in the interpreter, and whoever waits for the database has to wait for a turn once
more. Who steps aside for a moment before that, while others are in the middle of their work, finds what they want by
then: one round trip and one commit serve all. PostgreSQL's own `commit_delay` does so for transactions.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock
from time import monotonic, sleep
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import DBAPIError

from crm_oauth.store.refusals import is_about_a_row

_PAUSE = 0.0001  # seconds in which others get their turn
_AT_MOST = 8  # items at a time: each number is a statement of its own
_QUICK = 0.0015  # seconds; a database that takes longer leaves the interpreter to others for long enough
_FORGETFULNESS = 1.02  # by which the quickest statement counts as slower with each that follows
_PATIENCE = 1  # seconds for a turn; whoever waits in vain waits as long as the database has him, besides

_ALONE = object()

Member = TypeVar("Member", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Member, Sequence[Item]], Sequence[Result]]
"""What is done for several items, for all or for none, with a result for each."""


class _Waiting(Future[Any]):
    """An item that waits; its result may be `_ALONE`: it should be tried without the others."""

    def __init__(self, item: object) -> None:
        super().__init__()
        self.item = item


class Together(Generic[Member]):
    """Has what comes together done together, by the thread that came first.

    Args:
        one_at_a_time: whether the database takes one transaction at a time. Then whoever has to wait for that gathers
            items meanwhile; over others nobody waits for a statement that has been sent.
    """

    def __init__(self, *, one_at_a_time: bool) -> None:
        self.members: set[Member] = set()
        """All who may want something soon."""
        self._turn = Lock() if one_at_a_time else None
        # Seconds of the quickest of the last statements of each work, which waited for no turn.
        self._quickest: defaultdict[Work[Member, Any, Any], float] = defaultdict(lambda: _QUICK / 2)
        self._groups: dict[Work[Member, Any, Any], list[_Waiting]] = {}
        self._lock = Lock()

    def do(self, member: Member, work: Work[Member, Item, Result], item: Item) -> Result:
        """Do what a member wants, perhaps together with what others want, and return its result.

        Args:
            member: who wants it.
            work: what is done.
            item: for which.
        """
        waiting = _Waiting(item)
        with self._lock:
            group = self._groups.get(work, [])
            is_first = len(group) % _AT_MOST == 0
            if is_first:
                group = self._groups[work] = []
            group.append(waiting)
        if is_first:
            self._do_for_all(member, work, group)
        result: Result = waiting.result()
        return work(member, [item])[0] if result is _ALONE else result

    def _do_for_all(self, member: Member, work: Work[Member, Any, Any], group: list[_Waiting]) -> None:
        try:
            with self._in_turn():
                if len(self.members) > 1 and (self._turn or self._quickest[work] < _QUICK):
                    sleep(_PAUSE)
                self._close(work, group)
                began = monotonic()
                results = _results(member, work, group)
            self._quickest[work] = min(monotonic() - began, self._quickest[work] * _FORGETFULNESS)
            for waiting, result in zip(group, results, strict=True):
                waiting.set_result(result)
        except BaseException as error:  # noqa: BLE001  # whatever it is: each of them raises it
            self._close(work, group)
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

    def _close(self, work: Work[Member, Any, Any], group: list[_Waiting]) -> None:
        with self._lock:
            if self._groups.get(work) is group:
                del self._groups[work]


def _results(member: Member, work: Work[Member, Any, Any], group: Sequence[_Waiting]) -> Sequence[Any]:
    try:
        return work(member, [waiting.item for waiting in group])
    except DBAPIError as error:
        if len(group) == 1 or not is_about_a_row(error):
            raise
        return [_ALONE] * len(group)  # the others shall not suffer for it

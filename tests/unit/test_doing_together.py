"""Rows that threads have at about the same time are written together, and each is told what became of its own."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from threading import Barrier, Event
from time import sleep

import pytest
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from crm_oauth.store import together
from crm_oauth.store.prepared_write import Row
from crm_oauth.store.together import Together


class Written:
    """What was written, group by group; a row says itself whether its condition holds, or what fails."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []

    def write(self, _member: str, rows: Sequence[Row]) -> Sequence[bool]:
        """Write all of the rows or none."""
        self.groups.append(sorted(row["name"] for row in rows))
        for row in rows:
            if fault := row.get("fault"):
                raise fault
        return [row.get("holds", True) for row in rows]


@pytest.fixture
def written() -> Written:
    """Nothing yet."""
    return Written()


@pytest.fixture(autouse=True)
def _long_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_PAUSE", 0.5)


def write_at_once(doing: Together[str], written: Written, rows: Sequence[Row]) -> list[Future[bool]]:
    """Have as many members as rows come with them at the same time."""
    doing.members |= {row["name"] for row in rows}
    all_here = Barrier(len(rows), timeout=20)

    def write(row: Row) -> bool:
        all_here.wait()
        return doing.do(row["name"], written.write, row)

    with ThreadPoolExecutor(len(rows)) as threads:
        return [threads.submit(write, row) for row in rows]


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_together(written: Written, one_at_a_time: bool) -> None:  # noqa: FBT001  # pytest's way
    """Rows that come at the same time are one group, and each member is told whether its own condition held."""
    rows: list[Row] = [{"name": "a"}, {"name": "b", "holds": False}, {"name": "c"}]
    told = write_at_once(Together(one_at_a_time=one_at_a_time), written, rows)
    assert [each.result() for each in told] == [True, False, True]
    assert written.groups == [["a", "b", "c"]]


def test_alone(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nobody else to wait for, nobody is waited for."""
    monkeypatch.setattr(together, "_PAUSE", 60)
    doing = Together[str](one_at_a_time=False)
    doing.members.add("a")
    assert [doing.do("a", written.write, {"name": name}) for name in "ab"] == [True, True]
    assert written.groups == [["a"], ["b"]]


def test_nothing_is_a_result() -> None:
    """Whoever is told None is told so once: nothing is tried again."""
    doing, asked = Together[str](one_at_a_time=False), []

    def look_up(_member: str, items: Sequence[str]) -> Sequence[None]:
        asked.append(items)
        return [None] * len(items)

    assert doing.do("a", look_up, "item") is None
    assert asked == [["item"]]


def test_other_writes_are_other_groups(written: Written) -> None:
    """What is written in another way is written by itself."""
    doing, other = Together[str](one_at_a_time=False), Written()
    doing.members |= {"a", "b"}
    with ThreadPoolExecutor(2) as threads:
        told = [threads.submit(doing.do, "a", by.write, {"name": "a"}) for by in (written, other)]
    assert [each.result() for each in told] == [True, True]
    assert written.groups == other.groups == [["a"]]


def test_eight_at_most(written: Written) -> None:
    """More rows than eight are several groups, and none is forgotten."""
    told = write_at_once(Together(one_at_a_time=False), written, [{"name": f"{number}"} for number in range(10, 30)])
    assert all(each.result() for each in told)
    assert sorted(len(group) for group in written.groups) == [4, 8, 8]
    assert sorted(chain(*written.groups)) == [f"{number}" for number in range(10, 30)]


@pytest.mark.parametrize("kind", [DataError, IntegrityError])
def test_a_bad_row_is_nobody_elses_fault(written: Written, kind: type[DataError | IntegrityError]) -> None:
    """Where one row of several is refused each is tried by itself, and only the bad one fails."""
    fault = kind("", {}, Exception("bad"))
    good, bad, also_good = write_at_once(
        Together(one_at_a_time=False), written, [{"name": "a"}, {"name": "b", "fault": fault}, {"name": "c"}]
    )
    assert (good.result(), also_good.result()) == (True, True)
    with pytest.raises(kind, match="bad"):
        bad.result()
    assert written.groups[0] == ["a", "b", "c"]
    assert sorted(written.groups[1:]) == [["a"], ["b"], ["c"]]


def test_a_lone_bad_row(written: Written) -> None:
    """A row that is refused by itself is not tried again."""
    doing, fault = Together[str](one_at_a_time=False), IntegrityError("", {}, Exception("bad"))
    with pytest.raises(IntegrityError, match="bad"):
        doing.do("a", written.write, {"name": "a", "fault": fault})
    assert written.groups == [["a"]]


def test_a_write_that_tells_too_little() -> None:
    """Who is told nothing of his row by mistake gets an error, and does not wait for ever."""
    doing = Together[str](one_at_a_time=False)

    def write(_member: str, rows: Sequence[Row]) -> Sequence[bool]:
        return [True] * (len(rows) - 1)

    doing.members |= {"a", "b"}
    with ThreadPoolExecutor(2) as threads:
        told = [threads.submit(doing.do, name, write, {"name": name}) for name in "ab"]
    assert [type(each.exception(20)) for each in told].count(ValueError) == 1


@pytest.mark.parametrize("fault", [OperationalError("", {}, Exception("away")), RuntimeError("away")])
def test_a_failure_is_told_to_all(written: Written, fault: Exception) -> None:
    """Where the database cannot do it nothing is tried again, and whoever had a row is told."""
    doing = Together[str](one_at_a_time=False)
    told = write_at_once(doing, written, [{"name": "a"}, {"name": "b", "fault": fault}])
    for each in told:
        with pytest.raises(type(fault), match="away"):
            each.result()
    assert written.groups == [["a", "b"]]
    assert doing.do("a", written.write, {"name": "a"}), "the next one is not affected"


def test_over_a_slow_database_nobody_waits() -> None:
    """Where each statement of a kind takes long two are under way at once, however quick those of others are."""
    doing = Together[str](one_at_a_time=False)
    both_under_way = Barrier(1, timeout=20)

    def write_slowly(_member: str, rows: Sequence[Row]) -> Sequence[bool]:
        sleep(0.004)
        both_under_way.wait()
        return [True] * len(rows)

    def look_up_quickly(_member: str, items: Sequence[str]) -> Sequence[str]:
        return items

    for _ in range(50):
        doing.do("a", write_slowly, {})
        doing.do("a", look_up_quickly, "item")
    both_under_way = Barrier(2, timeout=20)
    doing.members |= {"a", "b"}
    with ThreadPoolExecutor(2) as threads:
        told = [threads.submit(doing.do, name, write_slowly, {"name": name}) for name in "ab"]
    assert [each.result() for each in told] == [True, True]


class OneHeldUp:
    """The first write takes until `go_on`."""

    def __init__(self, written: Written) -> None:
        self.begun, self.go_on = Event(), Event()
        self._written = written

    def write(self, member: str, rows: Sequence[Row]) -> Sequence[bool]:
        """Write them, later if they are the first."""
        if not self.begun.is_set():
            self.begun.set()
            assert self.go_on.wait(20)
        return self._written.write(member, rows)


def test_who_waits_for_a_turn_gathers(written: Written) -> None:
    """Where the database takes one transaction at a time, the rows that come during one are one group after it."""
    doing, held_up = Together[str](one_at_a_time=True), OneHeldUp(written)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(doing.do, "a", held_up.write, {"name": "a"})
        assert held_up.begun.wait(20)
        others = [threads.submit(doing.do, name, held_up.write, {"name": name}) for name in "bcd"]
        with pytest.raises(TimeoutError):
            others[0].result(0.3)
        held_up.go_on.set()
        assert all(each.result() for each in (first, *others))
    assert written.groups == [["a"], ["b", "c", "d"]]


def test_waiting_for_a_turn_ends(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long tries without a turn, and finds out what the database says."""
    monkeypatch.setattr(together, "_PATIENCE", 0.2)
    doing, held_up = Together[str](one_at_a_time=True), OneHeldUp(written)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(doing.do, "a", held_up.write, {"name": "a"})
        assert held_up.begun.wait(20)
        assert threads.submit(doing.do, "b", held_up.write, {"name": "b"}).result(20)
        held_up.go_on.set()
        assert first.result()
    assert written.groups == [["b"], ["a"]]

"""Rows that threads have at about the same time are written together, and each is told what became of its own."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from threading import Barrier, Event
from time import sleep

import pytest
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from crm_oauth.store import group_commit
from crm_oauth.store.group_commit import GroupCommit
from crm_oauth.store.prepared_write import Row


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
    monkeypatch.setattr(group_commit, "_PAUSE", 0.5)


def write_at_once(commits: GroupCommit[str], written: Written, rows: Sequence[Row]) -> list[Future[bool]]:
    """Have as many members as rows come with them at the same time."""
    commits.members |= {row["name"] for row in rows}
    all_here = Barrier(len(rows), timeout=20)

    def write(row: Row) -> bool:
        all_here.wait()
        return commits.write(row["name"], written.write, row)

    with ThreadPoolExecutor(len(rows)) as threads:
        return [threads.submit(write, row) for row in rows]


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_together(written: Written, one_at_a_time: bool) -> None:  # noqa: FBT001  # pytest's way
    """Rows that come at the same time are one group, and each member is told whether its own condition held."""
    rows: list[Row] = [{"name": "a"}, {"name": "b", "holds": False}, {"name": "c"}]
    told = write_at_once(GroupCommit(one_at_a_time=one_at_a_time), written, rows)
    assert [each.result() for each in told] == [True, False, True]
    assert written.groups == [["a", "b", "c"]]


def test_alone(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nobody else to wait for, nobody is waited for."""
    monkeypatch.setattr(group_commit, "_PAUSE", 60)
    commits = GroupCommit[str](one_at_a_time=False)
    commits.members.add("a")
    assert [commits.write("a", written.write, {"name": name}) for name in "ab"] == [True, True]
    assert written.groups == [["a"], ["b"]]


def test_other_writes_are_other_groups(written: Written) -> None:
    """What is written in another way is written by itself."""
    commits, other = GroupCommit[str](one_at_a_time=False), Written()
    commits.members |= {"a", "b"}
    with ThreadPoolExecutor(2) as threads:
        told = [threads.submit(commits.write, "a", by.write, {"name": "a"}) for by in (written, other)]
    assert [each.result() for each in told] == [True, True]
    assert written.groups == other.groups == [["a"]]


def test_eight_at_most(written: Written) -> None:
    """More rows than eight are several groups, and none is forgotten."""
    told = write_at_once(GroupCommit(one_at_a_time=False), written, [{"name": f"{number}"} for number in range(10, 30)])
    assert all(each.result() for each in told)
    assert sorted(len(group) for group in written.groups) == [4, 8, 8]
    assert sorted(chain(*written.groups)) == [f"{number}" for number in range(10, 30)]


@pytest.mark.parametrize("kind", [DataError, IntegrityError])
def test_a_bad_row_is_nobody_elses_fault(written: Written, kind: type[DataError | IntegrityError]) -> None:
    """Where one row of several is refused each is tried by itself, and only the bad one fails."""
    fault = kind("", {}, Exception("bad"))
    good, bad, also_good = write_at_once(
        GroupCommit(one_at_a_time=False), written, [{"name": "a"}, {"name": "b", "fault": fault}, {"name": "c"}]
    )
    assert (good.result(), also_good.result()) == (True, True)
    with pytest.raises(kind, match="bad"):
        bad.result()
    assert written.groups[0] == ["a", "b", "c"]
    assert sorted(written.groups[1:]) == [["a"], ["b"], ["c"]]


def test_a_lone_bad_row(written: Written) -> None:
    """A row that is refused by itself is not tried again."""
    commits, fault = GroupCommit[str](one_at_a_time=False), IntegrityError("", {}, Exception("bad"))
    with pytest.raises(IntegrityError, match="bad"):
        commits.write("a", written.write, {"name": "a", "fault": fault})
    assert written.groups == [["a"]]


def test_a_write_that_tells_too_little() -> None:
    """Who is told nothing of his row by mistake gets an error, and does not wait for ever."""
    commits = GroupCommit[str](one_at_a_time=False)

    def write(_member: str, rows: Sequence[Row]) -> Sequence[bool]:
        return [True] * (len(rows) - 1)

    commits.members |= {"a", "b"}
    with ThreadPoolExecutor(2) as threads:
        told = [threads.submit(commits.write, name, write, {"name": name}) for name in "ab"]
    assert [type(each.exception(20)) for each in told].count(ValueError) == 1


@pytest.mark.parametrize("fault", [OperationalError("", {}, Exception("away")), RuntimeError("away")])
def test_a_failure_is_told_to_all(written: Written, fault: Exception) -> None:
    """Where the database cannot do it nothing is tried again, and whoever had a row is told."""
    commits = GroupCommit[str](one_at_a_time=False)
    told = write_at_once(commits, written, [{"name": "a"}, {"name": "b", "fault": fault}])
    for each in told:
        with pytest.raises(type(fault), match="away"):
            each.result()
    assert written.groups == [["a", "b"]]
    assert commits.write("a", written.write, {"name": "a"}), "the next one is not affected"


def test_over_a_slow_database_nobody_waits(written: Written) -> None:
    """Where each statement takes long two are under way at once, rather than one for both."""
    commits = GroupCommit[str](one_at_a_time=False)

    def write_slowly(_member: str, _rows: Sequence[Row]) -> Sequence[bool]:
        sleep(0.004)
        return [True]

    for _ in range(50):
        commits.write("a", write_slowly, {})
    both_under_way = Barrier(2, timeout=20)

    def write(member: str, rows: Sequence[Row]) -> Sequence[bool]:
        both_under_way.wait()
        return written.write(member, rows)

    commits.members |= {"a", "b"}
    with ThreadPoolExecutor(2) as threads:
        told = [threads.submit(commits.write, name, write, {"name": name}) for name in "ab"]
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
    commits, held_up = GroupCommit[str](one_at_a_time=True), OneHeldUp(written)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(commits.write, "a", held_up.write, {"name": "a"})
        assert held_up.begun.wait(20)
        others = [threads.submit(commits.write, name, held_up.write, {"name": name}) for name in "bcd"]
        with pytest.raises(TimeoutError):
            others[0].result(0.3)
        held_up.go_on.set()
        assert all(each.result() for each in (first, *others))
    assert written.groups == [["a"], ["b", "c", "d"]]


def test_waiting_for_a_turn_ends(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long tries without a turn, and finds out what the database says."""
    monkeypatch.setattr(group_commit, "_PATIENCE", 0.2)
    commits, held_up = GroupCommit[str](one_at_a_time=True), OneHeldUp(written)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(commits.write, "a", held_up.write, {"name": "a"})
        assert held_up.begun.wait(20)
        assert threads.submit(commits.write, "b", held_up.write, {"name": "b"}).result(20)
        held_up.go_on.set()
        assert first.result()
    assert written.groups == [["b"], ["a"]]

"""A value follows its files, and never follows them into something unusable."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from structlog.testing import capture_logs

from crm_oauth.faults import StartupError
from crm_oauth.oauth.watched import Watched

_THREADS = 16


class _Text:
    """The text of a file or of a folder's files; "bad" cannot be used. Every reading gives another object."""

    def __init__(self, path: Path) -> None:
        paths = sorted(path.iterdir()) if path.is_dir() else [path]
        self.text = "".join(path.read_text() for path in paths)
        if "bad" in self.text:
            raise StartupError([f"{path} is bad"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the text `one`."""
    path = tmp_path / "file"
    path.write_text("one")
    return path


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def test_unchanged_files_are_not_read_again(file: Path) -> None:
    """While the files stay as they are there is nothing newer, and the value is the same object."""
    watched = Watched(lambda: _Text(file), [file])
    value = watched.value
    assert watched.newer_than(value) is None
    assert watched.value is value


def test_a_change_is_seen_when_asked_for(file: Path) -> None:
    """Asked for something newer, the value is read at once."""
    watched = Watched(lambda: _Text(file), [file])
    value = watched.value
    _replace(file, "two")
    newer = watched.newer_than(value)
    assert newer
    assert newer.text == "two"
    assert watched.value is newer


def test_a_change_is_seen_unasked(file: Path) -> None:
    """Whoever only ever takes the value gets the new one too, soon."""
    watched = Watched(lambda: _Text(file), [file])
    _replace(file, "two")
    deadline = time.monotonic() + 30
    while watched.value.text == "one":
        assert time.monotonic() < deadline
        time.sleep(0.05)  # the files are looked at once a second
    assert watched.value.text == "two"


def test_threads_that_ask_together_all_get_the_new_value(file: Path) -> None:
    """Of many threads whose value did not do, each gets the new one, and it is read once."""
    readings = []

    def load() -> _Text:
        readings.append(1)
        return _Text(file)

    watched = Watched(load, [file])
    value = watched.value
    _replace(file, "two")
    start = Barrier(_THREADS)

    def ask(_number: int) -> _Text | None:
        start.wait()
        return watched.newer_than(value)

    with ThreadPoolExecutor(_THREADS) as threads:
        newer = list(threads.map(ask, range(_THREADS)))
    assert [text and text.text for text in newer] == ["two"] * _THREADS
    assert len(readings) == 2


def test_a_new_mode_is_a_change(file: Path) -> None:
    """A file that was made readable again is read again, although its content is as old as before."""
    watched = Watched(lambda: _Text(file), [file])
    value = watched.value
    file.chmod(0o640)
    assert watched.newer_than(value)


def test_a_change_while_the_value_is_read_is_seen(file: Path) -> None:
    """What was replaced between two looks is read at the next one, also where the first reading was under way."""

    def load() -> _Text:
        text = _Text(file)
        if text.text == "one":
            _replace(file, "two")
        return text

    watched = Watched(load, [file])
    assert watched.value.text == "one"
    newer = watched.newer_than(watched.value)
    assert newer
    assert newer.text == "two"


def test_a_fault_that_passes_is_no_fault(file: Path) -> None:
    """A new file that could not be read is read at the next look, though it is the same."""
    faults = iter([False, True, False])

    def load() -> _Text:
        if next(faults):
            raise StartupError(["too many open files"])
        return _Text(file)

    watched = Watched(load, [file])
    value = watched.value
    _replace(file, "two")
    assert watched.newer_than(value) is None
    newer = watched.newer_than(value)
    assert newer
    assert newer.text == "two"


def test_a_path_that_leads_nowhere_is_a_missing_file(file: Path) -> None:
    """What cannot be looked at stops nobody."""
    watched = Watched(lambda: _Text(file), [file, file / "below"])
    assert watched.newer_than(watched.value) is None


def test_files_of_a_folder_count(tmp_path: Path) -> None:
    """A file added to a folder, rewritten in place, or removed, is a change each time."""
    watched = Watched(lambda: _Text(tmp_path), [tmp_path])
    seen = [watched.value]
    for change in (
        lambda: (tmp_path / "a").write_text("half"),
        lambda: (tmp_path / "a").write_text("half and half"),
        (tmp_path / "a").unlink,
    ):
        change()
        newer = watched.newer_than(seen[-1])
        assert newer
        seen.append(newer)
    assert [value.text for value in seen] == ["", "half", "half and half", ""]


def test_a_file_that_is_missing_at_first_is_noticed(tmp_path: Path) -> None:
    """A folder that did not exist yet is a change when it does."""
    folder = tmp_path / "folder"
    watched = Watched(lambda: _Text(folder if folder.is_dir() else tmp_path), [folder])
    value = watched.value
    folder.mkdir()
    assert watched.newer_than(value)


def test_an_unusable_file_changes_nothing_and_is_told_once(file: Path) -> None:
    """The last good value stays, one line tells of it however often it is asked, and a good file ends it."""
    watched = Watched(lambda: _Text(file), [file])
    value = watched.value
    _replace(file, "bad")
    with capture_logs() as lines:
        assert [watched.newer_than(value) for _ in range(3)] == [None] * 3
    assert watched.value is value
    [line] = lines
    assert (line["log_level"], line["faults"]) == ("error", (f"{file} is bad",))
    _replace(file, "good")
    newer = watched.newer_than(value)
    assert newer
    assert newer.text == "good"


def test_the_same_fault_again_is_told_again(file: Path) -> None:
    """Once good files have been read, a fault like an earlier one is news."""
    watched = Watched(lambda: _Text(file), [file])
    with capture_logs() as lines:
        for text in ("bad", "good", "bad again"):
            _replace(file, text)
            watched.newer_than(watched.value)
    assert len(lines) == 2


def test_the_first_reading_must_succeed(file: Path) -> None:
    """There is no last good value at the start: the fault is the caller's."""
    file.write_text("bad")
    with pytest.raises(StartupError, match="is bad"):
        Watched(lambda: _Text(file), [file])

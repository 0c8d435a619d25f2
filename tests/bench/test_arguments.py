"""What a benchmark cannot do it says in a sentence, before anything starts."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import needs
from bench.subjects import DATABASES
from tests.support.database_servers import MariadbServer, PostgresqlServer


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has all programs but MariaDB's."""
    monkeypatch.setattr(needs, "find_program", Path)
    monkeypatch.setattr(PostgresqlServer, "missing_programs", list)
    monkeypatch.setattr(MariadbServer, "missing_programs", lambda: ["mariadbd"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--database", "MariaDB"], "MariaDB needs mariadbd; on Debian: apt-get install mariadb-server"),
        (["--path", "refresh"], "argument --path: invalid choice: 'refresh'"),
        (["--write", "--path", "verify"], "--write keeps the whole page only"),
        (["--write", "--database", "SQLite"], "--write keeps the whole page only"),
        (["--write"], "--write keeps the whole page only"),
    ],
)
def test_it_refuses(
    arguments: Sequence[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A database or path that is not to be had is refused, and so is to keep a page that would lack one."""
    assert sentence in _refusal(arguments, monkeypatch, capsys)


def test_it_needs_wrk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without wrk it says how to get it."""
    monkeypatch.setattr(needs, "find_program", lambda _name: None)
    assert "needs wrk, which this machine lacks; on Debian: apt-get install wrk" in _refusal([], monkeypatch, capsys)


def test_a_database_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A database without its programs is left out with a sentence where nobody asked for it by name."""
    assert needs.databases(ArgumentParser(), None) == [name for name in DATABASES if name != "MariaDB"]
    assert "left out: MariaDB needs mariadbd" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: database"),
        (["Oracle"], "invalid choice: 'Oracle'"),
        (["MariaDB"], "MariaDB needs mariadbd"),
        (["SQLite", "many"], "invalid int value: 'many'"),
    ],
)
def test_a_benchmark_of_one_database_refuses(
    arguments: Sequence[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is not named, not known or not to be had is refused, and so is what is no number of rows."""
    monkeypatch.setattr("sys.argv", ["bench/panel.py", *arguments])
    with pytest.raises(SystemExit, match="2"):
        needs.one_database("")
    told = capsys.readouterr().err
    assert "python -m bench.panel: error:" in told
    assert sentence in told


def test_a_benchmark_of_one_database_takes_its_name_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name counts in any case; of rows there are a million unless it is said."""
    monkeypatch.setattr("sys.argv", ["bench/panel.py", "postgresql"])
    assert needs.one_database("") == ("PostgreSQL", 1_000_000)
    monkeypatch.setattr("sys.argv", ["bench/panel.py", "SQLite", "20"])
    assert needs.one_database("") == ("SQLite", 20)


def _refusal(arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    with pytest.raises(SystemExit, match="2"):
        bench.main()
    told = capsys.readouterr()
    assert told.out == ""
    return told.err

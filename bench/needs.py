"""What a benchmark settles before anything starts: which programs there are, and that it cleans up when it is ended."""

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from bench.subjects import DATABASES
from tests.support.programs import find_program

_PACKAGES = {"wrk": "wrk", "node": "nodejs", "npm": "npm", "MariaDB": "mariadb-server", "PostgreSQL": "postgresql"}


def clean_up_at_end() -> None:
    """Have SIGTERM end this process as Ctrl+C does: by way of each `finally`, which stops servers, removes folders."""
    signal.signal(signal.SIGTERM, _end)


def need_programs(parser: ArgumentParser, *names: str) -> None:
    """End with a sentence unless all of these programs are there.

    Args:
        parser: of the command line.
        names: of programs, such as `wrk`.
    """
    for name in names:
        if not find_program(name):
            parser.error(f"needs {name}, which this machine lacks; on Debian: apt-get install {_PACKAGES[name]}")


def databases(parser: ArgumentParser, asked: Sequence[str] | None) -> list[str]:
    """Return those to be measured, and tell of each that is left out; end with a sentence if it was asked for.

    Args:
        parser: of the command line.
        asked: names of databases; None: all that this machine has the programs for.
    """
    chosen = []
    for name in dict.fromkeys(asked or DATABASES):
        make = DATABASES[name]
        missing = make.missing_programs() if make else []
        if not missing:
            chosen.append(name)
            continue
        lack = f"{name} needs {', '.join(missing)}; on Debian: apt-get install {_PACKAGES[name]}"
        if asked:
            parser.error(lack)
        print(f"left out: {lack}", file=sys.stderr)
    return chosen


def one_database(what: str) -> tuple[str, int]:
    """Read the command line of `python -m bench.…`: a database's name, in any case, and a number of rows.

    Args:
        what: it measures, in a sentence.
    """
    parser = ArgumentParser(prog=f"python -m bench.{Path(sys.argv[0]).stem}", description=what)
    parser.add_argument("database", type=_spelled, choices=DATABASES)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000, help="of tokens; a million if not said")
    given = parser.parse_args()
    [database] = databases(parser, [given.database])
    return database, given.rows


def _spelled(text: str) -> str:
    return next((name for name in DATABASES if name.lower() == text.lower()), text)


def _end(*_: object) -> None:
    # `timeout` sends it twice: the second one shall not end the cleaning up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + signal.SIGTERM)

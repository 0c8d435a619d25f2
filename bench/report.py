"""The figures as a page: each with its floor."""

import platform
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.drive import Run
from bench.floors import Commits

_HEAD = "| path | per second | p50 ms | p99 ms | p99 at 32 | server | database | wrk | floor | ratio | failed |"


@dataclass(frozen=True)
class Floors:
    """What one request cannot do without, in milliseconds of CPU."""

    signature: float
    password_check: float
    commits: Commits

    def of(self, path: str, route: float) -> float:
        """Return the floor of a path: of a check of a token the bare route, of a token what making one takes.

        Args:
            path: its name.
            route: CPU of the bare route.
        """
        if path in {"verify", "introspect"}:
            return route
        token = route + self.signature + self.commits.client_cpu + self.commits.database_cpu
        return token + self.password_check if path == "password" else token


@dataclass(frozen=True)
class Measured:
    """The runs of a path over few connections, of the bare route in turns with them, and one over many connections."""

    runs: Sequence[Run]
    middle: Run
    route: Run
    crowded: Run
    floor: float

    @property
    def ratio(self) -> float:
        """Return the floor's share of what server and database used."""
        return self.floor / (self.middle.server_cpu + self.middle.database_cpu)


def page(results: Mapping[str, tuple[Floors, Mapping[str, Measured]]], how: str) -> str:
    """Return the page.

    Args:
        results: of each database.
        how: they were measured, in a sentence.
    """
    return "\n".join([opening(how), *(section(name, *result) for name, result in results.items())])


def opening(how: str) -> str:
    """Return what the page begins with.

    Args:
        how: everything was measured, in a sentence.
    """
    return "\n".join(_opening(how))


def section(name: str, floors: Floors, paths: Mapping[str, Measured]) -> str:
    """Return a database's part of the page.

    Args:
        name: of the database.
        floors: measured over it.
        paths: what was measured, by path.
    """
    return "\n".join(_section(name, floors, paths))


def _opening(how: str) -> Iterator[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("gunicorn", "Flask", "SQLAlchemy", "cryptography"))
    yield "# Results\n"
    yield f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}, Python {platform.python_version()}, {packages},"
    yield f"SQLite {sqlite3.sqlite_version}. {how}\n"
    yield "CPU is in milliseconds per answered request, by process. The floor is the CPU of what no server can do"
    yield "without: a signature, a durable commit of one row, a bcrypt check, and a bare Flask route under the same"
    yield "gunicorn, each in as many processes as the server has. The ratio is the floor divided by what server and"
    yield "database used; the spread is of the rates.\n"


def _machine() -> str:
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return f"{len(names)} cores of {names[0]}" if names else platform.machine()


def _lines(path: str) -> Iterable[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


def _section(name: str, floors: Floors, paths: Mapping[str, Measured]) -> Iterator[str]:
    commits = floors.commits
    routes = [path.route.per_second for path in paths.values()]
    yield f"## {name}\n"
    yield f"Floors: signature {floors.signature:.3f} ms, bcrypt check {floors.password_check:.1f} ms; durable commits"
    yield f"{commits.per_second:.0f}/s, {commits.client_cpu:.3f} ms of the client's CPU and"
    yield f"{commits.database_cpu:.3f} of the database's;"
    yield f"bare route, in turns with each path, {min(routes):.0f} to {max(routes):.0f}/s.\n"
    yield _HEAD
    yield "|---" * _HEAD.strip("|").count("|") + "|---|"
    for path, measured in paths.items():
        yield _row(path, measured)
    yield ""


def _row(path: str, measured: Measured) -> str:
    run = measured.middle
    rates = [each.per_second for each in measured.runs]
    spread = (max(rates) - min(rates)) / 2 / run.per_second * 100
    cells = (
        path,
        f"{run.per_second:.0f} ± {spread:.0f} %",
        f"{run.median:.1f}",
        f"{run.worst_percent:.1f}",
        f"{measured.crowded.worst_percent:.1f}",
        f"{run.server_cpu:.3f}",
        f"{run.database_cpu:.3f}",
        f"{run.load_cpu:.3f}",
        f"{measured.floor:.3f}",
        f"{measured.ratio:.2f}",
        str(run.failed + measured.crowded.failed),
    )
    return f"| {' | '.join(cells)} |"

"""Measures requests per second and what each costs, beside what the machine can do at all: `make bench`."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.chart import chart
from bench.drive import Request, Run, as_json, drive, middle
from bench.floors import at_once, commits, password_check, signature
from bench.needs import clean_up_at_end, databases, need_programs
from bench.report import Floors, Measured, opening, page, section
from bench.subjects import CLIENT, DATABASES, PATHS, THREADS, WORKERS, Subject, bare_route, running

_CONNECTIONS, _CROWD = 8, 32
_RESULTS = Path(__file__).with_name("RESULTS.md")
_CHART = Path(__file__).parents[1] / "docs/images/performance.svg"


def main() -> None:
    """Measure every database, print its part of the page, and keep the page if all of it was measured."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=int, default=15, help="of each run")
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts")
    parser.add_argument("--database", choices=DATABASES, action="append", help="only this one")
    parser.add_argument("--path", choices=PATHS, action="append", help="only this one")
    parser.add_argument("--write", action="store_true", help=f"into {_RESULTS.name}")
    given = parser.parse_args()
    need_programs(parser, "wrk")
    chosen = databases(parser, given.database)
    if given.write and (given.database or given.path or len(chosen) < len(DATABASES)):
        parser.error("--write keeps the whole page only: every database and every path")
    how = (
        f"gunicorn with {WORKERS} workers of {THREADS} threads, wrk with {_CONNECTIONS} connections on the same"
        f" machine, {given.runs} runs of {given.seconds} seconds, medians."
    )
    clean_up_at_end()
    print(opening(how), flush=True)
    results = {}
    for name in chosen:
        results[name] = _measure(name, given)
        print(section(name, *results[name]), flush=True)
    if given.write:
        _RESULTS.write_text(page(results, how) + "\n", encoding="utf-8")
        _CHART.write_text(chart(results), encoding="utf-8")


def _measure(database: str, given: argparse.Namespace) -> tuple[Floors, Mapping[str, Measured]]:
    with running(database) as subject, bare_route(subject) as bare:
        floors = _floors(subject, given.seconds)
        return floors, {path: _path(subject, path, floors, bare, given) for path in given.path or PATHS}


def _floors(subject: Subject, seconds: int) -> Floors:
    durable = commits(
        subject.database_url, processes=WORKERS, threads=THREADS, seconds=seconds, database=subject.database_pid
    )
    return Floors(at_once(signature, WORKERS), at_once(password_check, WORKERS), durable)


def _path(subject: Subject, path: str, floors: Floors, bare: tuple[str, int], given: argparse.Namespace) -> Measured:
    runs, routes = [], []
    for _ in range(given.runs):
        runs.append(subject.run(path, connections=_CONNECTIONS, seconds=given.seconds))
        # In turns, for a machine that others share is slower or quicker from one minute to the next.
        routes.append(_run_bare(subject, *bare, max(1, given.seconds // 3)))
    route = middle(routes)
    crowded = subject.run(path, connections=_CROWD, seconds=given.seconds)
    measured = Measured(runs, middle(runs), route, crowded, floors.of(path, route.server_cpu))
    print(f"{path}: {measured.middle.per_second:.0f}/s, {measured.ratio:.2f} of the floor", file=sys.stderr)
    return measured


def _run_bare(subject: Subject, url: str, server: int, seconds: int) -> Run:
    request = Request("/", as_json(CLIENT | {"grant_type": "client_credentials"}))
    return drive(url, request, subject.folder, connections=_CONNECTIONS, seconds=seconds, server=server, database=0)


if __name__ == "__main__":
    main()

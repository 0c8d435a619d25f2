"""What grows with the tables, with the requests and with the program: `make bench-scale`.

Three tables: what a request costs as the token table grows, the memory of the workers as requests go by, and how long
a start takes and what of it.
"""

import argparse
from collections.abc import Iterator

from bench.drive import Run
from bench.filling import CLIENTS, add_clients, add_tokens, give_memory
from bench.needs import clean_up_at_end, databases, need_programs
from bench.processes import resident_megabytes
from bench.starting import imports, start
from bench.subjects import DATABASES, Subject, running

_CONNECTIONS = 8
_PATHS = ("client_credentials", "refresh_token", "verify")
_SAMPLES = 5
_TOKENS_PER_CHECK = 0.2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-scale ARGS=…", description="Measures what grows.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of tokens, at most 10 million make sense")
    parser.add_argument("--seconds", type=int, default=10, help="of each run")
    parser.add_argument("--requests", type=int, default=100_000, help="checks while memory is looked at")
    parser.add_argument("--database", choices=DATABASES, action="append", help="only this one")
    parser.add_argument("--only", choices=("rows", "memory", "start"), help="only this table")
    given = parser.parse_args()
    clean_up_at_end()
    if given.only != "start":
        need_programs(parser, "wrk")
        for name in databases(parser, given.database):
            _measure(name, given)
    if given.only in {None, "start"}:
        _print_start()


def _measure(name: str, given: argparse.Namespace) -> None:
    with running(name) as subject:
        if given.only != "memory":
            print(f"## {name}, {CLIENTS} clients\n")
            _print_costs(subject, given)
        if given.only != "rows":
            print(f"## Memory over {name}\n")
            _print_memory(subject, given)


def _print_costs(subject: Subject, given: argparse.Namespace) -> None:
    print("CPU in milliseconds per request; MariaDB has 4 GB of memory.\n")
    print("| token rows | path | per second | p50 ms | p99 ms | server | database | failed |")
    print("|---|---|---|---|---|---|---|---|")
    give_memory(subject.database_url)
    add_clients(subject.database_url)
    have = 0
    for want in _sizes(given.rows):
        add_tokens(subject.database_url, have, want)
        have = want
        for path in _PATHS:
            run = _run(subject, path, given.seconds)
            rate = f"{run.per_second:.0f} | {run.median:.1f} | {run.worst_percent:.1f}"
            print(
                f"| {want} | {path} | {rate} | {run.server_cpu:.3f} | {run.database_cpu:.3f} | {run.failed} |",
                flush=True,
            )
    print()


def _sizes(rows: int) -> Iterator[int]:
    size = 1000
    while size < rows:
        yield size
        size *= 10
    yield rows


def _print_memory(subject: Subject, given: argparse.Namespace) -> None:
    print("MB of each worker after so many checks, and a fifth as many tokens.\n")
    print("| checks | MB |\n|---|---|")
    _run(subject, "verify", 1)
    _run(subject, "client_credentials", 1)
    done, step = 0.0, given.requests / _SAMPLES
    while True:
        print(f"| {done:.0f} | {', '.join(f'{each:.1f}' for each in resident_megabytes(subject.pid))} |", flush=True)
        if done >= given.requests:
            break
        done += _send(subject, "verify", step, given.seconds)
        _send(subject, "client_credentials", step * _TOKENS_PER_CHECK, given.seconds)
    print()


def _send(subject: Subject, path: str, requests: float, seconds: int) -> float:
    done = 0.0
    while done < requests:
        done += _run(subject, path, seconds).per_second * seconds
    return done


def _run(subject: Subject, path: str, seconds: int) -> Run:
    return subject.run(path, connections=_CONNECTIONS, seconds=seconds)


def _print_start() -> None:
    print("## Start\n")
    print("Seconds until it is done, and CPU seconds of all its processes.\n\n| what | seconds | CPU |\n|---|---|---|")
    for what, (seconds, cpu) in start().items():
        print(f"| {what} | {seconds:.2f} | {cpu:.2f} |")
    print("\nOf the import of `app`, in parts of a hundred:\n\n| package | % |\n|---|---|")
    for package, share in imports():
        print(f"| {package} | {share:.1f} |")


if __name__ == "__main__":
    main()

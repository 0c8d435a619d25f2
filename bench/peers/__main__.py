"""Measures other OAuth servers beside ours, in one run on one machine, each over PostgreSQL: `make bench-peers`.

A peer gets as many processes as ours, the same load generator, and a PostgreSQL that waits for the disk. Its packages
are installed from PyPI and npm into a folder that is removed at the end.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import subjects
from bench.drive import Request, Run, drive
from bench.needs import clean_up_at_end, databases, need_programs
from bench.peers.catalogue import PEERS, Peer
from bench.peers.installed import Packages
from bench.peers.running import RunningPeer, running
from bench.subjects import PATHS, THREADS, WORKERS, requests_of, temporary_folder
from crm_oauth.key_files import new_private_key
from tests.support.database_servers import PostgresqlServer
from tests.support.started import started

_CONNECTIONS = 8
_TRIED = 5
_WARMING = 2  # seconds
_HEAD = "| server | path | rows | per second | p50 ms | p99 ms | server | database | wrk | failed |"


@dataclass(frozen=True)
class Server:
    """A server that answers, ours or another.

    Args:
        url: its address.
        folder: for what the load generator needs.
        pid: its first process.
        database_pid: its database's.
    """

    url: str
    folder: Path
    pid: int
    database_pid: int

    def run(self, request: Callable[[], Request], seconds: int) -> Run:
        """Measure after a short run that compiles and fills what is compiled and filled on the way.

        Args:
            request: makes what is sent, anew for each of the two runs.
            seconds: of the second.
        """
        for length in (_WARMING, seconds):
            run = drive(
                self.url,
                request(),
                self.folder,
                connections=_CONNECTIONS,
                seconds=length,
                server=self.pid,
                database=self.database_pid,
            )
        return run


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-peers ARGS=…", description="Measures other servers beside ours.")
    parser.add_argument("--seconds", type=int, default=15, help="of each run")
    parser.add_argument("--peer", action="append", help="only those whose name has this in it; ours is always measured")
    parser.add_argument("--folder", type=Path, help="install there, and leave it for the next run")
    given = parser.parse_args()
    need_programs(parser, "wrk", "node", "npm")
    databases(parser, ["PostgreSQL"])
    clean_up_at_end()
    chosen = [peer for peer in PEERS if not given.peer or any(part in peer.name for part in given.peer)]
    with _packages(given.folder) as packages:
        print(f"{', '.join(packages.versions())}.\n")
        print(f"Each with {WORKERS} processes (in Python with {THREADS} threads each) over a PostgreSQL that waits for")
        print(
            f"the disk; wrk with {_CONNECTIONS} connections on the same machine, {given.seconds} seconds a row. CPU is"
        )
        print(f"in milliseconds per request, by process. Rows: found in the database after {_TRIED} tokens.\n")
        print(f"{_HEAD}\n{'|---' * (_HEAD.count('|') - 1)}|")
        _ours(given.seconds)
        with started(PostgresqlServer(durable=True)) as server:
            for peer in chosen:
                _theirs(peer, packages, server, given.seconds)
        print("\n" + "\n".join(f"- {peer.name}: {peer.about}" for peer in chosen))


@contextmanager
def _packages(folder: Path | None) -> Iterator[Packages]:
    with temporary_folder() as thrown_away:
        packages = Packages((folder or thrown_away).resolve())
        packages.folder.mkdir(parents=True, exist_ok=True)
        packages.install()
        yield packages


def _ours(seconds: int) -> None:
    with subjects.running("PostgreSQL") as subject:

        def request(path: str) -> Request:
            return requests_of(subject, _CONNECTIONS if path == "refresh_token" else 1)[path]

        for path in PATHS:
            server = Server(subject.url, subject.folder, subject.pid, subject.database_pid)
            _print_row("crm-oauth", path, "", server.run(partial(request, path), seconds))


def _theirs(peer: Peer, packages: Packages, server: PostgresqlServer, seconds: int) -> None:
    key = packages.folder / "key.pem"
    key.write_bytes(new_private_key())
    with running(peer, packages, server.new_database(), key) as answering:
        for path, asked in peer.requests.items():
            rows = _rows(answering, path)
            measured = Server(answering.url, packages.folder, answering.pid, server.pid)
            run = measured.run(partial(answering.request, asked, _CONNECTIONS), seconds)
            _print_row(peer.name, path, rows, run)


def _rows(answering: RunningPeer, path: str) -> str:
    """Say how many rows some tokens made; a peer that keeps other than was said of it must not be measured so."""
    asked = answering.peer.requests[path]
    if asked.stored is None or asked.after:
        return ""
    found = answering.rows_for(asked, _TRIED)
    if (found >= _TRIED) is not asked.stored:
        raise RuntimeError(f"{answering.peer.name} keeps {found} rows for {_TRIED} tokens by {path}")
    return str(found)


def _print_row(name: str, path: str, rows: str, run: Run) -> None:
    figures = (run.per_second, run.median, run.worst_percent)
    costs = (run.server_cpu, run.database_cpu, run.load_cpu)
    cells = [
        name,
        path,
        rows,
        *(f"{each:.1f}" for each in figures),
        *(f"{each:.3f}" for each in costs),
        str(run.failed),
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

"""Who listens together shares what comes: no core idles while another has a queue."""

import os
import signal
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.framing.connection import connect
from tests.support.site import Site


def test_the_worker_with_less_to_do_takes_the_next_connection(tmp_path: Path) -> None:
    """Of twenty connections each of two workers holds some; one that takes a dead one's place gets the next ten."""
    site = Site(tmp_path, "7.10.2", settings={"WORKERS": "2"})
    with site, ExitStack() as held:
        clients = _begin_requests(site, 20, held)
        dead, survivor = workers = site.workers
        shares = [_held_by(worker, clients) for worker in workers]
        assert sum(shares) == 20
        assert min(shares) >= 6

        os.kill(dead, signal.SIGKILL)
        successor = _new_worker(site, {dead, survivor})
        assert _held_by(successor, _begin_requests(site, 10, held)) >= 9


def _begin_requests(site: Site, number: int, held: ExitStack) -> list[socket.socket]:
    clients = []
    for _ in range(number):
        client: socket.socket = held.enter_context(connect(site.url))
        client.sendall(b"POST /Api/access_token HTTP/1.1\r\n")
        clients.append(client)
        time.sleep(0.02)
    return clients


def _new_worker(site: Site, known: set[int]) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for worker in set(site.workers) - known:
            # A worker's pool of threads begins with its first connection.
            if len(list(Path(f"/proc/{worker}/task").iterdir())) > 1:
                return worker
        _ask(site)
        time.sleep(0.1)
    raise AssertionError("no worker took the place of the dead one")


def _ask(site: Site) -> None:
    with connect(site.url) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        client.settimeout(0.1)
        with suppress(TimeoutError):
            client.recv(100)


def _held_by(worker: int, clients: list[socket.socket]) -> int:
    """Return how many of these connections end in a worker."""
    ports = {client.getsockname()[1] for client in clients}
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[2].rpartition(":")[2], 16) in ports:
            inodes.add(f"socket:[{fields[9]}]")
    return sum(str(fd.readlink()) in inodes for fd in Path(f"/proc/{worker}/fd").iterdir())

"""Who takes a connection and when, and who keeps one for how long."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn, ThreadWorker

from crm_oauth.web.gunicorn_worker import Worker
from crm_oauth.web.worker_loads import WorkerLoads

_SLEEP = "crm_oauth.web.gunicorn_worker.time.sleep"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket on which somebody waits to be taken."""
    with socket.create_server(("127.0.0.1", 0)) as listener, closing(socket.create_connection(listener.getsockname())):
        listener.settimeout(0)
        yield listener


@pytest.fixture
def worker(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """The first worker, which has three connections to answer, and answers nobody."""
    monkeypatch.setattr(Worker, "loads", WorkerLoads())
    monkeypatch.setattr(Worker, "enqueue_req", lambda _worker, connection: connection.close())
    worker = Worker(1, os.getppid(), [listener], None, 30, Config(), None)
    worker.nr_conns = 3
    yield worker
    worker.tmp.close()


@pytest.mark.parametrize(("others", "waits"), [([], 0), ([3, 7], 0), ([7, 2], 1)])
def test_a_worker_waits_for_those_with_less_to_do(
    others: list[int], waits: int, worker: Worker, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a connection at once unless another has less to do, and takes it all the same if that one does not."""
    for number, load in enumerate(others, start=2):
        worker.loads.tell(number, load)
    pauses: list[float] = []
    monkeypatch.setattr(_SLEEP, pauses.append)
    worker.accept(listener)
    assert worker.nr_conns == 4
    assert len(pauses) == waits


def test_another_may_be_first(worker: Worker, listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding that another took the connection meanwhile, it goes on."""
    worker.loads.tell(2, 0)
    monkeypatch.setattr(_SLEEP, lambda _seconds: listener.accept()[0].close())
    worker.accept(listener)
    assert worker.nr_conns == 3


@pytest.mark.parametrize(("waiting", "answered"), [(3, b"ab"), (4, b"a")])
def test_who_asks_again_at_once_is_answered_first(
    waiting: int, answered: bytes, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread goes on with a connection until that is silent, unless there are more requests than threads."""
    worker.cfg.set("threads", 3)
    worker.nr_conns = waiting
    ours, theirs = socket.socketpair()
    seen = bytearray()

    def handle(_worker: ThreadWorker, connection: TConn) -> bool:
        seen.extend(connection.sock.recv(1))
        return True

    monkeypatch.setattr(ThreadWorker, "handle", handle)
    with ours, theirs:
        theirs.sendall(b"ab")
        assert worker.handle(TConn(worker.cfg, ours, "", None)) is True
    assert seen == answered

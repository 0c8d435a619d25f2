"""Clients that mean harm: requests in doubt, and those that never end."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import pytest

from tests.framing.connection import connect, statuses
from tests.framing.probes import all_probes
from tests.fronts.servers import Front
from tests.wire.bad.request import CREDENTIALS
from tests.wire.exchange import TOKEN_PATH, post_json

PROBES = dict(all_probes())
SLOW = 60  # of each kind
_HEAD = f"POST {TOKEN_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
DRIBBLES = {
    "headers": (_HEAD, lambda step: b"X-%d: y\r\n" % step),
    "bodies": (_HEAD + b"Content-Length: 1000\r\n\r\n{", lambda _step: b" "),
    "long bodies": (_HEAD + b"Content-Length: 60000\r\n\r\n{" + b" " * 30_000, lambda _step: b" "),
}


def test_requests_in_doubt(front: Front) -> None:
    """A request in doubt gets one answer at most, a refusal; whoever comes meanwhile or next gets his own answer."""
    with ThreadPoolExecutor(8) as pool:
        # Each from an address of its own, or the limit on token requests would refuse them all alike.
        sources = [f"127.0.1.{number}" for number, _ in enumerate(PROBES, start=1)]
        answers_of = partial(_send, front.url)
        told = dict(zip(PROBES, pool.map(answers_of, PROBES.values(), sources), strict=True))
        others = [post_json(front.url, TOKEN_PATH, CREDENTIALS).status for _ in range(20)]
    wrong = {
        name: answers
        for name, answers in told.items()
        if len(answers) > 1 or not all(400 <= status < 600 and status not in (429, 500) for status in answers)
    }
    assert wrong == {}
    others += [post_json(front.url, TOKEN_PATH, CREDENTIALS).status for _ in range(8)]
    assert set(others) == {200}


@pytest.mark.parametrize("kind", DRIBBLES)
def test_slow_clients_hold_up_nobody(front: Front, kind: str) -> None:
    """While many clients send their headers or bodies byte by byte, others are served."""
    with _dribbling(front, *DRIBBLES[kind]):
        assert {post_json(front.url, TOKEN_PATH, CREDENTIALS).status for _ in range(10)} == {200}


def _send(url: str, probe: bytes, source: str) -> list[int]:
    return statuses(url, probe, source=source)


@contextmanager
def _dribbling(front: Front, start: bytes, more: Callable[[int], bytes]) -> Iterator[None]:
    done = threading.Event()

    def dribble(connections: list[socket.socket]) -> None:
        step = 0
        while not done.wait(0.5):
            step += 1
            for connection in connections:
                with suppress(OSError):  # the front end has had enough of it
                    connection.sendall(more(step))

    with ExitStack() as stack:
        slow = [stack.enter_context(connect(front.url, source="127.0.0.2")) for _ in range(SLOW)]
        for connection in slow:
            connection.sendall(start)
        thread = threading.Thread(target=dribble, args=(slow,))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

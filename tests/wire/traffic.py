"""Clients of every kind, busy while something happens to the server."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from tests.wire.bad.request import CREDENTIALS, PASSWORD, REFRESH
from tests.wire.exchange import TOKEN_PATH, Addressed, post_json
from tests.wire.sessions import present


def ask(site: Addressed, parameters: dict[str, str]) -> dict[str, Any]:
    """Return the answer to a token request that must be granted."""
    answer = post_json(site.url, TOKEN_PATH, parameters)
    assert answer.status == 200, answer.body
    return answer.document


def verdict(site: Addressed, token: str) -> int:
    """Return the status with which `/oauth/verify` answers: 204 or 401."""
    return present(site, "GET", "/oauth/verify", token).status


def new_token(site: Addressed) -> str:
    """Return a new access token."""
    return str(ask(site, CREDENTIALS)["access_token"])


@contextmanager
def traffic(site: Addressed, requests: int, pause: float = 0) -> Iterator[list[str]]:
    """Keep clients of every kind busy within the block, and then until this many requests have been made.

    Each rests between two requests for some seconds, which leaves the machine to others.

    Every access token is verified as soon as it was issued, over another connection. Yields the kind of each
    request; one that failed is told at the end of the block.
    """
    made: list[str] = []
    over = Event()
    old = new_token(site)

    def repeat(kind: Callable[[], object]) -> None:
        while not over.is_set() or len(made) < requests:
            kind()
            time.sleep(pause)

    def check(kind: str, token: str) -> None:
        made.append(f"{kind}: verify")
        assert verdict(site, token) == 204

    def log_in(kind: str, parameters: dict[str, str]) -> str:
        made.append(kind)
        pair = ask(site, parameters)
        check(kind, pair["access_token"])
        return str(pair.get("refresh_token", ""))

    session = [log_in("password", PASSWORD)]
    kinds: tuple[Callable[[], object], ...] = (
        lambda: check("old", old),
        lambda: log_in("client_credentials", CREDENTIALS),
        lambda: log_in("password", PASSWORD),
        lambda: session.append(log_in("refresh", REFRESH | {"refresh_token": session.pop()})),
        lambda: log_in("login, refresh", REFRESH | {"refresh_token": log_in("login", PASSWORD)}),
    )
    with ThreadPoolExecutor(len(kinds)) as threads:
        running = [threads.submit(repeat, kind) for kind in kinds]
        try:
            yield made
        finally:
            over.set()
        for client in running:
            client.result()

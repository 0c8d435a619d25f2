"""Refreshes that run at the same moment as others, or as a revocation, or whose answer is lost; the grace is on."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import cycle, islice
from threading import Barrier

import pytest

from crm_oauth.store.ports import TokenFilter
from tests.support.database_servers import DatabaseServer
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, Received
from tests.wire.sessions import PW_CLIENT, Pair, log_out, pair_of, passes, redeem, revoke, sign_in

_THREADS = 50


@pytest.fixture(scope="module", params=["sqlite", "mariadb", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on each database, with workers that race; the grace gives a used token one more way to come back."""
    url = None
    if request.param != "sqlite":
        server: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
        url = server.new_database()
    settings = {"REFRESH_GRACE": "60", "WORKERS": "2", "THREADS": "8"}
    site = Site(tmp_path_factory.mktemp("site"), "7.10.2", url, settings)
    site.fill(fill_as_recorded)
    with site:
        yield site


def _redeem_at(start: Barrier, site: Site, refresh_token: str) -> Received:
    start.wait()
    return redeem(site, refresh_token)


def test_all_leave_with_one_session(site: Site) -> None:
    """Fifty threads redeem one token: all get the same access token, and the session goes on."""
    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in range(3):
            token, start = sign_in(site).refresh_token, Barrier(_THREADS)
            tried = [threads.submit(_redeem_at, start, site, token) for _ in range(_THREADS)]
            pairs = [pair_of(future.result()) for future in tried]
            assert len({pair.access_token for pair in pairs}) == 1
            assert passes(site, pairs[0].access_token)
            assert redeem(site, pairs[-1].refresh_token).status == 200


def test_nobody_is_stranded(site: Site) -> None:
    """A client that loses the answer to each refresh, and asks once more, is never without a session."""
    pair = sign_in(site)
    for _ in range(40):
        _redeem_and_hang_up(site, pair.refresh_token)
        pair = pair_of(redeem(site, pair.refresh_token))
        assert passes(site, pair.access_token)


def _redeem_and_hang_up(site: Site, refresh_token: str) -> None:
    """Ask for a new pair and do not wait for it."""
    sent = {"grant_type": "refresh_token", "refresh_token": refresh_token, **PW_CLIENT}
    body = json.dumps(sent).encode()
    head = f"POST {TOKEN_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def _by_operator(site: Site, which: TokenFilter) -> bool:
    with site.database.unit_of_work() as stores:
        stores.tokens.revoke(which, now=datetime.now(UTC))
    return True


# Each tells whether it was answered that the session has ended.
ENDINGS: list[Callable[[Site, Pair], bool]] = [
    lambda site, pair: _by_operator(site, TokenFilter(access_token=pair.jti)),
    lambda site, _pair: _by_operator(site, TokenFilter(user_id="1")),
    lambda site, _pair: _by_operator(site, TokenFilter(client_id="pw-client")),
    lambda site, pair: revoke(site, pair.refresh_token).status == 200,
    lambda site, pair: revoke(site, pair.access_token).status == 200,
    # Who comes after the refresh bears a token that is dead already: 401.
    lambda site, pair: log_out(site, pair.access_token).status == 200,
]


def test_nothing_minted_survives_a_revocation(site: Site) -> None:
    """A session is refreshed and ended at once: neither its tokens nor those of the refresh work afterwards."""
    with ThreadPoolExecutor(1) as threads:
        for end in islice(cycle(ENDINGS), 36):
            pair, start = sign_in(site), Barrier(2)
            refreshed = threads.submit(_redeem_at, start, site, pair.refresh_token)
            start.wait()
            ended = end(site, pair)
            answer = refreshed.result()
            assert answer.status in {200, 400}, answer
            if ended:
                _assert_dead(site, pair)
            if ended and answer.status == 200:
                _assert_dead(site, pair_of(answer))


def _assert_dead(site: Site, pair: Pair) -> None:
    assert not passes(site, pair.access_token)
    assert redeem(site, pair.refresh_token).status == 400

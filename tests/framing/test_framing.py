"""Requests whose end is in doubt, against the server itself and through the nginx that ships."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.framing.connection import statuses
from tests.framing.probes import HIDDEN, all_probes
from tests.support.front_end import MANY_FROM_ONE_ADDRESS, Nginx
from tests.support.site import Site
from tests.wire.bad.request import CREDENTIALS
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, post_json

PROBES = dict(all_probes())

_SLOW = 100


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server as it ships."""
    site = Site(tmp_path_factory.mktemp("site"), "7.10.2", settings={"TRUSTED_PROXIES": "127.0.0.1"})
    site.fill(fill_as_recorded)
    with site:
        yield site


@pytest.fixture(scope="module")
def nginx(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """The front end as it ships, but for its limit: all these clients have one address."""
    with Nginx(tmp_path_factory.mktemp("nginx"), site.port, more=MANY_FROM_ONE_ADDRESS) as front_end:
        yield front_end


def assert_unharmed(url: str) -> None:
    """Check that others get their own answers, on as many connections as the front end keeps."""
    for _ in range(4):
        assert post_json(url, TOKEN_PATH, CREDENTIALS).status == 200


def test_a_hidden_request_would_be_seen(site: Site) -> None:
    """Two requests in one go are two answers: what the probes must not get."""
    assert statuses(site.url, HIDDEN + HIDDEN) == [200, 200]
    assert statuses(site.url, HIDDEN + HIDDEN, ends=True) == [200, 200]


@pytest.mark.parametrize("name", PROBES)
def test_at_the_server(site: Site, name: str) -> None:
    """A request in doubt gets one answer at most, a refusal; whoever comes next is not harmed."""
    told = statuses(site.url, PROBES[name], ends=True)
    assert len(told) <= 1
    assert all(400 <= status < 600 and status != 500 for status in told)
    assert_unharmed(site.url)


@pytest.mark.parametrize("name", PROBES)
def test_through_nginx(nginx: Nginx, name: str) -> None:
    """The same through the front end, whose connections to the server are shared by all clients."""
    told = statuses(nginx.url, PROBES[name])
    assert len(told) <= 1
    assert all(400 <= status < 600 and status != 500 for status in told)
    assert_unharmed(nginx.url)


def test_slow_clients_hold_up_nobody(nginx: Nginx) -> None:
    """While a hundred clients never end their headers, and a hundred their bodies, others are served through nginx."""
    head = f"POST {TOKEN_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
    with ExitStack() as slow:
        for start in (head, head + b"Content-Length: 1000\r\n\r\n{") * _SLOW:
            connection = slow.enter_context(socket.create_connection(("127.0.0.1", nginx.port)))
            connection.sendall(start)
        for _ in range(20):
            assert post_json(nginx.url, TOKEN_PATH, CREDENTIALS).status == 200

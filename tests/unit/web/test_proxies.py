"""Forwarded headers are believed from named proxies only."""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs
from werkzeug.test import create_environ, run_wsgi_app

from crm_oauth.web.proxies import TrustedProxies

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "crm.example",
    "X-Forwarded-Prefix": "/crm",
}


def _seen(peer: str, path: str, headers: dict[str, str], trusted: Iterable[str]) -> "WSGIEnvironment":
    """Return what an application behind TrustedProxies sees of a request."""
    seen: WSGIEnvironment = {}

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        seen.update(environ)
        start_response("204 No Content", [])
        return []

    environ = create_environ(path, headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    run_wsgi_app(TrustedProxies(app, [ip_network(network) for network in trusted]), environ)
    return seen


@pytest.mark.parametrize(
    ("peer", "network"),
    [("127.0.0.1", "127.0.0.1"), ("10.1.2.3", "10.0.0.0/8"), ("::1", "::1"), ("fd00::7", "fd00::/8"), ("", "::1")],
)
def test_trusted(peer: str, network: str) -> None:
    """A named proxy, or one at a unix socket, is believed about address, scheme, host and prefix."""
    seen = _seen(peer, "/Api/access_token", FORWARDED, [network])
    assert seen["REMOTE_ADDR"] == "203.0.113.9"
    assert seen["wsgi.url_scheme"] == "https"
    assert seen["HTTP_HOST"] == "crm.example"
    assert seen["SCRIPT_NAME"] == "/crm"


def test_a_stranger_cannot_name_a_request() -> None:
    """X-Request-Id counts from a named proxy only."""
    given = {"X-Request-Id": "0123456789"}
    assert _seen("192.0.2.1", "/", given, ["192.0.2.1"])["HTTP_X_REQUEST_ID"] == "0123456789"
    assert "HTTP_X_REQUEST_ID" not in _seen("192.0.2.2", "/", given, ["192.0.2.1"])


def test_a_proxy_that_is_not_named_is_told_once() -> None:
    """The log says from where forwarded addresses come that are not believed, however often they come."""

    def app(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("204 No Content", [])
        return []

    proxies = TrustedProxies(app, [])
    with capture_logs() as lines:
        for _ in range(3):
            environ = create_environ("/", headers=FORWARDED, environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
            run_wsgi_app(proxies, environ)
    assert [(line["log_level"], line["address"]) for line in lines] == [("warning", "192.0.2.9")]


@pytest.mark.parametrize(
    ("peer", "network"),
    [("127.0.0.2", "127.0.0.1"), ("11.1.2.3", "10.0.0.0/8"), ("::2", "::1"), ("localhost", "127.0.0.1")],
)
def test_strangers(peer: str, network: str) -> None:
    """Anybody else is believed nothing."""
    seen = _seen(peer, "/Api/access_token", FORWARDED, [network])
    assert seen["REMOTE_ADDR"] == peer
    assert seen["wsgi.url_scheme"] == "http"
    assert seen["HTTP_HOST"] == "localhost"
    assert seen["SCRIPT_NAME"] == ""


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", ""])
def test_nobody_is_trusted_by_default(peer: str) -> None:
    """Without a named proxy not even this machine or a unix socket is believed."""
    assert _seen(peer, "/", FORWARDED, [])["SCRIPT_NAME"] == ""


def test_only_the_last_hop_is_believed() -> None:
    """What a client wrote in front of the proxy's own value does not count."""
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https, http"}
    seen = _seen("127.0.0.1", "/", headers, ["127.0.0.1"])
    assert seen["REMOTE_ADDR"] == "203.0.113.9"
    assert seen["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize(
    ("prefix", "path", "left"),
    [
        ("/crm", "/Api/access_token", "/Api/access_token"),
        ("/crm", "/crm/Api/access_token", "/Api/access_token"),
        ("/crm/", "/crm/Api/access_token", "/Api/access_token"),
        ("/a/b", "/a/b/Api/access_token", "/Api/access_token"),
        ("/crm", "/crmX/Api", "/crmX/Api"),
        ("/crm", "/crm", "/crm"),
        ("/", "/Api/access_token", "/Api/access_token"),
    ],
)
def test_prefix(prefix: str, path: str, left: str) -> None:
    """A prefix is taken off the path where the proxy left it on, and only a whole one."""
    assert _seen("127.0.0.1", path, {"X-Forwarded-Prefix": prefix}, ["127.0.0.1"])["PATH_INFO"] == left

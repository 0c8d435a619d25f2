"""`crm-oauth doctor --url`, through each front end and through some that are wrong."""

import json
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Installation
from tests.fronts.servers import FRONTS, Front

# What a front end looks like that drops the header.
DROPPING = {
    "nginx": ('proxy_set_header Forwarded "";', 'proxy_set_header Forwarded ""; proxy_set_header Authorization "";'),
    "apache-proxy": ("RequestHeader unset Forwarded", "RequestHeader unset Authorization"),
    "apache-wsgi": ("WSGIPassAuthorization On", "WSGIPassAuthorization Off"),
}
PREFIX = "CRM_OAUTH_"


def examine(front: Front, url: str) -> tuple[int, dict[str, str]]:
    """Run the command in the installation's folder; return its exit status and what each check found."""
    settings = {
        name.removeprefix(PREFIX): value for name, value in front.site.environment.items() if name.startswith(PREFIX)
    }
    ended = Installation(front.site.folder).run("doctor", "--url", url, "--json", **settings)
    assert not ended.stderr
    return ended.returncode, {finding["check"]: finding["result"] for finding in json.loads(ended.stdout)}


@pytest.mark.parametrize("folder", ["", "/crm"])
def test_a_front_end_that_ships_is_well(front: Front, folder: str) -> None:
    """Through each front end everything is ok, at the root of a site and in its folder."""
    status, told = examine(front, front.url + folder)
    assert set(told.values()) == {"ok"}, told
    assert {"tls", "token endpoint", "authorization header", "address"} <= set(told)
    assert status == 0


@pytest.fixture(scope="module", params=DROPPING)
def dropping(request: pytest.FixtureRequest) -> Iterator[Front]:
    """Run a front end that drops the header."""
    with FRONTS[request.param](dict([DROPPING[request.param]])) as front, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(front.authority))
        yield front


def test_a_dropped_header_is_a_fault(dropping: Front) -> None:
    """A front end that drops Authorization is told, and the exit status is 1."""
    status, told = examine(dropping, dropping.url)
    assert (told["token endpoint"], told["authorization header"], status) == ("ok", "fault", 1)


def test_a_certificate_that_clients_refuse(dropping: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate by somebody whom nobody knows is a fault."""
    monkeypatch.setenv("SSL_CERT_FILE", str(dropping.authority.with_name("foreign.pem")))
    status, told = examine(dropping, dropping.url)
    assert (told["tls"], status) == ("fault", 1)


def test_certificates_that_cannot_be_read_are_told(dropping: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SSL_CERT_FILE names a file that cannot be read, which OpenSSL passes over, the fault says so."""
    file = dropping.authority.with_name("none.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    told = Installation(dropping.site.folder).run("doctor", "--url", dropping.url).stdout
    assert f"{file}, which SSL_CERT_FILE names, cannot be read by this account" in told


def test_believed_forgeries_are_a_fault(dropping: Front) -> None:
    """Where clients' own X-Forwarded-* headers are believed, here because nothing stands in front, it is told."""
    if dropping.site.pid:
        _status, told = examine(dropping, dropping.site.url)
        assert (told["forwarded headers"], told["tls"]) == ("fault", "ok")

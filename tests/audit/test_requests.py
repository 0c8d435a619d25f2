"""What requests leave in the trail of a running server, and the identifiers by which they are found."""

import json
from pathlib import Path
from typing import Any

import pytest

from crm_oauth.store.audit_entries import AuditEntry, AuditFilter
from tests.framing.connection import statuses
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, post_json, send

CLIENT = {"client_id": "pw-client", "client_secret": "pw-secret"}
MALFORMED = ("", "short", "a" * 65, "with blank 0123", "ünïcödé-0123")
PASSWORD = CLIENT | {"grant_type": "password", "username": "admin", "password": "admin-pw"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A server that believes this machine's forwarded headers; the test starts and stops it."""
    site = Site(tmp_path, "7.10.2", settings={"TRUSTED_PROXIES": "127.0.0.1", "LOG_FORMAT": "json"})
    site.fill(fill_as_recorded)
    return site


def trail(site: Site) -> list[AuditEntry]:
    """Return the whole trail, the oldest first; the server has ended and so has written all."""
    with site.database.unit_of_work() as stores:
        return [record.entry for record in reversed(stores.audit.search(AuditFilter()))]


def log_lines(site: Site) -> list[dict[str, Any]]:
    """Return the server's own log lines."""
    return [json.loads(line) for line in site.log.splitlines() if line.startswith("{")]


def test_every_outcome_is_an_entry(site: Site) -> None:
    """Issued, refreshed, refused and why, revoked, reused, logged out: each is told with client, user and address."""
    with site:
        pair = post_json(site.url, TOKEN_PATH, PASSWORD).document
        refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
        second = post_json(site.url, TOKEN_PATH, refresh).document
        post_json(site.url, TOKEN_PATH, refresh)
        post_json(site.url, TOKEN_PATH, PASSWORD | {"password": "wrong"})
        post_json(site.url, TOKEN_PATH, PASSWORD | {"username": "nobody", "password": "wrong"})
        post_json(site.url, TOKEN_PATH, PASSWORD | {"client_secret": "wrong"})
        post_json(site.url, TOKEN_PATH, {"grant_type": "no such grant"})
        bearer = {"Authorization": f"Bearer {second['access_token']}"}
        send(site.url, "POST", "/Api/V8/logout", bearer, b"")
        third = post_json(site.url, TOKEN_PATH, PASSWORD).document
        for _ in range(2):  # what is revoked already is no event
            post_json(site.url, "/oauth/revoke", CLIENT | {"token": third["access_token"]})
    told = [(entry.event, entry.detail, entry.client_id, entry.user_id) for entry in trail(site)]
    assert sorted(told) == sorted(
        [
            ("token_issued", "", "pw-client", "1"),
            ("token_refreshed", "", "pw-client", "1"),
            ("token_refused", "refresh_token_revoked", "pw-client", ""),
            ("token_refused", "invalid_credentials", "pw-client", "1"),
            ("token_refused", "invalid_credentials", "pw-client", ""),
            ("token_refused", "invalid_client", "pw-client", ""),
            ("token_refused", "unsupported_grant_type", "", ""),
            ("logged_out", "", "pw-client", "1"),
            ("token_issued", "", "pw-client", "1"),
            ("token_revoked", "sessions revoked: 1", "pw-client", ""),
        ]
    )
    assert {entry.address for entry in trail(site)} == {"127.0.0.1"}
    assert len({entry.request_id for entry in trail(site) if entry.request_id}) == len(told)


def test_a_body_that_cannot_be_read_is_the_client_s_fault(site: Site) -> None:
    """A broken chunk and a body that is too large are refused with the client's mistake as the reason, not a fault."""
    head = f"POST {TOKEN_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
    with site:
        assert statuses(site.url, head + b"Transfer-Encoding: chunked\r\n\r\nnot a size\r\n") == [400]
        assert post_json(site.url, TOKEN_PATH, {"grant_type": "x" * 70_000}).status == 413
    told = [(entry.event, entry.detail) for entry in trail(site)]
    assert told == [("token_refused", "invalid_request"), ("token_refused", "too_large")]


def test_one_identifier_leads_everywhere(site: Site) -> None:
    """A proxy's X-Request-Id is in the answer, the log line and the audit entry; a malformed one is replaced."""
    body = json.dumps(PASSWORD | {"password": "wrong"}).encode()
    headers = {"Content-Type": "application/json", "X-Request-Id": "from-nginx-0123456789"}
    with site:
        answer = send(site.url, "POST", TOKEN_PATH, headers | {"X-Forwarded-For": "192.0.2.44"}, body)
        made = {_answered(site, path, given) for path in ("/healthz", TOKEN_PATH, "/nowhere") for given in MALFORMED}
    assert len(made) == 3 * len(MALFORMED)
    assert all(len(request_id) == 32 and request_id.isalnum() for request_id in made)
    assert answer.headers["x-request-id"] == "from-nginx-0123456789"
    [entry] = trail(site)
    assert (entry.request_id, entry.address) == ("from-nginx-0123456789", "192.0.2.44")
    [line] = [line for line in log_lines(site) if line["event"] == "token refused"]
    assert (line["request_id"], line["address"]) == ("from-nginx-0123456789", "192.0.2.44")


def _answered(site: Site, path: str, given: str) -> str:
    headers = {"X-Request-Id": given.encode().decode("latin-1")}
    return send(site.url, "GET", path, headers, None).headers["x-request-id"]


def test_a_stranger_cannot_choose_the_identifier(tmp_path: Path) -> None:
    """Without a trusted proxy the header counts for nothing."""
    with Site(tmp_path, "7.10.2") as site:
        answer = send(site.url, "GET", "/healthz", {"X-Request-Id": "from-a-stranger-0123"}, None)
    assert len(answer.headers["x-request-id"]) == 32


def test_the_reader_of_a_stolen_token_is_told(site: Site) -> None:
    """A used refresh token that is presented again, long after, is an event of its own."""
    with site:
        pair = post_json(site.url, TOKEN_PATH, PASSWORD).document
        refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
        post_json(site.url, TOKEN_PATH, refresh)
        with site.database.connection() as connection:
            connection.exec_driver_sql("UPDATE crm_oauth_refreshes SET used_at = '2001-01-01 00:00:00'")
        post_json(site.url, TOKEN_PATH, refresh)
    [reused] = [entry for entry in trail(site) if entry.event == "refresh_token_reused"]
    assert (reused.detail, reused.client_id, reused.address) == ("sessions revoked: 1", "pw-client", "127.0.0.1")
    assert reused.request_id in {entry.request_id for entry in trail(site) if entry.event == "token_refused"}

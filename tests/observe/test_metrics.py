"""What Prometheus reads of a running server of several processes."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.token_counts import count_live
from crm_oauth.web.metrics import metrics_routes
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import TOKEN_PATH, post_json, send

CLIENT = {"client_id": "pw-client", "client_secret": "pw-secret"}
PASSWORD = CLIENT | {"grant_type": "password", "username": "admin", "password": "admin-pw"}
DASHBOARD = Path(__file__).parents[2] / "config" / "grafana.json"

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running server of two processes; /metrics is for this machine's first address."""
    settings = {"WORKERS": "2", "METRICS_READERS": "127.0.0.1", "TRUSTED_PROXIES": "127.0.0.1"}
    site = Site(tmp_path_factory.mktemp("site"), "7.10.2", settings=settings)
    site.fill(fill_as_recorded)
    with site:
        yield site


def read(site: Site) -> Samples:
    """Read every sample."""
    answer = send(site.url, "GET", "/metrics", {}, None)
    assert answer.status == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.body)
        for sample in family.samples
    }


def requests(samples: Samples, grant_type: str, outcome: str) -> float:
    """Return how many token requests were counted."""
    labels = (("grant_type", grant_type), ("outcome", outcome))
    return samples.get(("crm_oauth_token_requests_total", labels), 0)


def test_requests_of_all_processes_are_counted(site: Site) -> None:
    """Whichever process answers, a request counts once by grant and outcome, and its time and its bcrypt's too."""
    before = read(site)
    for _ in range(12):
        post_json(site.url, TOKEN_PATH, PASSWORD)
    post_json(site.url, TOKEN_PATH, PASSWORD | {"password": "wrong"})
    post_json(site.url, TOKEN_PATH, {"grant_type": "anything at all"})
    after = read(site)

    def grown(name: str, *labels: tuple[str, str]) -> float:
        return after[name, labels] - before.get((name, labels), 0)

    assert requests(after, "password", "issued") - requests(before, "password", "issued") == 12
    assert requests(after, "password", "invalid_credentials") - requests(before, "password", "invalid_credentials") == 1
    assert requests(after, "", "unsupported_grant_type") - requests(before, "", "unsupported_grant_type") == 1
    assert "anything at all" not in str(after)
    assert grown("crm_oauth_token_request_seconds_count", ("grant_type", "password")) == 13
    assert grown("crm_oauth_password_check_seconds_count") == 13
    assert grown("crm_oauth_password_check_seconds_sum") > 0


def test_a_worker_that_dies_takes_no_count_with_it(site: Site) -> None:
    """What a killed process had counted stays."""
    post_json(site.url, TOKEN_PATH, PASSWORD)
    before = requests(read(site), "password", "issued")
    for line in re.findall(r"Booting worker with pid: (\d+)", site.log):
        os.kill(int(line), signal.SIGKILL)
    answered = False
    while not answered:  # gunicorn starts others
        with suppress(OSError, HTTPException):
            answered = post_json(site.url, TOKEN_PATH, PASSWORD).status == 200
    # One that was answered to nobody may be counted as well.
    assert requests(read(site), "password", "issued") >= before + 1


def test_the_state_is_told(site: Site) -> None:
    """Live sessions, rows due for purge and the key's age are what they are now."""
    before = read(site)
    now = datetime.now(UTC)
    with site.database.unit_of_work() as stores:
        for days in (1, 2, -90):
            expires = now + timedelta(days=days)
            token = Token(client="pw-client", access_token=f"a{days}", access_token_expires=expires)
            token.refresh_token, token.refresh_token_expires = f"r{days}", expires
            stores.tokens.add(token)
    after = read(site)
    assert after["crm_oauth_live_sessions", ()] - before["crm_oauth_live_sessions", ()] == 2
    assert after["crm_oauth_rows_due_for_purge", ()] - before["crm_oauth_rows_due_for_purge", ()] == 1
    assert 0 <= after["crm_oauth_signing_key_age_seconds", ()] < 3600
    assert after["crm_oauth_database_up", ()] == 1


def test_nobody_else_reads_them(site: Site) -> None:
    """To an address that is not named, /metrics does not exist."""
    assert send(site.url, "GET", "/metrics", {"X-Forwarded-For": "192.0.2.1"}, None).status == 404


@pytest.mark.parametrize(
    ("address", "status"), [("192.0.2.7", 200), ("2001:db8::1", 200), ("192.0.3.7", 404), ("::1", 404), ("", 404)]
)
def test_who_is_named(address: str, status: int) -> None:
    """Addresses of the named networks read them; a Unix socket has no address, and may have anybody behind it."""
    application = Flask(__name__)
    application.register_blueprint(metrics_routes([ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")], bytes))
    assert application.test_client().get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == status


def test_the_dashboard_shows_what_there_is(site: Site) -> None:
    """Every name and label in Grafana's file is one that the server tells, and every metric is shown."""
    for parameters in (PASSWORD, PASSWORD | {"password": "wrong"}):
        post_json(site.url, TOKEN_PATH, parameters)
    samples = read(site)
    told = {name for name, _ in samples}
    labels = {label for _, pairs in samples for label, _ in pairs}
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    shown = {name for query in queries for name in re.findall(r"crm_oauth_\w+", query)}
    assert shown <= told
    families = {
        re.sub(r"_(total|count|sum|bucket|created)$", "", name) for name in told if name.startswith("crm_oauth_")
    }
    assert {re.sub(r"_(total|count|sum|bucket)$", "", name) for name in shown} == families
    used = {
        label
        for query in queries
        for inner in re.findall(r"(?:by \(|\{)([^)}]*)", query)
        for label in re.findall(r"[a-z_]+(?==|,|$|~)", inner)
    }
    assert used <= labels
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_counting_is_bounded(database_url: str) -> None:
    """The count of live sessions leaves out revoked, used and expired ones, and stops at its limit."""
    database = Database(database_url)
    schema.upgrade(database)
    now = datetime.now(UTC)
    later, earlier = now + timedelta(hours=1), now - timedelta(hours=1)
    rows: list[dict[str, Any]] = [
        {"access_token_expires": later},
        {"access_token_expires": earlier, "refresh_token_expires": later},
        {"access_token_expires": later, "refresh_token_expires": later},
        {"access_token_expires": earlier},
        {"access_token_expires": later, "token_is_revoked": True},
        {"access_token_expires": later, "deleted": True},
    ]
    with database.unit_of_work() as stores:
        for number, row in enumerate(rows):
            stores.tokens.add(Token(client="c", access_token=str(number), **row))
    assert count_live(database, now, at_most=100) == 3
    assert count_live(database, now, at_most=2) == 2
    database.dispose()

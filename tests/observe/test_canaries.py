"""No secret gets into a log, an audit entry or an error answer, at the most talkative level."""

import base64
import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.audit_entries import AuditFilter
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.support.database_servers import DatabaseServer
from tests.support.site import ENCRYPTION_KEY, Site
from tests.wire.exchange import TOKEN_PATH, Received, post_json, send

SECRETS = {name: f"canary-{name}-5f0a" for name in ("client", "password", "session", "redis", "database", "ldap")}
WRONG = {name: f"canary-wrong-{name}-77" for name in ("client", "password", "user", "token", "grant", "scope", "query")}
CLIENT = {"client_id": "c", "client_secret": SECRETS["client"]}
PASSWORD = CLIENT | {"grant_type": "password", "username": "joe", "password": SECRETS["password"]}


def fill(stores: Repositories) -> None:
    """Add a client and a user whose secrets are canaries."""
    secret = hash_client_secret(SECRETS["client"], "sha256")
    stores.clients.add(Client(id="c", name="c", secret=secret, allowed_grant_type="password", is_confidential=True))
    hashed = hash_user_password(SECRETS["password"], rounds=4)
    stores.users.add(User(id="u", user_name="joe", user_hash=hashed, status="Active"))


def flows(site: Site) -> tuple[list[Received], list[str]]:
    """Use every endpoint with good and bad secrets; return the answers to bad ones, and the tokens that were issued."""
    url = site.url
    pair = post_json(url, TOKEN_PATH, PASSWORD).document
    refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    second = post_json(url, TOKEN_PATH, refresh).document
    tokens = [pair["access_token"], pair["refresh_token"], second["access_token"], second["refresh_token"]]
    basic = base64.b64encode(f"c:{WRONG['client']}".encode()).decode()
    body = json.dumps(PASSWORD).encode()
    answers = [
        post_json(url, TOKEN_PATH, PASSWORD | change)
        for change in (
            {"password": WRONG["password"]},
            {"username": WRONG["user"]},
            {"client_secret": WRONG["client"]},
            {"client_id": WRONG["client"]},
            {"grant_type": WRONG["grant"]},
            {"password": [WRONG["password"]]},
            {"password": WRONG["password"] + "\0"},
        )
    ]
    answers += [
        post_json(url, TOKEN_PATH, refresh),
        post_json(url, TOKEN_PATH, refresh | {"refresh_token": WRONG["token"]}),
        post_json(url, "/oauth/introspect", CLIENT | {"token": WRONG["token"]}),
        post_json(url, "/oauth/revoke", CLIENT | {"token": WRONG["token"]}),
        send(url, "POST", TOKEN_PATH, {"Authorization": f"Basic {basic}"}, b""),
        send(url, "POST", f"{TOKEN_PATH}?password={WRONG['query']}", {"Content-Type": "application/json"}, b"{" + body),
        send(url, "PUT", f"{TOKEN_PATH}?password={WRONG['query']}", {}, body),
        send(url, "GET", "/oauth/verify", {"Authorization": f"Bearer {WRONG['token']}"}, None),
        send(url, "GET", f"/Api/V8/current-user?token={WRONG['query']}", {"Authorization": WRONG["token"]}, None),
    ]
    post_json(url, "/oauth/introspect", CLIENT | {"token": second["access_token"]})
    send(url, "GET", "/oauth/verify", {"Authorization": f"Bearer {second['access_token']}"}, None)
    post_json(url, "/oauth/revoke", CLIENT | {"token": second["refresh_token"]})
    return answers, tokens


def send_raw(site: Site, *heads: str) -> None:
    """Send what gunicorn refuses by itself, and wait for its answer."""
    for head in heads:
        with socket.create_connection(("127.0.0.1", site.port), timeout=60) as connection:
            connection.sendall(head.encode() + b"\r\n\r\n")
            connection.recv(4096)


def canaries_in(text: str) -> list[str]:
    """Return the canaries that a text holds, as they are or as forms and headers spell them."""
    every = {*SECRETS.values(), *WRONG.values(), ENCRYPTION_KEY}
    encoded = {base64.b64encode(f"c:{canary}".encode()).decode() for canary in every}
    return [canary for canary in every | encoded if canary in text]


def test_logs_and_trail_hold_no_secret(tmp_path: Path, mariadb_server: DatabaseServer) -> None:
    """At debug level, on a database with a password and a Redis that is away, no canary is in any line or entry."""
    url = mariadb_server.new_database()
    settings = {
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
        "SESSION_KEY": SECRETS["session"] * 2,
        "REDIS_URL": f"redis://:{SECRETS['redis']}@127.0.0.1:1/0",
        "LDAP_SEARCH_PASSWORD": SECRETS["ldap"],
    }
    site = Site(tmp_path, "7.10.2", url, settings)
    site.fill(fill)
    with site:
        refused, tokens = flows(site)
        secret = f"Authorization: Bearer {WRONG['token']}"
        send_raw(
            site,
            f"POST /x HTTP/1.1\r\nHost: x\r\n{secret.replace(':', ' :')}",
            f"POST /x?password={WRONG['query']} NOTHTTP",
            f"POST /x?password={WRONG['query']}",
            f"GET / HTTP/1.1\r\nHost: x\r\n{secret.replace(':', '')}",
            f"GET /?password={WRONG['query']} HTTP/1.1\r\nHost: x\r\nContent-Length: {WRONG['token']}",
        )
        mariadb_server.stop()
        post_json(site.url, TOKEN_PATH, PASSWORD)
        mariadb_server.start()
    with site.database.unit_of_work() as stores:
        trail = str(stores.audit.search(AuditFilter(), limit=1000))
    lines = site.log.splitlines()
    assert "token issued" in site.log
    assert "Invalid request from ip=127.0.0.1" in site.log
    assert [line for line in lines if not line.startswith(("{", "warning: "))] == []
    for text in (site.log, trail, *(answer.body for answer in refused)):
        assert canaries_in(text) == []
        assert [token for token in tokens if token in text or token.rpartition(".")[2] in text] == []


LIBRARIES = """
import json, logging, sys
from pathlib import Path
from app import create_app

app = create_app()
for name in ("authlib", "sqlalchemy", "sqlalchemy.engine", "werkzeug", "alembic"):
    logging.getLogger(name).setLevel(logging.INFO if name.startswith("sqlalchemy") else logging.DEBUG)
client = app.test_client()
given = json.loads(sys.stdin.read())
pair = client.post("/Api/access_token", json=given).json
refresh = given | {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
client.post("/Api/access_token", json=refresh)
client.post("/Api/access_token", json=given | {"password": "canary-wrong-password-77"})
client.post("/oauth/introspect", json=given | {"token": pair["access_token"]})
print(json.dumps(pair))
"""


def test_libraries_that_are_made_to_talk(tmp_path: Path) -> None:
    """With the loggers of Authlib at debug level and SQLAlchemy's echo on, statements are told without values."""
    site = Site(tmp_path, "7.10.2")
    site.fill(fill)
    site.command("init").check_returncode()
    ended = subprocess.run(
        [sys.executable, "-c", LIBRARIES],
        cwd=tmp_path,
        env=site.environment | {"PYTHONPATH": os.fspath(Path(__file__).parents[2])},
        input=json.dumps(PASSWORD),
        capture_output=True,
        text=True,
        check=True,
    )
    site.database.dispose()
    pair: dict[str, Any] = json.loads(ended.stdout)
    assert "SELECT" in ended.stderr
    assert canaries_in(ended.stderr) == []
    assert [name for name in ("access_token", "refresh_token") if pair[name] in ended.stderr] == []


LEVELS = """
import logging, sys
from crm_oauth.observe.logs import configure_logs

configure_logs(sys.argv[1], "json")
print(*(logging.getLogger(name).getEffectiveLevel() for name in ("authlib.x", "sqlalchemy.engine", "alembic")))
"""


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_libraries_that_tell_too_much_are_held_back(level: str) -> None:
    """At no level of ours do Authlib, SQLAlchemy and Alembic say more than warnings."""
    told = subprocess.run([sys.executable, "-c", LEVELS, level], capture_output=True, text=True, check=True).stdout
    assert min(map(int, told.split())) >= logging.WARNING

"""What is measured: the server as it ships, over each database, with a client and a user in it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from bench.drive import Request, Run, as_json, drive
from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.support.database_servers import DatabaseServer, MariadbServer, PostgresqlServer
from tests.support.ports import free_port
from tests.support.site import COMMAND, Site
from tests.support.started import started
from tests.wire.exchange import TOKEN_PATH, post_json

ROOT = Path(__file__).parents[1]
CLIENT = {"client_id": "bench", "client_secret": "secret"}
USER = {"username": "bench", "password": "bench"}
WORKERS, THREADS = 2, 4  # as the settings' defaults

PATHS = ("client_credentials", "refresh_token", "password", "verify", "introspect")
DATABASES = {"SQLite": None, "MariaDB": MariadbServer, "PostgreSQL": PostgresqlServer}


@dataclass(frozen=True)
class Subject:
    """A server that runs.

    Args:
        url: of the server.
        folder: for what the load generator needs.
        pid: of the server's first process.
        database_url: of its database.
        database_pid: 0 where there is no process of the database's own.
        site: the installation.
    """

    url: str
    folder: Path
    pid: int
    database_url: str
    database_pid: int
    site: Site

    def run(self, path: str, *, connections: int, seconds: int) -> Run:
        """Send the request of a path, one of `PATHS`, for some seconds over some connections."""
        request = requests_of(self, connections if path == "refresh_token" else 1)[path]
        return drive(
            self.url,
            request,
            self.folder,
            connections=connections,
            seconds=seconds,
            server=self.pid,
            database=self.database_pid,
        )


@contextmanager
def running(database: str) -> Iterator[Subject]:
    """Start the server over a database that waits for the disk."""
    with database_server(database, durable=True) as server, temporary_folder() as folder:
        site = Site(
            folder,
            "7.12",
            server.new_database() if server else None,
            {"LOG_LEVEL": "info", "WORKERS": str(WORKERS)},
            program=COMMAND,  # one that is forked has less garbage to look through
        )
        site.fill(_fill)
        with site:
            url = site.database.url.render_as_string(hide_password=False)
            yield Subject(site.url, folder, site.pid, url, server.pid if server else 0, site)


@contextmanager
def database_server(database: str, *, durable: bool) -> Iterator[DatabaseServer | None]:
    """Start the server of one of `DATABASES`; None where there is none to start.

    Args:
        database: its name.
        durable: whether a commit waits for the disk.
    """
    make = DATABASES[database]
    with started(make(durable=durable)) if make else nullcontext() as server:
        yield server


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Lend an empty folder; not in /tmp, which may be memory: commits shall be durable."""
    with TemporaryDirectory(dir=ROOT, prefix=".bench-") as name:
        yield Path(name)


@contextmanager
def bare_route(subject: Subject) -> Iterator[tuple[str, int]]:
    """Serve the bare route under the same gunicorn; yields its address and process."""
    port = free_port()
    environment = subject.site.environment | {"CRM_OAUTH_BIND": f"127.0.0.1:{port}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "config/gunicorn.py"), "bench.bare:app"]
    with (subject.folder / "bare.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=subject.folder, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(30)


def requests_of(subject: Subject, connections: int) -> dict[str, Request]:
    """Return the request of each of `PATHS`, with tokens of a session of its own.

    Args:
        subject: a server that runs.
        connections: as many sessions are to be refreshed at once.
    """
    password = CLIENT | {"grant_type": "password"} | USER
    pairs = [post_json(subject.url, TOKEN_PATH, password).document for _ in range(connections)]
    access_token = str(pairs[0]["access_token"])
    refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": "REFRESH_TOKEN"}
    return {
        "client_credentials": Request(TOKEN_PATH, as_json(CLIENT | {"grant_type": "client_credentials"})),
        "refresh_token": Request(
            TOKEN_PATH, as_json(refresh), refresh_tokens=[str(pair["refresh_token"]) for pair in pairs]
        ),
        "password": Request(TOKEN_PATH, as_json(password)),
        "verify": Request("/oauth/verify", authorization=f"Bearer {access_token}"),
        "introspect": Request("/oauth/introspect", as_json(CLIENT | {"token": access_token})),
    }


def _fill(stores: Repositories) -> None:
    # A client of its own for each grant would measure the same.
    stores.users.add(User(id="u", user_name="bench", user_hash=hash_user_password("bench"), status="Active"))
    secret = hash_client_secret("secret", "sha256")
    stores.clients.add(Client(id="bench", secret=secret, allowed_grant_type="client_credentials", assigned_user_id="u"))


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urlopen(f"http://127.0.0.1:{port}/")  # our own server
        except URLError as error:
            if getattr(error, "code", None):  # it answers, if only that a GET is not allowed
                return
            time.sleep(0.1)  # nothing tells when a port begins to listen
    raise RuntimeError("the bare route did not start")

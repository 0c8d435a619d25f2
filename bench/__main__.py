"""Measures tokens per second, by grant and database, beside what the machine can do at all."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import bcrypt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import Client, User
from crm_oauth.store.ports import Repositories
from tests.support.database_servers import MariadbServer, PostgresqlServer
from tests.support.site import Site
from tests.wire.exchange import post_json

SECONDS = 15
CONNECTIONS = 16
PATH = "/Api/access_token"
SCRIPT = Path(__file__).with_name("post.lua")
CLIENT = {"client_id": "bench", "client_secret": "secret"}
BODIES = {
    "client_credentials": CLIENT | {"grant_type": "client_credentials"},
    "refresh_token": CLIENT | {"grant_type": "refresh_token", "refresh_token": "REFRESH_TOKEN"},
    "password": CLIENT | {"grant_type": "password", "username": "bench", "password": "bench"},
}


@dataclass(frozen=True)
class Figures:
    """What one run measured: latencies are in milliseconds."""

    per_second: float
    median: float
    worst_percent: float
    failed: int


def main() -> None:
    """Print the table."""
    print(
        f"RSA-2048 signature: {_milliseconds(_signing()):.2f} ms · bcrypt-10 check: {_milliseconds(_hashing()):.1f} ms"
    )
    print("| database | grant | tokens/s | p50 ms | p99 ms | failed |\n|---|---|---|---|---|---|")
    _measure("SQLite", None)
    for name, kind in (("MariaDB", MariadbServer), ("PostgreSQL", PostgresqlServer)):
        server = kind(durable=True)
        try:
            server.start()
            _measure(name, server.new_database())
        finally:
            server.remove()


def _measure(database: str, url: str | None) -> None:
    with TemporaryDirectory() as folder, _site(Path(folder), url) as site:
        for grant in BODIES:
            run = _drive(site, grant)
            cells = (
                database,
                grant,
                f"{run.per_second:.0f}",
                f"{run.median:.1f}",
                f"{run.worst_percent:.1f}",
                run.failed,
            )
            print("|", " | ".join(map(str, cells)), "|", flush=True)


@contextmanager
def _site(folder: Path, url: str | None) -> Iterator[Site]:
    site = Site(folder, "7.12", url, {"WORKERS": "2", "THREADS": "8", "LOG_LEVEL": "warning"})
    site.fill(_fill)
    with site:
        yield site


def _fill(stores: Repositories) -> None:
    # A client of its own for each grant would measure the same: the row is read anew for every request.
    stores.users.add(User(id="u", user_name="bench", user_hash=hash_user_password("bench"), status="Active"))
    secret = hash_client_secret("secret", "sha256")
    stores.clients.add(Client(id="bench", secret=secret, allowed_grant_type="client_credentials", assigned_user_id="u"))


def _drive(site: Site, grant: str) -> Figures:
    body = site.folder / "body.json"
    body.write_text(json.dumps(BODIES[grant]))
    arguments = [str(body)]
    threads = 1
    if grant == "refresh_token":
        # A thread of the load generator for each connection: a token is redeemed once, so it has one line each.
        threads = CONNECTIONS
        tokens = site.folder / "tokens"
        first = [post_json(site.url, PATH, BODIES["password"]).document["refresh_token"] for _ in range(CONNECTIONS)]
        tokens.write_text("\n".join(first) + "\n")
        arguments.append(str(tokens))
    wrk = ["wrk", f"-t{threads}", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "10s", "-s", str(SCRIPT)]
    told = subprocess.run([*wrk, site.url + PATH, "--", *arguments], capture_output=True, text=True, check=True).stdout
    [result] = [line.split() for line in told.splitlines() if line.startswith("RESULT")]
    _, requests, microseconds, median, worst_percent, failed = map(float, ["0", *result[1:]])
    return Figures(requests / microseconds * 1e6, median, worst_percent, int(failed))


def _signing() -> Callable[[], object]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return lambda: key.sign(b"x" * 300, padding.PKCS1v15(), hashes.SHA256())


def _hashing() -> Callable[[], object]:
    stored = bcrypt.hashpw(b"bench", bcrypt.gensalt(10))
    return lambda: bcrypt.checkpw(b"bench", stored)


def _milliseconds(work: Callable[[], object], seconds: float = 2) -> float:
    began, rounds = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        work()
        rounds += 1
    return (time.perf_counter() - began) / rounds * 1000


if __name__ == "__main__":
    main()

"""A peer that runs over a database of its own, and what it is asked."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request as Sent
from urllib.request import urlopen

from sqlalchemy import NullPool, create_engine, make_url, text

from bench.drive import Request
from bench.peers.catalogue import ACCESS_TOKEN, REFRESH_TOKEN, Asked, Peer
from bench.peers.installed import Packages
from tests.support.ports import free_port

_FORM = "application/x-www-form-urlencoded"
_PATIENCE = 60


@dataclass(frozen=True)
class RunningPeer:
    """A peer that answers.

    Args:
        peer: which.
        url: its address.
        pid: its first process.
        database_url: its database.
    """

    peer: Peer
    url: str
    pid: int
    database_url: str

    def request(self, asked: Asked, connections: int) -> Request:
        """Return what the load generator sends; a refresh has a token for each connection."""
        form = dict(asked.form or {})
        takes_refresh = REFRESH_TOKEN in form.values()
        answers = [self.ask(asked.after) for _ in range(connections if takes_refresh else 1)] if asked.after else [{}]
        access_token = answers[0].get("access_token", "-")
        if asked.form is None:
            return Request(asked.path, authorization=f"Bearer {access_token}")
        body = urlencode(form).replace(ACCESS_TOKEN, access_token)
        tokens = [each["refresh_token"] for each in answers] if takes_refresh else []
        return Request(asked.path, body, _FORM, refresh_tokens=tokens)

    def ask(self, asked: Asked) -> dict[str, str]:
        """Send a request once."""
        sent = Sent(self.url + asked.path, urlencode(asked.form or {}).encode(), {"Content-Type": _FORM})  # noqa: S310  # at our own address
        with urlopen(sent) as answer:  # noqa: S310  # same
            told: dict[str, str] = json.load(answer)
        return told

    def rows_for(self, asked: Asked, times: int) -> int:
        """Return how many rows the peer's table of tokens got from a request that is sent some times."""
        before = self._rows()
        for _ in range(times):
            self.ask(asked)
        return self._rows() - before

    def _rows(self) -> int:
        engine = create_engine(self.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            query = text(f"SELECT count(*) FROM {self.peer.tokens}")  # noqa: S608  # a name of our own
            return int(connection.execute(query).scalar_one())


@contextmanager
def running(peer: Peer, packages: Packages, database_url: str, key: Path) -> Iterator[RunningPeer]:
    """Prepare a peer and serve it.

    Args:
        peer: which.
        packages: installed.
        database_url: of an empty database of a PostgreSQL that listens at a socket.
        key: PEM file of the RSA key that signs.
    """
    port, url = free_port(), make_url(database_url)
    environment = os.environ | peer.environment
    environment |= {"PGHOST": str(url.query["host"]), "PGUSER": url.username or "", "PGDATABASE": url.database or ""}
    environment |= {"KEY_FILE": str(key), "PORT": str(port)}
    with (packages.folder / "peer.log").open("wb") as log:

        def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
            words = [{"python": str(packages.python)}.get(word, word).replace("PORT", str(port)) for word in command]
            return subprocess.Popen(words, cwd=packages.folder, env=environment, stdout=log, stderr=log)

        if peer.prepares and start(peer.prepares).wait(_PATIENCE):
            raise RuntimeError(_told(packages))
        process = start(peer.serves)
        try:
            _wait_until_served(process, port, packages)
            yield RunningPeer(peer, f"http://127.0.0.1:{port}", process.pid, database_url)
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _wait_until_served(process: subprocess.Popen[bytes], port: int, packages: Packages) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)  # nothing tells when a port begins to listen
    raise RuntimeError(_told(packages))


def _told(packages: Packages) -> str:
    return (packages.folder / "peer.log").read_text(errors="replace")

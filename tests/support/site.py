"""A whole installation in a temporary folder: keys, database, rows, and the server as it ships."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from crm_oauth.store.ports import Repositories
from tests.support import commands
from tests.support.ports import free_port

COMMAND = sys.executable, "-m", "crm_oauth.cli"
"""The `crm-oauth` command of the checkout, for those who want processes that import everything by themselves."""

ENCRYPTION_KEY = "BZZmEigHf0DEdHnTHm6V04To1D3lIsA6BBL5a0d1tII="


class Site:
    """An installation that a test fills and starts.

    Args:
        folder: an empty folder; the server's working directory.
        profile: a profile's name or file.
        database_url: None makes an SQLite file in the folder.
        settings: further settings, without their prefix.
        program: the `crm-oauth` command; None is that of the checkout, which need not import everything anew.
    """

    def __init__(
        self,
        folder: Path,
        profile: str,
        database_url: str | None = None,
        settings: Mapping[str, str] | None = None,
        program: Sequence[str | Path] | None = None,
    ) -> None:
        self._program = program
        self.folder = folder
        self.port = free_port()
        self.database_url = database_url or f"sqlite:///{folder}/test.db"
        self.database = Database(self.database_url)
        chosen = {
            "PROFILE": profile,
            "DATABASE_URL": self.database_url,
            "ENCRYPTION_KEY": ENCRYPTION_KEY,
            "BIND": f"127.0.0.1:{self.port}",
            "WORKERS": "1",
            # Tests of anything else guess wrong as often as they need.
            **dict.fromkeys(("GUESSES_PER_USER", "GUESSES_PER_CLIENT", "GUESSES_PER_ADDRESS"), "1000000/s"),
            **(settings or {}),
        }
        own = {name: value for name, value in os.environ.items() if not name.startswith("CRM_OAUTH_")}
        self.environment = own | {f"CRM_OAUTH_{name}": value for name, value in chosen.items()}
        self._process: subprocess.Popen[bytes] | commands.Command | None = None
        schema.upgrade(self.database)

    @property
    def url(self) -> str:
        """Return the server's address, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Return all that the server wrote so far."""
        return (self.folder / "server.log").read_text()

    def fill(self, work: Callable[[Repositories], object]) -> None:
        """Change the database in one unit of work."""
        with self.database.unit_of_work() as repositories:
            work(repositories)

    def command(
        self, *arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the `crm-oauth` command here, with these variables besides those of the site."""
        whole = {**self.environment, **(environment or {})}
        if self._may_inherit(whole):
            return commands.run(arguments, self.folder, whole, stdin)
        return subprocess.run(
            [*self._command_line(), *arguments],
            cwd=self.folder,
            env=whole,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def pid(self) -> int:
        """Process of the server, which has workers; 0 while none runs."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log, Path(os.devnull).open("rb") as nothing:
            if self._may_inherit(self.environment):
                files = nothing.fileno(), log.fileno(), log.fileno()
                self._process = commands.Command(["serve"], self.folder, self.environment, files)
            else:
                self._process = subprocess.Popen(
                    [*self._command_line(), "serve"],
                    cwd=self.folder,
                    env=self.environment,
                    stdin=nothing,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        try:
            self._wait_until_alive(self._process)
        except BaseException:  # also where it is told to end meanwhile
            self.stop()
            raise

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)

    def restart(self, settings: Mapping[str, str]) -> Self:
        """Stop the server, start it with these settings changed, and return it."""
        self.stop()
        self.environment |= {f"CRM_OAUTH_{name}": value for name, value in settings.items()}
        self.start()
        return self

    @property
    def process(self) -> subprocess.Popen[bytes] | commands.Command:
        """Return gunicorn's master process; its children are the workers."""
        assert self._process is not None, "the server was not started"
        return self._process

    @property
    def workers(self) -> list[int]:
        """Processes of the workers, while the server runs."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def __enter__(self) -> Self:
        self.command("init").check_returncode()
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
        self.database.dispose()

    def _command_line(self) -> Sequence[str | Path]:
        return self._program or COMMAND

    def _may_inherit(self, environment: Mapping[str, str]) -> bool:
        return self._program is None and environment.get("PYTHONPATH") == os.environ.get("PYTHONPATH")

    def _wait_until_alive(self, process: subprocess.Popen[bytes] | commands.Command) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/healthz")
                connection.getresponse()
            except (OSError, HTTPException):
                time.sleep(0.05)  # nothing tells when a port begins to listen
            else:
                return
            finally:
                connection.close()
        raise AssertionError(f"the server did not start:\n{self.log}")

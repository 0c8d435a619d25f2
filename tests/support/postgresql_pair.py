"""A PostgreSQL primary and its synchronous standby, set up as docs/many-nodes.md shows."""

import time
from pathlib import Path
from typing import Self

from sqlalchemy import URL

from tests.support.database_servers import PostgresqlServer
from tests.support.documents import shown, shown_file
from tests.support.ports import free_port
from tests.support.programs import POSTGRESQL_FOLDERS, require_program

DOCUMENT = "docs/many-nodes.md"
_PATIENCE = 60


class PostgresqlNode(PostgresqlServer):
    """One of the two.

    Args:
        port: where it listens.
        primary: whose standby it becomes; None: it is the primary.
    """

    def __init__(self, port: int, primary: Self | None = None) -> None:
        self._pg_basebackup = require_program("pg_basebackup", also_in=POSTGRESQL_FOLDERS)
        self._pg_ctl = require_program("pg_ctl", also_in=POSTGRESQL_FOLDERS)
        self.port = port
        self._primary = primary
        super().__init__(durable=True)
        own = shown_file(DOCUMENT, "replication.conf", {"localhost, 10.0.0.21": "127.0.0.1"})
        (self.directory / "data" / "postgresql.conf").write_text(f"{own}port = {port}\n")

    def promote(self) -> None:
        """Make a standby the primary, and wait until it takes writes."""
        command: list[str | Path] = [self._pg_ctl, "promote", "-D", self.directory / "data"]
        assert self._spawn(command).wait(_PATIENCE) == 0, self._log.read_text(errors="replace")

    def demand_standby(self) -> None:
        """Let no commit be acknowledged that the standby does not have, as soon as it follows."""
        self._wait_for("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'")
        self._set("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
        self._wait_for("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'quorum'")

    def demand_no_standby(self) -> None:
        """Let it serve alone once it is promoted."""
        self._set("ALTER SYSTEM RESET synchronous_standby_names")

    def _set(self, statement: str) -> None:
        self._execute(shown(DOCUMENT, statement))
        self._execute("SELECT pg_reload_conf()")

    def _wait_for(self, query: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self._execute(query):
            assert time.monotonic() < deadline, query
            time.sleep(0.1)

    def _install_command(self) -> list[str | Path]:
        if self._primary is None:
            return super()._install_command()
        source = f"--dbname=host=127.0.0.1 port={self._primary.port} user=postgres"
        options = ["--write-recovery-conf", "--checkpoint=fast"]
        return [self._pg_basebackup, f"--pgdata={self.directory / 'data'}", *options, source]

    def _server_command(self) -> list[str | Path]:
        return [self._postgres, "-D", self.directory / "data", f"--unix_socket_directories={self.directory}"]

    def _url(self, database: str | None = "postgres") -> URL:
        return URL.create("postgresql+psycopg", "postgres", host="127.0.0.1", port=self.port, database=database)


class PostgresqlPair:
    """Two places for servers, of which one is the primary's; running from `start()` to `remove()`."""

    def __init__(self) -> None:
        self.primary = PostgresqlNode(free_port())
        self.standby: PostgresqlNode | None = None

    def start(self) -> None:
        """Start both."""
        self.primary.start()
        self.add_standby(free_port())

    def new_database(self) -> str:
        """Create an empty database and return the URL that names both places."""
        assert self.standby
        name = self.primary.new_database().rpartition("/")[2]
        ports = self.primary.port, self.standby.port
        return f"postgresql://postgres@{','.join(f'127.0.0.1:{port}' for port in ports)}/{name}"

    def add_standby(self, port: int) -> None:
        """Start a standby that is made from the primary; from now on commits wait for it."""
        self.standby = PostgresqlNode(port, self.primary)
        self.standby.start()
        self.standby.demand_no_standby()
        self.primary.demand_standby()

    def promote(self) -> None:
        """Put the standby into the place of a primary that was killed."""
        assert self.standby
        self.standby.promote()
        self.primary.remove()
        self.primary, self.standby = self.standby, None

    def remove(self) -> None:
        """Stop both and delete all that they kept."""
        for server in (self.primary, self.standby):
            if server:
                server.remove()

"""PostgreSQL and MariaDB servers to throw away, made from the machine's binaries; its own servers are left alone.

They listen on this machine only, trust everybody, and need not survive a power cut unless they shall be durable: else
they are in memory if it has room for them, for a disk takes its time to make a table.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, NullPool, Row, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from crm_oauth.store import schema
from crm_oauth.store.db import Database
from tests.support.accounts import unprivileged
from tests.support.memory import disk, memory
from tests.support.ports import free_port
from tests.support.programs import POSTGRESQL_FOLDERS, find_program, require_program
from tests.support.stopped import is_stopped

_PATIENCE = 60
WITHOUT_TLS = {"ssl_disabled": True}
"""For PyMySQL, which otherwise reads all certificates of the machine for each connection, in 25 ms."""


class DatabaseServer(ABC):
    """A server of one's own, running from `start()` to `stop()`; `remove()` leaves nothing behind.

    Args:
        account: whom to run as when the tests run as root, which both servers refuse; else `nobody`.
        durable: whether a commit waits for the disk, as it does where it counts.
    """

    programs: Sequence[str]
    stop_signal: signal.Signals
    crash_signal: signal.Signals
    drop_option = ""
    connect_options: Mapping[str, bool] = {}

    def __init__(self, account: str, *, durable: bool) -> None:
        self._durable = durable
        # Not pytest's tmp_path, which other accounts may not enter.
        self.directory = Path(tempfile.mkdtemp(prefix="crm-oauth-", dir=disk() if durable else memory()))
        self._account = unprivileged(account)
        if self._account:
            shutil.chown(self.directory, self._account)
        self._log = self.directory / "log"
        self._numbers = count(1)
        self._template: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._install()

    @classmethod
    def missing_programs(cls) -> list[str]:
        """Name those of its programs that this machine lacks."""
        return [name for name in cls.programs if not find_program(name, also_in=POSTGRESQL_FOLDERS)]

    @property
    def pid(self) -> int:
        """Process of the server; 0 while none runs."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if self._process:
            raise RuntimeError("the server is running already")
        self._process = self._spawn(self._server_command())
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self._log.read_text(errors="replace"))
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server, whatever its clients are doing."""
        if self._process:
            self._process.send_signal(self.stop_signal)
            self._process.wait(_PATIENCE)
            self._process = None

    def crash(self) -> None:
        """Let the server go without a farewell: at the next start it must recover."""
        if self._process:
            self._process.send_signal(self.crash_signal)
            self._process.wait(_PATIENCE)
            self._process = None

    def kill(self) -> None:
        """Let the machine of the server go: every process is killed at once."""
        if self._process:
            self._signal_all(signal.SIGKILL)
            self._process.wait(_PATIENCE)
            self._process = None

    def freeze(self) -> None:
        """Let the server do nothing any more; the system goes on to take what is sent to it."""
        self._signal_all(signal.SIGSTOP)
        # Until a busy machine gets round to it, the server still answers.
        while not all(map(is_stopped, self._pids())):
            time.sleep(0.01)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def remove(self) -> None:
        """Stop the server and delete all that it kept."""
        self.stop()
        shutil.rmtree(self.directory)

    def new_database(self, options: str = "") -> str:
        """Create an empty database and return its URL."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} {options}")
        return self._url(name).render_as_string()

    def give_schema(self, url: str) -> None:
        """Give an empty database the newest schema, by copying: an upgrade takes many times as long."""
        if self._template is None:
            self._template = self.new_database()
            database = Database(self._template)
            schema.upgrade(database)
            database.dispose()
        self._copy(str(make_url(self._template).database), str(make_url(url).database))

    def url_of(self, url: str) -> str:
        """Return the URL by which the administrator uses a database of this server."""
        return self._url(make_url(url).database).render_as_string()

    def drop_database(self, url: str) -> None:
        """Drop a database that `new_database` returned, whoever is still connected."""
        self._execute(f"DROP DATABASE {make_url(url).database} {self.drop_option}")

    @abstractmethod
    def _install_command(self) -> list[str | Path]:
        """Command line that fills the directory."""

    @abstractmethod
    def _server_command(self) -> list[str | Path]:
        """Command line of the server, which stays in the foreground."""

    @abstractmethod
    def _copy(self, template: str, name: str) -> None:
        """Fill an empty database with what another has that nobody uses."""

    @abstractmethod
    def _url(self, database: str | None = None) -> URL:
        """URL of one of its databases; without a name, of whatever is always there."""

    def _install(self) -> None:
        with ExitStack() as unless_done:
            unless_done.callback(self.remove)
            process = self._spawn(self._install_command())
            unless_done.callback(process.wait, _PATIENCE)  # where we are told to end meanwhile
            if process.wait(_PATIENCE) != 0:
                raise RuntimeError(self._log.read_text(errors="replace"))
            unless_done.pop_all()

    def _spawn(self, command: list[str | Path]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.directory,
                # A MariaDB that starts removes the temporary tables of every other in the same folder.
                env=os.environ | {"TMPDIR": str(self.directory)},
                stdout=log,
                stderr=log,
                user=self._account,
                group=self._account and pwd.getpwnam(self._account).pw_gid,
                extra_groups=[] if self._account else None,
            )

    def _signal_all(self, which: signal.Signals) -> None:
        for pid in self._pids():
            os.kill(pid, which)

    def _pids(self) -> list[int]:
        if not self.pid:
            return []
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def _answers(self) -> bool:
        try:
            self._execute("SELECT 1")
        except OperationalError:
            return False
        return True

    @cached_property
    def _engine(self) -> Engine:
        options = dict(self.connect_options)
        return create_engine(self._url(), poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=options)

    def _execute(self, statement: str) -> Sequence[Row[Any]]:
        with self._engine.connect() as connection:
            result = connection.execute(text(statement))
            return result.all() if result.returns_rows else ()


class PostgresqlServer(DatabaseServer):
    """PostgreSQL in the locale `C`, whose own `lower()` knows ASCII only."""

    programs = "initdb", "postgres"
    stop_signal = signal.SIGINT  # "fast": does not wait for the clients to go
    crash_signal = signal.SIGQUIT  # "immediate": its children would outlive a kill -9 of the first process
    drop_option = "WITH (FORCE)"

    def __init__(self, *, durable: bool = False) -> None:
        self._initdb, self._postgres = (require_program(name, also_in=POSTGRESQL_FOLDERS) for name in self.programs)
        super().__init__("postgres", durable=durable)

    def _install_command(self) -> list[str | Path]:
        return [
            self._initdb,
            f"--pgdata={self.directory / 'data'}",
            "--username=postgres",
            "--auth=trust",
            "--locale=C",
            "--encoding=UTF8",
            "--no-sync",
        ]

    def _server_command(self) -> list[str | Path]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.directory),
            "max_connections": "200",
        }
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [self._postgres, "-D", self.directory / "data", *options]

    def _copy(self, template: str, name: str) -> None:
        self._execute(f"DROP DATABASE {name}")
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")

    def _url(self, database: str | None = "postgres") -> URL:
        where = {"host": str(self.directory)}
        return URL.create("postgresql+psycopg", "postgres", database=database, query=where)


class MariadbServer(DatabaseServer):
    """MariaDB with the settings that it ships with."""

    programs = "mariadb-install-db", "mariadbd"
    stop_signal = signal.SIGTERM
    crash_signal = signal.SIGKILL
    connect_options = WITHOUT_TLS

    def __init__(self, *, durable: bool = False) -> None:
        self._mariadb_install_db, self._mariadbd = map(require_program, self.programs)
        # A port, for PyMySQL forgets to close a Unix socket that refuses it.
        self._port = free_port()
        super().__init__("mysql", durable=durable)

    def _install_command(self) -> list[str | Path]:
        return [
            self._mariadb_install_db,
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]

    def _server_command(self) -> list[str | Path]:
        return [
            self._mariadbd,
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            f"--socket={self.directory / 'socket'}",
            f"--pid-file={self.directory / 'pid'}",
            f"--port={self._port}",
            "--bind-address=127.0.0.1",
            "--max-connections=200",
            f"--innodb-flush-log-at-trx-commit={int(self._durable)}",
        ]

    def _copy(self, template: str, name: str) -> None:
        with self._engine.connect() as connection:
            for table in inspect(connection).get_table_names(template):
                connection.execute(text(f"CREATE TABLE {name}.{table} LIKE {template}.{table}"))
                connection.execute(text(f"INSERT INTO {name}.{table} SELECT * FROM {template}.{table}"))  # noqa: S608 - names of ours

    def _url(self, database: str | None = None) -> URL:
        return URL.create("mysql+pymysql", "root", host="127.0.0.1", port=self._port, database=database)

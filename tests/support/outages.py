"""Ways in which a database goes away while its server seems to be there; each is over at the end of its block."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests.support.database_servers import DatabaseServer

ACCOUNT = "ordinary"

_TERMINATE = text("""
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database()
""")


@contextmanager
def administrator(url: str) -> Iterator[Connection]:
    """Lend a connection on which each statement counts at once."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def kill_connections(url: str) -> int:
    """End every other connection to a database, as an impatient administrator does; returns how many there were."""
    with administrator(url) as connection:
        if connection.dialect.name == "postgresql":
            return len(connection.execute(_TERMINATE).all())
        listed = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        ids = connection.scalars(text(listed)).all()
        for each in ids:
            connection.execute(text(f"KILL CONNECTION {each}"))
        return len(ids)


@contextmanager
def frozen(server: DatabaseServer, _url: str) -> Iterator[None]:
    """The server's processes are stopped: it takes what is sent, and never answers."""
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@contextmanager
def locked(_server: DatabaseServer | None, url: str) -> Iterator[None]:
    """Somebody holds the tables, as a careless backup does."""
    with administrator(url) as connection:
        match connection.dialect.name:
            case "sqlite":
                begin, end = "BEGIN EXCLUSIVE", "ROLLBACK"
            case "postgresql":
                begin, end = "BEGIN; LOCK TABLE oauth2tokens IN ACCESS EXCLUSIVE MODE", "ROLLBACK"
            case _:
                begin, end = "LOCK TABLES oauth2tokens WRITE", "UNLOCK TABLES"
        connection.exec_driver_sql(begin)
        try:
            yield
        finally:
            connection.exec_driver_sql(end)


@contextmanager
def read_only(_server: DatabaseServer, url: str) -> Iterator[None]:
    """The server takes no writes from ordinary accounts, as a replica does."""
    name = make_url(url).database
    with administrator(url) as connection:
        if connection.dialect.name == "postgresql":
            on, off = (f"ALTER DATABASE {name} SET default_transaction_read_only = {how}" for how in ("on", "off"))
        else:
            on, off = "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"
        connection.execute(text(on))
    kill_connections(url)  # of PostgreSQL, those that are open do not notice
    try:
        yield
    finally:
        with administrator(url) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(off))
        kill_connections(url)


@contextmanager
def crowded(_server: DatabaseServer, url: str) -> Iterator[None]:
    """Others have taken every connection that the server has to give."""
    time.sleep(1)  # until the audit trail has written: it would have a connection again, which the next request takes
    kill_connections(url)
    with ExitStack() as taken:
        try:
            while True:
                taken.enter_context(administrator(url))
        except OperationalError:
            yield


def ordinary(url: str) -> str:
    """Return a URL by which an account without special rights uses a database."""
    with administrator(url) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(
                text(f"DO $$BEGIN CREATE ROLE {ACCOUNT} LOGIN; EXCEPTION WHEN duplicate_object THEN END$$")
            )
            connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ACCOUNT}"))
        else:
            connection.execute(text(f"CREATE USER IF NOT EXISTS {ACCOUNT}@'127.0.0.1'"))
            connection.execute(text(f"GRANT ALL ON {make_url(url).database}.* TO {ACCOUNT}@'127.0.0.1'"))
    return make_url(url).set(username=ACCOUNT).render_as_string(hide_password=False)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Lend a disk of two megabytes, or skip the test where nobody may mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a tmpfs, which this account lacks")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)

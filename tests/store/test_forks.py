"""A process that forks keeps its connections to itself."""

import subprocess
import sys

import pytest

from tests.support.database_servers import DatabaseServer

_SCRIPT = r"""
import os, sys
from sqlalchemy import text
from crm_oauth.store.db import Database

database = Database(sys.argv[1], pool_size=1)

def tell():
    with database.connection() as connection:
        own = "pg_backend_pid()" if connection.dialect.name == "postgresql" else "connection_id()"
        os.write(1, b"%d\n" % connection.scalar(text("SELECT " + own)))  # at once, as both processes write there

tell()
child = os.fork()
tell()
if child:
    os.waitpid(child, 0)
    tell()
"""


@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_no_connection_is_shared_over_a_fork(kind: str, request: pytest.FixtureRequest) -> None:
    """The child of a process that has used the database gets a connection of its own, the parent goes on with its."""
    server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
    command = [sys.executable, "-c", _SCRIPT, server.new_database()]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert len(told) == 4
    assert told.count(told[0]) == 3

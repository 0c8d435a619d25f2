"""What a request costs the database: as many statements as we say, and none that grows with the tables."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from crm_oauth.compat.client_secrets import hash_client_secret
from crm_oauth.compat.passwords import hash_user_password
from crm_oauth.store.models import Base, Client, Token, User
from crm_oauth.store.own_models import AuditRow, ClientRights, GuessRow, Refresh
from tests.support.database_servers import DatabaseServer
from tests.support.site import Site

from .asking import PROGRAM, REQUESTS

ROOT = Path(__file__).parents[2]
ROWS = 3000
NOW = datetime.now(UTC)


SECRET, PASSWORD = hash_client_secret("secret", "sha256"), hash_user_password("password", rounds=4)
LATER = NOW + timedelta(days=1)

TOLD = {
    "client_credentials": "client_credentials",
    "password": "password",
    "refresh_token": "refresh_token",
    "`/oauth/verify`": "verify",
    "introspection": "introspect",
}
"""The paths of the page about speed, each with its request here."""

ROW_OF: dict[Any, Any] = {
    Client: lambda n: {
        "id": n,
        "secret": SECRET,
        "allowed_grant_type": "client_credentials" if n == PROGRAM else "password",
        "assigned_user_id": n,
    },
    ClientRights: lambda n: {"client_id": n, "may_introspect": True},
    User: lambda n: {"id": n, "user_name": f"name-{n}", "user_hash": PASSWORD, "status": "Active"},
    Token: lambda n: {
        "id": n,
        "client": n,
        "assigned_user_id": n,
        "access_token": f"access-{n}",
        "refresh_token": f"refresh-{n}",
        "access_token_expires": LATER,
        "refresh_token_expires": LATER,
    },
    Refresh: lambda n: {"token_id": n, "successor_id": f"next-{n}", "line_id": n, "used_at": NOW},
    GuessRow: lambda n: {"subject": n, "level": 1.0, "updated_at": NOW.timestamp()},
    AuditRow: lambda n: {
        "at": NOW,
        "event": "token_issued",
        "detail": "",
        "grant_type": "password",
        "client_id": n,
        "user_id": n,
        "actor": "",
        "address": "",
        "request_id": n,
    },
}


@dataclass(frozen=True)
class Dialect:
    """How a database tells a plan.

    Args:
        explain: what comes before the statement.
        analyze: statement that has it count a table's rows.
        whole: that it reads all of a table or of an index.
        index: that it looks something up in an index.
        many: that it reads all tokens of a client or of a user.
    """

    explain: str
    analyze: str
    whole: str
    index: str
    many: str


_MANY = "ix_oauth2tokens_(client|assigned_user_id)"


DIALECTS = {
    "sqlite": Dialect("EXPLAIN QUERY PLAN", "ANALYZE", r"SCAN (?!CONSTANT)", r"USING (COVERING )?INDEX", _MANY),
    "mysql": Dialect(
        "EXPLAIN",
        "ANALYZE TABLE",
        r"'(ALL|index)'",
        # The last is told by whoever looked up a unique index as he planned.
        r"'(const|eq_ref|ref|range|index_merge)'|no matching row in const table",
        rf"'(ref|range|index_merge)', '[^']+', '[^']*{_MANY}",  # type, those that are possible, the one taken
    ),
    "postgresql": Dialect("EXPLAIN", "ANALYZE", r"Seq Scan", r"Index (Only )?Scan", _MANY),
}


@dataclass(frozen=True)
class Planned:
    """What a database was sent for each request, by name.

    Args:
        dialect: its own.
        plans: each statement, with its plan in the dialect's words.
        statements: in order, BEGIN and COMMIT too, as in every request but the first.
    """

    dialect: Dialect
    plans: Mapping[str, Mapping[str, str]]
    statements: Mapping[str, Sequence[str]]


DATABASES = "sqlite", "mariadb", "postgresql"


@pytest.fixture(scope="module", params=product(DATABASES, ("counted", "uncounted")), ids="-".join)
def planned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """The plans of all requests over tables of some thousand rows, which the database has counted or not.

    PostgreSQL counts them a minute after they were written, or restored from a backup; SQLite never does by itself.
    """
    kind, counted = request.param
    url = None
    if kind != "sqlite":
        server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
        url = server.new_database()
    site = Site(tmp_path_factory.mktemp("site"), "7.14", url)
    site.command("init").check_returncode()
    dialect = DIALECTS[site.database.url.get_backend_name()]
    _fill(site)
    if counted == "counted":
        with site.database.reading() as connection:
            for table in Base.metadata.sorted_tables:
                connection.exec_driver_sql(f"{dialect.analyze} {table.name}")
    site.database.dispose()
    command = [sys.executable, "-m", "tests.store.asking", dialect.explain]
    environment = site.environment | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=site.folder, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return Planned(dialect, **json.loads(told.stdout))


def _fill(site: Site) -> None:
    with site.database.connection() as connection:
        for model in (Client, ClientRights, User, Token, Refresh, GuessRow, AuditRow):
            connection.execute(insert(model), [ROW_OF[model](f"{number}") for number in range(ROWS)])


@pytest.mark.parametrize("request_name", REQUESTS)
def test_no_request_reads_a_whole_table(planned: Planned, request_name: str) -> None:
    """Each statement looks up an index, not a whole table nor all tokens of a client, as the database plans it."""
    plans = planned.plans[request_name].items()
    assert plans
    assert [each for each in plans if re.search(planned.dialect.whole, each[1])] == []
    assert [each for each in plans if not re.search(planned.dialect.index, each[1])] == []
    assert [each for each in plans if re.search(planned.dialect.many, each[1])] == []


@pytest.mark.parametrize("path", TOLD)
def test_a_request_sends_as_many_statements_as_is_told(planned: Planned, path: str) -> None:
    """The table in `docs/performance.md` says how many statements each path costs, and whether in a transaction."""
    page = (ROOT / "docs" / "performance.md").read_text()
    table = page.partition("Statements of a request:")[2].partition("\n## ")[0]
    [all_told] = re.findall(rf"^\| {path} \| .* \| (.*) \|$", table, re.MULTILINE)
    told, _, over_sqlite = all_told.partition("; ")
    if over_sqlite and planned.dialect is DIALECTS["sqlite"]:
        told = over_sqlite
    sent = planned.statements[TOLD[path]]
    around = [statement.split()[0] for statement in sent if statement in {"BEGIN", "BEGIN IMMEDIATE", "COMMIT"}]
    assert len(sent) - len(around) == int(re.findall(r"\d+", told)[0]), sent
    assert around == re.findall("BEGIN|COMMIT", told)

"""A migration that says that it leaves older programs alone does."""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from crm_oauth.shipped import shipped
from crm_oauth.store import schema, upgrade_plan
from crm_oauth.store.db import Database, DatabaseUnavailable
from crm_oauth.store.models import Token
from tests.upgrades.expanding import breaches, tables, upgrade_to
from tests.upgrades.releases import NEXT, add_migration

# Such an index binds nobody.
pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")

# The first that says so itself; those before only added too, as it happens.
_FIRST = "0007"

REVISIONS = sorted(path.name.partition("_")[0] for path in (shipped("migrations") / "versions").glob("[0-9]*.py"))

SAMPLES = {
    'op.add_column("users", sa.Column("x", sa.String(9)))': None,
    'op.add_column("users", sa.Column("x", sa.Integer, nullable=False, server_default="0"))': None,
    'op.create_table("x", sa.Column("id", sa.Integer, primary_key=True))': None,
    'op.create_index("x", "users", ["status"])': None,
    'op.add_column("crm_oauth_clients", sa.Column("x", sa.Integer, nullable=False))': "must be filled",
    'op.drop_column("users", "factor_auth_interface")': "is gone",
    'op.drop_table("crm_oauth_guesses")': "is gone",
    'op.rename_table("users", "people")': "is gone",
    'op.create_index("x", "oauth2tokens", ["access_token"], unique=True)': "is bound",
}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    database = Database(database_url)
    yield database
    database.dispose()


def _oldest_program(revision: str, database: Database) -> str:
    with database.reading() as connection:
        return schema.oldest_program(schema.scripts(connection).get_revision(revision))


def test_each_migration_tells_whom_it_leaves_alone(database: Database) -> None:
    """What a migration needs of programs grows from one to the next; none needs one that is not written yet."""
    oldest = [_oldest_program(revision, database) for revision in REVISIONS[REVISIONS.index(_FIRST) :]]
    assert oldest == sorted(oldest)
    assert oldest[0] == _FIRST
    for revision in REVISIONS[REVISIONS.index(_FIRST) :]:
        assert _oldest_program(revision, database) <= revision


def test_expanding_migrations_only_add(database: Database) -> None:
    """No migration disturbs the programs that it says it leaves alone."""
    upgrade_to(database, REVISIONS[0])
    for before, revision in pairwise(REVISIONS):
        there = tables(database)
        upgrade_to(database, revision)
        if revision <= _FIRST or _oldest_program(revision, database) <= before:
            assert list(breaches(there, tables(database))) == [], revision


@pytest.mark.parametrize(("statement", "breach"), SAMPLES.items())
@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
def test_what_disturbs_is_noticed(database: Database, tmp_path: Path, statement: str, breach: str | None) -> None:
    """Whatever a migration takes away, or binds old programs to, would be noticed, and nothing that only adds."""
    schema.upgrade(database)
    before = tables(database)
    migrations = shutil.copytree(shipped("migrations"), tmp_path / "migrations")
    add_migration(migrations, statement, oldest_program=NEXT)
    upgrade_to(database, NEXT, migrations)
    found = list(breaches(before, tables(database)))
    assert [text for text in found if breach and breach in text] == found
    assert bool(found) == bool(breach)


@pytest.mark.parametrize("database_url", ["mariadb", "postgresql"], indirect=True)
def test_an_upgrade_does_not_wait_for_a_table(database: Database) -> None:
    """While somebody holds a table, an upgrade gives up soon, for all who came later would wait behind it."""
    upgrade_to(database, "0004")
    postgresql = database.url.get_backend_name() == "postgresql"
    with database.connection() as holder:
        holder.execute(text("LOCK TABLE oauth2tokens IN SHARE MODE" if postgresql else "LOCK TABLES oauth2tokens READ"))
        with pytest.raises(DatabaseUnavailable, match=r"(?i)lock"):
            schema.upgrade(database)
        if not postgresql:
            holder.execute(text("UNLOCK TABLES"))
    schema.upgrade(database)
    assert schema.fit(database) is schema.Fit.CURRENT


def test_the_plan_tells_what_is_to_come(database: Database) -> None:
    """The steps of an upgrade are told in order, each with what it does; of the newest schema there are none."""
    upgrade_to(database, "0003")
    steps = upgrade_plan.pending(database)
    assert [step.revision for step in steps] == REVISIONS[3:]
    assert steps[0].does.startswith("Our own tables of what happened")
    assert not steps[0].servers_go_on
    schema.upgrade(database)
    assert upgrade_plan.pending(database) == []


@pytest.mark.parametrize(("oldest_program", "servers_go_on"), [(schema.head_revision(), True), (NEXT, False)])
def test_the_plan_tells_who_may_go_on_and_for_how_long(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    oldest_program: str,
    servers_go_on: bool,  # noqa: FBT001  # pytest's way
) -> None:
    """Servers may go on if the migration leaves them alone; the time grows with the rows; before the first none can."""
    migrations = shutil.copytree(shipped("migrations"), tmp_path / "migrations")
    add_migration(migrations, "pass", oldest_program=oldest_program, cost=1_000_000)
    monkeypatch.setattr(schema, "shipped", {"migrations": migrations}.__getitem__)
    steps = upgrade_plan.pending(database)
    assert {(step.servers_go_on, step.seconds) for step in steps} == {(False, 0)}
    assert len(steps) == len(REVISIONS) + 1
    upgrade_to(database, REVISIONS[-1])
    with database.unit_of_work() as stores:
        for number in range(3):
            stores.tokens.add(Token(id=f"{number}"))
    if (kind := database.url.get_backend_name()) != "sqlite":
        with database.reading() as connection:
            connection.execute(text(f"ANALYZE {'TABLE ' if kind == 'mysql' else ''}oauth2tokens"))
    [step] = upgrade_plan.pending(database)
    assert (step.revision, step.servers_go_on, step.seconds) == (NEXT, servers_go_on, 3)

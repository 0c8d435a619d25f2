"""Two nodes are upgraded one after the other, and nobody who asks meanwhile notices."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import column, table, update

from crm_oauth.store.own_models import SchemaRow
from crm_oauth.store.schema import head_revision
from tests.support.database_servers import DatabaseServer
from tests.support.site import Site
from tests.upgrades.balancer import Address, balancer
from tests.upgrades.releases import NEXT, next_release
from tests.wire.conftest import fill_as_recorded
from tests.wire.exchange import send
from tests.wire.traffic import traffic

_STATEMENT = (
    'op.add_column("oauth2tokens", sa.Column("issued_by", sa.String(64)));'
    ' op.create_table("crm_oauth_next", sa.Column("id", sa.Integer, primary_key=True))'
)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory, mariadb_server: DatabaseServer) -> Iterator[tuple[Site, Site]]:
    """Two nodes with one database and the same keys."""
    url = mariadb_server.new_database()
    one = Site(tmp_path_factory.mktemp("one"), "7.10.2", url, {"WORKERS": "2"})
    keys = {f"{half}_KEY": f"{one.folder}/var/keys/{half.lower()}.key" for half in ("PRIVATE", "PUBLIC")}
    two = Site(tmp_path_factory.mktemp("two"), "7.10.2", url, {"WORKERS": "2", **keys})
    one.fill(fill_as_recorded)
    with one, two:
        yield one, two
    mariadb_server.drop_database(url)


@pytest.fixture
def front(tmp_path: Path, nodes: tuple[Site, Site]) -> Iterator[Address]:
    """Lend the address of the nginx in front of both."""
    with balancer(tmp_path / "nginx", [node.port for node in nodes]) as address:
        yield address


def _readiness(node: Site) -> int:
    return send(node.url, "GET", "/readyz", {}, None).status


def test_an_upgrade_fails_no_request(tmp_path: Path, nodes: tuple[Site, Site], front: Address) -> None:
    """While the schema is upgraded and both nodes are replaced, every request is granted; both programs are ready."""
    new = next_release(tmp_path / "next", _STATEMENT, oldest_program=head_revision())
    with traffic(front, 0, pause=0.05) as made:
        upgrade = nodes[0].command("db", "upgrade", environment=new)
        assert upgrade.returncode == 0, upgrade.stderr
        assert [_readiness(node) for node in nodes] == [200, 200]
        _go_on(made)
        for node in nodes:
            node.stop()
            _go_on(made)
            node.environment |= new
            node.start()
            assert _readiness(node) == 200
            _go_on(made)
    assert f"revision {NEXT} is current" in nodes[0].command("db", "check").stdout


def test_servers_that_are_too_old_are_not_ready(nodes: tuple[Site, Site]) -> None:
    """Once a migration has taken away what a server needs, the server says that it is not ready."""
    taken_away = [
        update(table("alembic_version", column("version_num"))).values(version_num="9999"),
        update(SchemaRow).values(oldest_program="9998"),
    ]
    with nodes[0].database.connection() as connection:
        for statement in taken_away:
            connection.execute(statement)
    assert [_readiness(node) for node in nodes] == [503, 503]


def _go_on(made: list[str]) -> None:
    """Wait until some more requests have been answered, by whichever nodes there are."""
    enough, deadline = len(made) + 40, time.monotonic() + 30
    while len(made) < enough and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(made) >= enough

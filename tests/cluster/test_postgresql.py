"""A PostgreSQL primary is lost, and its standby promoted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.losses import lose_primary
from tests.faults import trial
from tests.faults.customers import fill
from tests.support.postgresql_pair import PostgresqlPair
from tests.support.site import Site
from tests.support.started import started


@pytest.fixture
def pair() -> Iterator[PostgresqlPair]:
    """Run a primary and its synchronous standby."""
    with started(PostgresqlPair()) as pair:
        yield pair


def test_nothing_acknowledged_is_lost_with_the_primary(tmp_path: Path, pair: PostgresqlPair) -> None:
    """When the primary is killed under traffic, and then the next one, the standby has all that clients were told."""
    site = Site(tmp_path, "7.10.2", pair.new_database(), trial.SETTINGS)
    site.fill(fill)
    with site:
        losses = [lambda: lose_primary(pair, site)] * 2
        reckoning = trial.run(site, losses, trial.Extent(tokens=60))
    assert reckoning.kept, (reckoning, site.log[-2000:])
    assert reckoning.acknowledged >= 60

"""`make cluster-test`: nodes of every kind are lost under traffic, on Galera and on PostgreSQL, and the table of it."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.losses import lose_primary, of_every_kind
from tests.cluster.nodes import nodes
from tests.faults import trial
from tests.faults.customers import fill
from tests.faults.report import print_table
from tests.support.galera import GaleraCluster
from tests.support.postgresql_pair import PostgresqlPair
from tests.support.redis_server import RedisServer
from tests.support.site import Site
from tests.support.started import started

_Trial = Callable[[Path, int, trial.Extent], trial.Reckoning]


def main() -> int:
    """Run the trials; status 1 says that a promise was broken."""
    parser = ArgumentParser(prog="make cluster-test", description=__doc__)
    parser.add_argument("databases", nargs="*", choices=[[], *_TRIALS], help="both unless named")
    parser.add_argument("--faults", type=int, default=6, help="nodes lost, one at a time, on each database")
    parser.add_argument("--tokens", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=120, help="for each database; no fault happens after them")
    options = parser.parse_args()

    def rows() -> Iterator[tuple[str, trial.Reckoning]]:
        for name in options.databases or _TRIALS:
            with TemporaryDirectory() as folder:
                yield name, _TRIALS[name](Path(folder), options.faults, trial.Extent(options.tokens, options.seconds))

    return 0 if print_table(rows()) else 1


def _galera(folder: Path, faults: int, extent: trial.Extent) -> trial.Reckoning:
    with ExitStack() as over:
        cluster = over.enter_context(started(GaleraCluster()))
        redis = RedisServer(folder)
        over.callback(redis.stop)
        redis.start()
        both = over.enter_context(nodes(folder, cluster, {"REDIS_URL": redis.url}))
        return trial.run(both, of_every_kind(faults, both, cluster, redis), extent)


def _postgresql(folder: Path, faults: int, extent: trial.Extent) -> trial.Reckoning:
    with started(PostgresqlPair()) as pair:
        site = Site(folder, "7.10.2", pair.new_database(), trial.SETTINGS)
        site.fill(fill)
        with site:
            return trial.run(site, [lambda: lose_primary(pair, site)] * faults, extent)


_TRIALS: dict[str, _Trial] = {"galera": _galera, "postgresql": _postgresql}


if __name__ == "__main__":
    sys.exit(main())

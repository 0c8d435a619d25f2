"""What is lost, and brought back: each kind leaves everything running again."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, cycle, islice

from tests.cluster.nodes import Nodes
from tests.faults.customers import MACHINE
from tests.faults.kinds import Happening, kill_everything
from tests.support.galera import GaleraCluster, GaleraNode
from tests.support.postgresql_pair import PostgresqlPair
from tests.support.redis_server import RedisServer
from tests.wire.exchange import TOKEN_PATH, Addressed, Received, post_json

_A_WHILE = 2  # seconds for which the others go on alone
_AT_ONCE = 5  # seconds in which a promoted standby is found


def of_every_kind(number: int, nodes: Nodes, cluster: GaleraCluster, redis: RedisServer) -> Sequence[Happening]:
    """Return this many losses: nodes of ours, Galera nodes, Redis, and again."""
    kinds: Iterator[Sequence[Happening]] = (
        [partial(kill_everything, site, None), partial(lose_galera_node, cluster, node), partial(lose_redis, redis)]
        for site, node in zip(cycle(nodes.sites), cycle(cluster.nodes), strict=False)
    )
    return list(islice(chain.from_iterable(kinds), number))


def lose_galera_node(cluster: GaleraCluster, node: GaleraNode) -> None:
    """Kill -9 of a node; when the others have gone on without it for a while, it comes back."""
    node.kill()
    # Who comes back while the others still wait for its old self is put off by them, again and again.
    cluster.wait_until_there_are(len(cluster.nodes) - 1)
    time.sleep(_A_WHILE)
    cluster.join([node])


def lose_redis(redis: RedisServer) -> None:
    """Kill -9 of Redis, which keeps nothing, then a start."""
    redis.kill()
    time.sleep(_A_WHILE)
    redis.start()


def lose_primary(pair: PostgresqlPair, site: Addressed) -> None:
    """Kill -9 of PostgreSQL's primary; the standby is promoted, and gets a standby at the place of the lost one.

    Raises:
        AssertionError: while there is no primary something else is answered than to come again later, or afterwards
            there is no token within seconds.
    """
    pair.primary.kill()
    deadline = time.monotonic() + _A_WHILE
    while time.monotonic() < deadline:
        answer = _machine(site)
        assert (answer.status, "retry-after" in answer.headers) == (503, True), answer
    place = pair.primary.port
    pair.promote()
    deadline = time.monotonic() + _AT_ONCE
    while _machine(site).status != 200:
        assert time.monotonic() < deadline, "no token after the promotion"
    pair.add_standby(place)


def _machine(site: Addressed) -> Received:
    return post_json(site.url, TOKEN_PATH, {"grant_type": "client_credentials", **MACHINE})

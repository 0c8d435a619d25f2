"""Two nodes over Galera are as one."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.cluster.losses import lose_galera_node
from tests.cluster.nodes import Nodes
from tests.faults import trial
from tests.faults.customers import PEOPLE, USERS
from tests.support.galera import GaleraCluster
from tests.support.redis_server import RedisServer
from tests.support.site import Site
from tests.wire.exchange import TOKEN_PATH, Received, post_json, send
from tests.wire.sessions import log_out, pair_of, passes, present, redeem, sign_in

_RACES = 8
_RIVALS = 8
_GUESSES = 6


def _sign_in(site: Site, user: str, password: str) -> Received:
    sent = {"grant_type": "password", "username": user, "password": password, **PEOPLE}
    return post_json(site.url, TOKEN_PATH, sent)


def _guess_at_both(both: Nodes, user: str) -> None:
    for number in range(_GUESSES):
        assert _sign_in(both.sites[number % 2], user, "wrong").status in {400, 401}


def test_what_one_node_did_the_other_knows(both: Nodes) -> None:
    """A token passes at the other node as soon as it is issued, and no longer once it is ended there."""
    one, other = both.sites
    for user in USERS * 5:
        pair = sign_in(one, PEOPLE, username=user, password=user)
        assert passes(other, pair.access_token)
        assert log_out(other, pair.access_token).status == 200
        assert not passes(one, pair.access_token)
        one, other = other, one


def test_one_winner_across_nodes(both: Nodes) -> None:
    """Of many that redeem one refresh token at both nodes at once one wins, and its pair is good at both."""
    start = Barrier(_RIVALS)

    def race(number: int, refresh_token: str) -> tuple[int, str]:
        start.wait()
        answer = redeem(both.sites[number % 2], refresh_token, PEOPLE)
        return answer.status, pair_of(answer).access_token if answer.status == 200 else ""

    with ThreadPoolExecutor(_RIVALS) as threads:
        for _ in range(_RACES):
            token = sign_in(both.sites[0], PEOPLE, username=USERS[0], password=USERS[0]).refresh_token
            answers = list(threads.map(race, range(_RIVALS), [token] * _RIVALS))
            assert Counter(status for status, _ in answers) == {200: 1, 400: _RIVALS - 1}
            winner = max(granted for _, granted in answers)
            assert [passes(site, winner) for site in both.sites] == [True, True]


def test_any_node_may_be_killed(both: Nodes, galera: GaleraCluster) -> None:
    """A Galera node that serves is killed under traffic, and comes back: nothing is lost, all else is a clean 503."""
    both.restart({"REFRESH_GRACE": trial.GRACE})
    reckoning = trial.run(both, [lambda: lose_galera_node(galera, galera.nodes[0])], trial.Extent(tokens=60))
    assert reckoning.kept, (reckoning, [site.log[-2000:] for site in both.sites])
    assert reckoning.acknowledged >= 60


def test_without_a_majority_there_is_nothing_but_503(both: Nodes, galera: GaleraCluster) -> None:
    """Two of three nodes are killed: the one that is left serves nobody; when both are back all is as it was."""
    pair = sign_in(both, PEOPLE, username=USERS[0], password=USERS[0])
    left, *others = galera.nodes
    for node in others:
        node.kill()
    left.wait_for("wsrep_ready", "OFF")
    for site in both.sites:
        answers = _sign_in(site, USERS[0], USERS[0]), present(site, "GET", "/oauth/verify", pair.access_token)
        assert [(answer.status, "retry-after" in answer.headers) for answer in answers] == [(503, True)] * 2
        assert send(site.url, "GET", "/readyz", {}, None).status == 503
    galera.join(others)
    for site in both.sites:
        assert passes(site, pair.access_token)
        assert _sign_in(site, USERS[0], USERS[0]).status == 200


def test_guesses_count_together(both: Nodes, redis: RedisServer) -> None:
    """Guesses at two nodes are counted as one number, in Redis, and in the database once Redis is killed."""
    for user in USERS[1:3]:
        _guess_at_both(both, user)
        assert {_sign_in(site, user, user).status for site in both.sites}.isdisjoint({200})
        assert _sign_in(both.sites[0], USERS[0], USERS[0]).status == 200
        redis.kill()
        assert _sign_in(both.sites[1], USERS[0], USERS[0]).status == 200

"""A used refresh token that is presented again: refused, or forgiven, or the end of its line of sessions."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from crm_oauth.store.models import User
from crm_oauth.store.ports import TokenFilter
from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.lines import (
    CODEC,
    assert_alive,
    assert_dead,
    assert_refused,
    generations,
    reworded,
    time_passes,
    token_of_php,
)
from tests.wire.sessions import PUB_CLIENT, pair_of, passes, redeem, revoke, sign_in

GRACE = 60
ALARM = "used refresh token presented again"


def _site(folder: Path, grace: int) -> Site:
    site = Site(folder, "7.10.2", settings={"REFRESH_GRACE": str(grace)})
    site.fill(fill_as_recorded)
    return site


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that forgives nothing, as it ships."""
    with _site(tmp_path_factory.mktemp("strict"), 0) as site:
        yield site


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that forgives for a minute."""
    with _site(tmp_path_factory.mktemp("lenient"), GRACE) as site:
        yield site


def test_a_race_is_refused_only(strict: Site) -> None:
    """Within ten seconds a used token is refused, and the session goes on: two workers may have raced."""
    first, second = generations(strict, 2)
    assert_refused(redeem(strict, first.refresh_token))
    time_passes(strict, 7)
    assert_refused(redeem(strict, first.refresh_token))
    assert_alive(strict, second)


def test_a_clock_that_runs_ahead_forgives_nothing(strict: Site) -> None:
    """A use that another node's clock dates in the future is a use all the same."""
    first, second = generations(strict, 2)
    time_passes(strict, -5)
    assert_refused(redeem(strict, first.refresh_token))
    assert_alive(strict, second)


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_a_thief_ends_the_line(strict: Site, generation: int) -> None:
    """Later than that the whole line of sessions ends, from whichever generation the token is, and the log says so."""
    *used, last = generations(strict, 4)
    other = sign_in(strict)
    alarms = strict.log.count(ALARM)
    time_passes(strict, 12)
    assert passes(strict, last.access_token)
    assert_refused(redeem(strict, used[generation].refresh_token))
    assert_dead(strict, last)
    assert strict.log.count(ALARM) > alarms
    assert_alive(strict, other)


def test_a_thief_ends_the_line_of_a_barred_user(strict: Site) -> None:
    """A used token that comes back while its user is inactive ends the line for good, as it does at other times."""
    first, second = generations(strict, 2)
    time_passes(strict, 12)
    with strict.database.connection() as connection:
        connection.execute(update(User).where(User.user_name == "admin").values(status="Inactive"))
    assert_refused(redeem(strict, first.refresh_token))
    with strict.database.connection() as connection:
        connection.execute(update(User).where(User.user_name == "admin").values(status="Active"))
    assert_dead(strict, second)


def test_nobody_elses_replay_ends_a_line(strict: Site) -> None:
    """A used token from another client's hands ends nothing, nor does one whose text was changed."""
    first, second = generations(strict, 2)
    time_passes(strict, 12)
    assert redeem(strict, first.refresh_token, PUB_CLIENT).status == 400
    assert redeem(strict, first.refresh_token, {"client_id": "pw-client", "client_secret": "wrong"}).status in {
        400,
        401,
    }
    assert redeem(strict, first.refresh_token[:-1]).status == 400
    assert_refused(redeem(strict, reworded(first.refresh_token, {"client_id": "pub-client"}), PUB_CLIENT))
    assert_alive(strict, second)


def test_the_same_session_again(lenient: Site) -> None:
    """Within the grace a repeated redemption gives the same session: jti, text of the access token, refresh id."""
    first, second = generations(lenient, 2, scope="standard:read")
    repeated = [pair_of(redeem(lenient, first.refresh_token)) for _ in range(3)]
    assert {pair.access_token for pair in repeated} == {second.access_token}
    containers = [second.refresh_token, *(pair.refresh_token for pair in repeated)]
    assert len(set(containers)) == 4, "a container is not fresh"
    assert len({CODEC.decode(container) for container in containers}) == 1
    assert_alive(lenient, repeated[-1])


def test_one_line_only(lenient: Site) -> None:
    """However often it is repeated, there is one row to follow, and every container redeems that one."""
    first, second = generations(lenient, 2)
    repeated = pair_of(redeem(lenient, first.refresh_token))
    third = pair_of(redeem(lenient, repeated.refresh_token))
    assert pair_of(redeem(lenient, second.refresh_token)).jti == third.jti


def test_not_once_the_successor_is_used(lenient: Site) -> None:
    """When the successor was refreshed in its turn, its answer had arrived: no grace, and later the line ends."""
    first, _second, third = generations(lenient, 3)
    assert_refused(redeem(lenient, first.refresh_token))
    assert passes(lenient, third.access_token)
    time_passes(lenient, 12)
    assert_refused(redeem(lenient, first.refresh_token))
    assert_dead(lenient, third)


def test_not_after_the_grace(lenient: Site) -> None:
    """After the grace the line ends."""
    first, second = generations(lenient, 2)
    time_passes(lenient, GRACE - 5)
    assert pair_of(redeem(lenient, first.refresh_token)).jti == second.jti
    time_passes(lenient, 6)
    assert_refused(redeem(lenient, first.refresh_token))
    assert_dead(lenient, second)


def test_not_for_another_client(lenient: Site) -> None:
    """The grace is for the client that holds the session."""
    first, second = generations(lenient, 2)
    assert redeem(lenient, first.refresh_token, PUB_CLIENT).status == 400
    assert_alive(lenient, second)


@pytest.mark.parametrize("which", [0, 1])
def test_revocation_beats_the_grace(lenient: Site, which: int) -> None:
    """Once a session is revoked, by its old token or its new one, no repetition brings it back, nor gives alarm."""
    pairs = generations(lenient, 2)
    alarms = lenient.log.count(ALARM)
    assert revoke(lenient, pairs[which].refresh_token).status == 200
    assert_refused(redeem(lenient, pairs[0].refresh_token))
    assert_dead(lenient, pairs[1])
    time_passes(lenient, 12)
    assert_refused(redeem(lenient, pairs[0].refresh_token))
    assert lenient.log.count(ALARM) == alarms


@pytest.mark.parametrize(
    "which",
    [TokenFilter(user_id="1"), TokenFilter(client_id="pw-client"), TokenFilter()],
    ids=["user", "client", "all"],
)
def test_operators_beat_the_grace(lenient: Site, which: TokenFilter) -> None:
    """What an operator revokes stays dead within the grace."""
    first, second = generations(lenient, 2)
    lenient.fill(lambda stores: stores.tokens.revoke(which, now=datetime.now(UTC)))
    assert_refused(redeem(lenient, first.refresh_token))
    assert_dead(lenient, second)


def test_tokens_of_php(strict: Site, lenient: Site) -> None:
    """A token that SuiteCRM issued begins a line like any other."""
    token = token_of_php(lenient)
    jtis = [pair_of(redeem(lenient, token)).jti for _ in range(2)]
    assert jtis[0] == jtis[1]
    token = token_of_php(strict)
    second = pair_of(redeem(strict, token))
    time_passes(strict, 12)
    assert_refused(redeem(strict, token))
    assert_dead(strict, second)


def test_tokens_that_php_used(strict: Site, lenient: Site) -> None:
    """A token that SuiteCRM itself used up is refused; of what came after it nothing is known."""
    for site in (strict, lenient):
        assert_refused(redeem(site, token_of_php(site, used=True)))

"""Of many that redeem one refresh token at once, exactly one wins."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from tests.support.site import Site
from tests.wire.conftest import fill_as_recorded
from tests.wire.differences import revoked
from tests.wire.exchange import Received
from tests.wire.sessions import redeem, sign_in

_THREADS = 50


def test_one_winner(tmp_path: Path, database_url: str) -> None:
    """Fifty threads redeem one refresh token: one gets a pair that works, the others are told that it was revoked."""
    site = Site(tmp_path, "7.10.2", database_url, {"WORKERS": "2", "THREADS": "8"})
    site.fill(fill_as_recorded)
    with site, ThreadPoolExecutor(_THREADS) as threads:
        token = sign_in(site).refresh_token
        start = Barrier(_THREADS)

        def race(_number: int) -> Received:
            start.wait()
            return redeem(site, token)

        answers = list(threads.map(race, range(_THREADS)))
        refused = revoked("7.10.2")
        assert Counter(answer.status for answer in answers) == {200: 1, refused.status: _THREADS - 1}
        assert {answer.body for answer in answers if answer.status != 200} == {refused.body}
        winner = next(answer for answer in answers if answer.status == 200)
        assert redeem(site, winner.document["refresh_token"]).status == 200

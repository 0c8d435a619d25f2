"""Faults, one after the other, under traffic; then the reckoning."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol

from tests.faults.customers import PEOPLE, customers
from tests.faults.kinds import Happening
from tests.faults.ledger import Entry, Ledger
from tests.wire.exchange import Addressed
from tests.wire.sessions import INACTIVE, introspect, present, redeem

GRACE = "300"
SETTINGS = {"REFRESH_GRACE": GRACE, "WORKERS": "2", "THREADS": "4", "LOG_LEVEL": "warning"}


class Tried(Addressed, Protocol):
    """What is put on trial: a server, or many behind one address."""

    def restart(self, settings: Mapping[str, str]) -> Addressed:
        """Start all servers of ours anew, with these settings changed, and return one that may be asked all."""


@dataclass(frozen=True)
class Extent:
    """How much happens.

    Args:
        tokens: sessions that must be acknowledged meanwhile, at least: after each fault its share of them.
        seconds: after which no further fault happens, and there are as many fewer.
    """

    tokens: int
    seconds: float = math.inf


@dataclass(frozen=True)
class Reckoning:
    """What became of the promises; all but the first four must be zero.

    Args:
        faults: survived.
        acknowledged: sessions.
        cut: refreshes whose answer was lost.
        longest_gap: seconds without any new session.
        lost: sessions that were acknowledged and are not good.
        revived: sessions that were ended or refreshed and are good for something.
        stranded: clients that lost an answer and with it their session.
        wrong_user: sessions that act as another user than the one who signed in.
        odd: answers that were neither what was asked for nor a clean 503.
    """

    faults: int
    acknowledged: int
    cut: int
    longest_gap: float
    lost: int
    revived: int
    stranded: int
    wrong_user: int
    odd: int

    @property
    def kept(self) -> bool:
        """Whether every promise was."""
        return not (self.lost or self.revived or self.stranded or self.wrong_user or self.odd)


def run(
    site: Tried,
    faults: Sequence[Happening],
    extent: Extent,
    told: Callable[[int, Ledger], None] = lambda _faults, _ledger: None,
) -> Reckoning:
    """Let faults happen to a server that was filled and started.

    Args:
        site: with SETTINGS.
        faults: one after the other.
        extent: of the trial.
        told: called after each fault.

    Raises:
        AssertionError: the server did not come back from a fault within a minute.
    """
    ledger = Ledger()
    happened = 0
    shares = len(faults) + 1
    end = time.monotonic() + extent.seconds
    with customers(site, ledger):
        _wait_for(ledger, extent.tokens // shares)
        for fault in faults:
            if time.monotonic() > end:
                break
            fault()
            happened += 1
            _wait_for(ledger, extent.tokens * (happened + 1) // shares)
            told(happened, ledger)
    return reckon(site, happened, ledger)


def _wait_for(ledger: Ledger, acknowledged: int) -> None:
    """Wait until the server has worked again; it must, even when it is ahead of its share."""
    acknowledged = max(acknowledged, ledger.acknowledged + 5)
    deadline = time.monotonic() + 60
    while ledger.acknowledged < acknowledged:
        assert time.monotonic() < deadline, "the server did not come back"
        time.sleep(0.02)


def reckon(site: Tried, faults: int, ledger: Ledger) -> Reckoning:
    """Compare what was acknowledged with what a new server makes of it."""
    # A server that was just started, and forgives nothing: what it does not find in the database, it does not know.
    asked = site.restart({"REFRESH_GRACE": "0"})
    with ThreadPoolExecutor(4) as threads:
        # First who lives: a used refresh token that is presented ends its whole line.
        verdicts = list(threads.map(_verdict, repeat(asked), ledger.live.values()))
        revived = sum(threads.map(_is_good_for_something, repeat(asked), ledger.dead))
    return Reckoning(
        faults=faults,
        acknowledged=ledger.acknowledged,
        cut=ledger.cut,
        longest_gap=ledger.longest_gap,
        lost=verdicts.count("lost"),
        revived=revived,
        stranded=ledger.stranded,
        wrong_user=verdicts.count("wrong user"),
        odd=len(ledger.odd),
    )


def _verdict(site: Addressed, entry: Entry) -> str:
    answer = present(site, "GET", "/oauth/verify", entry.pair.access_token)
    refresh_token = entry.pair.refresh_token
    if answer.status != 204 or (refresh_token and introspect(site, refresh_token, PEOPLE).body == INACTIVE):
        return "lost"
    return "good" if answer.headers["x-auth-user-id"] == entry.user_id else "wrong user"


def _is_good_for_something(site: Addressed, entry: Entry) -> bool:
    passed = present(site, "GET", "/oauth/verify", entry.pair.access_token).status != 401
    active = introspect(site, entry.pair.refresh_token, PEOPLE).body != INACTIVE
    return passed or active or redeem(site, entry.pair.refresh_token, PEOPLE).status != 400

"""Slows the guessing of passwords and client secrets down, without locking anybody else out."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from crm_oauth.limits.counter import FailureCounter, subject
from crm_oauth.limits.turns import Turns
from crm_oauth.rates import Rate
from crm_oauth.store.db import DatabaseUnavailable

_PATIENCE = 5.0  # seconds
_KNOWN = Rate(1, 86_400)  # for a day
_RENEWED_BELOW = 0.5  # of that
_REMEMBERED = 10_000  # subjects that a process remembers to be over their limits


class TooManyGuesses(Exception):  # noqa: N818  # a state of the world, not a mistake of ours
    """Nothing more is checked for this address now.

    Args:
        retry_after: seconds until something is, at least one.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = max(1, math.ceil(retry_after))


class Verdict(Enum):
    """What came of a password: to the outside the last two are one."""

    RIGHT = auto()
    WRONG = auto()
    BACKING_OFF = auto()


@dataclass(frozen=True, slots=True)
class GuessLimits:
    """How many failures are allowed.

    Args:
        per_user: of one user's password from one address.
        per_client: of one client's secret from one address.
        per_address: of any passwords from one address; it binds those who have not signed in from there lately.
    """

    per_user: Rate
    per_client: Rate
    per_address: Rate


class GuessGuard:
    """Stands before every check of a password or secret; one for all threads of a process.

    Args:
        counter: counts failures for all processes.
        limits: how many are allowed.
    """

    def __init__(self, counter: FailureCounter, limits: GuessLimits) -> None:
        self._counter = counter
        self._limits = limits
        self._turns = Turns(_PATIENCE)
        self._over: dict[str, float] = {}
        self._suspects: dict[str, float] = {}

    def check_password(
        self, user_name: str, address: str, *, check: Callable[[], bool], decoy: Callable[[], object]
    ) -> Verdict:
        """Check a password, unless there were too many wrong ones.

        Args:
            user_name: in any case; whether there is such a user makes no difference.
            address: where the guess comes from.
            check: tells whether the password is right.
            decoy: takes as long, and tells nothing.

        Raises:
            TooManyGuesses: for this address.
            DatabaseUnavailable: the count is out of reach, or the checks before this one do not end.
        """
        name = user_name.lower()
        by_user, by_address = subject("user", name, address), subject("address", "", address)
        known = subject("known", name, address)
        try:
            # Each process has one check of a user's password from an address going on, and that begins by reading what
            # all have counted: however many guesses come at once, the count lags behind by one for each process.
            with self._turns.of(by_user):
                verdict = self._check(by_user, by_address, known, check)
        except TimeoutError:
            # As many as there are threads wait at most, so it was not the hashing that took this long.
            raise DatabaseUnavailable("the checks of a password before this one do not end") from None
        if verdict is Verdict.BACKING_OFF:
            decoy()
        return verdict

    def _check(self, by_user: str, by_address: str, known: str, check: Callable[[], bool]) -> Verdict:
        limits = self._limits
        rates = {by_user: limits.per_user, by_address: limits.per_address, known: _KNOWN}
        of_user, of_address, signed_in = self._counter.read(rates, time.time())
        # Who has signed in from here goes on to do so, whatever others do that share the address.
        if not signed_in and (wait := limits.per_address.wait(of_address)):
            raise TooManyGuesses(wait)
        if limits.per_user.wait(of_user):
            self._counter.add(by_address, limits.per_address, time.time())
            return Verdict.BACKING_OFF
        if not check():
            self._counter.add(by_user, limits.per_user, time.time())
            self._counter.add(by_address, limits.per_address, time.time())
            return Verdict.WRONG
        if of_user:
            self._counter.forget(by_user)
        if signed_in < _RENEWED_BELOW:
            self._counter.add(known, _KNOWN, time.time())
        return Verdict.RIGHT

    def admit_client(self, client_id: str, address: str) -> None:
        """Let a client's secret be checked, unless there were too many wrong ones.

        It costs nothing as long as this process has seen no failure, and then one look at the count: a machine's every
        token request comes through here.

        Args:
            client_id: as sent.
            address: where it was sent from.

        Raises:
            TooManyGuesses: for this client from this address.
        """
        if not self._suspects:
            return
        by_client = subject("client", client_id, address)
        self._refuse_if_over(by_client)
        if self._suspects.get(by_client, 0.0) < time.monotonic():
            return
        [level] = self._counter.read({by_client: self._limits.per_client}, time.time())
        if wait := self._limits.per_client.wait(level):
            self._remember(by_client, wait)
            raise TooManyGuesses(wait)

    def client_failed(self, client_id: str, address: str) -> None:
        """Count a wrong secret of a client."""
        by_client = subject("client", client_id, address)
        if len(self._suspects) >= _REMEMBERED:
            self._suspects.clear()
        self._suspects[by_client] = time.monotonic() + self._limits.per_client.seconds
        self._count(by_client, self._limits.per_client)

    def _count(self, whom: str, rate: Rate) -> None:
        if wait := rate.wait(self._counter.add(whom, rate, time.time())):
            self._remember(whom, wait)

    def _remember(self, whom: str, wait: float) -> None:
        if len(self._over) >= _REMEMBERED:
            self._over.clear()
        self._over[whom] = time.monotonic() + wait

    def _refuse_if_over(self, whom: str) -> None:
        until = self._over.get(whom)
        if until is None:
            return
        wait = until - time.monotonic()
        if wait > 0:
            raise TooManyGuesses(wait)
        self._over.pop(whom, None)

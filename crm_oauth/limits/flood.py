"""Slows a client that asks for tokens without end, so that the table of tokens does not drown."""

import time
from threading import Lock

from crm_oauth.rates import Rate


class FloodGate:
    """Counts the tokens of each client, in this process alone: no request asks a database for it.

    Args:
        rate: how many tokens a client may get from all processes; None for any number.
        processes: among which requests are spread, so that each allows its part.
    """

    def __init__(self, rate: Rate | None, processes: int) -> None:
        self._rate = rate.share(processes) if rate else None
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def admit(self, client_id: str) -> float:
        """Count a token of a client that exists, and return 0; or the seconds until it may have one.

        Args:
            client_id: of a client that may have the token.
        """
        rate = self._rate
        if rate is None:
            return 0.0
        now = time.monotonic()
        with self._lock:
            level, since = self._levels.get(client_id, (0.0, now))
            left = rate.left(level, since, now)
            wait = rate.wait(left)
            if not wait:
                self._levels[client_id] = (left + 1, now)
            return wait

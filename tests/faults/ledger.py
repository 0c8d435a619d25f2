"""What a server has acknowledged, written down outside of it."""

import time
from dataclasses import dataclass, field
from threading import Lock

from tests.wire.sessions import Pair


@dataclass(frozen=True)
class Entry:
    """A session that was acknowledged.

    Args:
        pair: its tokens; the refresh token is empty where there is none.
        user_id: whom it acts as.
    """

    pair: Pair
    user_id: str


@dataclass
class Ledger:
    """All that must be true when the faults are over.

    Args:
        live: sessions that must be good.
        dead: sessions that were revoked, ended or refreshed, and must be good for nothing.
        stranded: clients that lost the answer to a refresh and could not get it again.
        odd: answers that no fault excuses: neither what was asked for nor a clean 503.
    """

    live: dict[str, Entry] = field(default_factory=dict)
    dead: list[Entry] = field(default_factory=list)
    stranded: int = 0
    cut: int = 0
    odd: list[str] = field(default_factory=list)
    longest_gap: float = 0
    _last: float = field(default_factory=time.monotonic)
    _lock: Lock = field(default_factory=Lock)

    @property
    def acknowledged(self) -> int:
        """Return how many sessions were."""
        return len(self.live) + len(self.dead)

    def issued(self, entry: Entry) -> None:
        """Note a new session."""
        with self._lock:
            self.live[entry.pair.access_token] = entry
            now = time.monotonic()
            self.longest_gap = max(self.longest_gap, now - self._last)
            self._last = now

    def ended(self, entry: Entry) -> None:
        """Note that a session was revoked, or that another took its place."""
        with self._lock:
            self.dead.append(self.live.pop(entry.pair.access_token))

    def forget(self, entry: Entry) -> None:
        """Strike out a session of which nobody knows what became."""
        with self._lock:
            self.live.pop(entry.pair.access_token)

    def refresh_was_cut(self) -> None:
        """Count a refresh whose answer was lost."""
        with self._lock:
            self.cut += 1

    def client_is_stranded(self) -> None:
        """Count a client that did not get its session back."""
        with self._lock:
            self.stranded += 1

    def odd_answer(self, what: str) -> None:
        """Note an answer that must not be."""
        with self._lock:
            self.odd.append(what)

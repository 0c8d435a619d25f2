"""Writes the audit trail of token requests behind their backs: no token waits for it, and no entry is lost unseen."""

import atexit
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Lock, Thread

import structlog

from crm_oauth.oauth.outcome import Outcome
from crm_oauth.store.audit_entries import AuditEntry
from crm_oauth.store.db import Database, DatabaseUnavailable

_CAPACITY = 10_000  # entries in memory: some minutes of refusals while the database is away
_BATCH = 500
_LINGER = 0.25  # seconds in which entries come together for one transaction
_RETRY = 1.0  # seconds between two tries while the database is away
_PATIENCE = 5.0  # seconds that the end of a process gives a database that is away
_LAST_TRY = 5.0  # seconds that a try may take which began in time
_PURGE_EVERY = 3600.0  # seconds between two looks for entries that are too old

_log = structlog.get_logger(__name__)


class AuditTrail:
    """An observer with a bounded queue and one thread that writes it down, begun by a process's first entry.

    Args:
        database: where the trail is kept.
        retention: days after which an entry is removed; 0 keeps all.
        on_loss: is told how many entries only the log holds.
    """

    def __init__(
        self, database: Database, retention: int, on_loss: Callable[[int], object] = lambda _count: None
    ) -> None:
        self._database = database
        self._retention = timedelta(days=retention)
        self._queue: SimpleQueue[AuditEntry | None] = SimpleQueue()
        self._lock = Lock()
        self._writer: Thread | None = None
        self._next_purge = time.monotonic()
        self._ends_at: float | None = None
        self._on_loss = on_loss

    def __call__(self, outcome: Outcome) -> None:
        """Note how a token request ended."""
        self.note(_entry_of(outcome))

    def note(self, entry: AuditEntry) -> None:
        """Queue an entry; when the queue is full it is logged instead."""
        if self._queue.qsize() >= _CAPACITY:
            self._give_up([entry])
            return
        self._queue.put(entry)
        # A thread does not survive a fork: each process has its own.
        if self._writer is None or not self._writer.is_alive():
            self._start()

    def close(self) -> None:
        """Write down what is queued; what the database does not take within seconds is logged."""
        writer = self._writer
        if writer is not None and writer.is_alive():
            self._ends_at = time.monotonic() + _PATIENCE
            self._queue.put(None)
            writer.join(_PATIENCE + _LAST_TRY)

    def _start(self) -> None:
        with self._lock:
            if self._writer is None or not self._writer.is_alive():
                self._writer = Thread(target=self._write_on, name="audit-trail", daemon=True)
                self._writer.start()
                atexit.register(self.close)

    def _write_on(self) -> None:
        closing = False
        while not closing:
            entries, closing = self._take()
            while entries and not self._write(entries):
                if self._ends_at is not None and time.monotonic() > self._ends_at:
                    self._give_up([*entries, *self._rest()])
                    return
                time.sleep(_RETRY)
            self._purge()

    def _take(self) -> tuple[list[AuditEntry], bool]:
        """Wait for an entry, then for those that come soon after."""
        entries: list[AuditEntry] = []
        try:
            entry = self._queue.get(timeout=_PURGE_EVERY)
            if entry is not None and self._queue.qsize() < _BATCH:
                time.sleep(_LINGER)
            while entry is not None:
                entries.append(entry)
                if len(entries) == _BATCH:
                    return entries, False
                entry = self._queue.get_nowait()
        except Empty:
            return entries, False
        return entries, True

    def _rest(self) -> Iterator[AuditEntry]:
        with suppress(Empty):
            while True:
                entry = self._queue.get_nowait()
                if entry is not None:
                    yield entry

    def _write(self, entries: Sequence[AuditEntry]) -> bool:
        """Write entries down and return whether they are done with."""
        try:
            with self._database.unit_of_work() as stores:
                stores.audit.append(entries)
        except DatabaseUnavailable as error:
            _log.warning("audit trail waits for the database", entries=len(entries), reason=str(error))
            return False
        except Exception as error:  # noqa: BLE001  # whatever it is, the thread must live
            _log.error("audit trail cannot be written", exc_info=error)
            self._give_up(entries)
        return True

    def _give_up(self, entries: Sequence[AuditEntry]) -> None:
        self._on_loss(len(entries))
        for entry in entries:
            # "event" is the logger's own word for its message.
            fields = asdict(entry) | {"at": entry.at.isoformat()}
            _log.error("audit entry not stored", what=fields.pop("event"), **fields)

    def _purge(self) -> None:
        now = time.monotonic()
        if not self._retention or now < self._next_purge:
            return
        try:
            with self._database.unit_of_work() as stores:
                removed = stores.audit.purge(before=datetime.now(UTC) - self._retention, batch=_BATCH * 2)
        except DatabaseUnavailable:
            removed = 0
        # A full batch tells that there are more: they go with the next entries, so that nobody waits for long.
        if removed < _BATCH * 2:
            self._next_purge = now + _PURGE_EVERY


def _entry_of(outcome: Outcome) -> AuditEntry:
    if outcome.refusal:
        event = "token_refused"
    else:
        event = "token_refreshed" if outcome.grant_type == "refresh_token" else "token_issued"
    return AuditEntry(
        event,
        outcome.refusal,
        outcome.grant_type,
        outcome.client_id,
        outcome.user_id,
        address=outcome.origin.address,
        request_id=outcome.origin.request_id,
    )

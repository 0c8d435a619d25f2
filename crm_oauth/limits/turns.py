"""One at a time for each key, so that what one does is seen by the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class _Queue:
    lock: Lock = field(default_factory=Lock)
    length: int = 0


class Turns:
    """Turns of the threads of one process.

    Args:
        patience: seconds after which a thread gives up waiting for its turn.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._queues: dict[str, _Queue] = {}
        self._lock = Lock()

    @contextmanager
    def of(self, key: str) -> Iterator[None]:
        """Wait for one's turn, which lasts until the end of the block.

        Raises:
            TimeoutError: it did not come in time.
        """
        with self._lock:
            queue = self._queues.setdefault(key, _Queue())
            queue.length += 1
        try:
            if not queue.lock.acquire(timeout=self._patience):
                raise TimeoutError
            try:
                yield
            finally:
                queue.lock.release()
        finally:
            with self._lock:
                queue.length -= 1
                if not queue.length:
                    del self._queues[key]

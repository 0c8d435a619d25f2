"""gunicorn's worker with threads, which shares connections evenly, and lets nobody down when it stops."""

import select
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from crm_oauth.web.worker_loads import WorkerLoads

_COURTESY = 0.002  # seconds in which a worker with less to do takes a connection, if it can
_LINGER = 1  # millisecond in which who was answered may ask again, before the thread turns to others


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Leaves connections to workers that have less to do; stopping, answers whoever is connected already.

    All workers listen on the same sockets, and the first one to look takes whoever waits. One that looks often takes
    all of them, keeps them as long as they live, and the other cores stay idle.

    When it stops, gunicorn's own keeps the sockets on which it listens until all is done, without looking at them: the
    system goes on to connect clients, who send a request and are cut off at the end. A front end may not send that
    request again, for it may have been carried out; one that is refused goes to another server.
    """

    sockets: list[Any]
    loads = WorkerLoads()  # made before the fork, for all workers

    def accept(self, listener: Any) -> None:  # noqa: ANN401  # gunicorn has no types
        """Take a connection, the later the more there is to do."""
        self.loads.tell(self.age, self._load)
        if self._load > self.loads.least():
            time.sleep(_COURTESY)
        super().accept(listener)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do what there is to do, and tell the others what there is now."""
        super().wait_for_and_dispatch_events(timeout)
        if self._accepting:
            self.loads.tell(self.age, self._load)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # gunicorn's signature
        """Begin or cease to accept connections."""
        super().set_accept_enabled(enabled)
        if not enabled:
            self.loads.forget(self.age)
        if not self.alive:
            self._part_from_listeners()

    def handle(self, conn: Any) -> Any:  # noqa: ANN401  # gunicorn has no types
        """Answer a request, and those that follow it at once: to hand a connection on costs a tenth of an answer."""
        goes_on = super().handle(conn)
        while goes_on is True and self._asks_again(conn):
            goes_on = super().handle(conn)
        return goes_on

    def _asks_again(self, conn: Any) -> bool:  # noqa: ANN401  # same
        if self._load > self.cfg.threads:  # somebody else waits for one
            return False
        poll = select.poll()
        poll.register(conn.sock, select.POLLIN)
        return bool(poll.poll(_LINGER))

    @property
    def _load(self) -> int:
        """Requests that are answered or wait for a thread; connections without one cost nothing."""
        load: int = self.nr_conns - len(self.keepalived_conns) - len(self.pending_conns)
        return load

    def _part_from_listeners(self) -> None:
        for listener in self.sockets:
            waiting = -1
            while self.nr_conns != waiting:
                waiting = self.nr_conns
                super().accept(listener)
            # Others may go on to listen on it: the new workers after a reload.
            listener.close()
        self.sockets = []

"""gunicorn's worker with threads, which lets nobody down when it stops."""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers whoever is connected already, and then refuses at once.

    gunicorn's own keeps the sockets on which it listens until all is done, without looking at them: the system goes on
    to connect clients, who send a request and are cut off at the end. A front end may not send that request again,
    for it may have been carried out; one that is refused goes to another server.
    """

    sockets: list[Any]

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # gunicorn's signature
        """Begin or cease to accept connections."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            self._part_from_listeners()

    def _part_from_listeners(self) -> None:
        for listener in self.sockets:
            waiting = -1
            while self.nr_conns != waiting:
                waiting = self.nr_conns
                self.accept(listener)
            # Others may go on to listen on it: the new workers after a reload.
            listener.close()
        self.sockets = []

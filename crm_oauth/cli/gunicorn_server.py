"""gunicorn as `serve` runs it: all workers have the same settings, and a reload that cannot succeed changes none."""

from collections.abc import Callable

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter

from crm_oauth.settings import PREFIX, Settings


class _CarefulArbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    def handle_hup(self) -> None:
        """Reload, unless the new workers could not start: gunicorn's own would end, and the service with it."""
        try:
            faults = self.app.reload_faults()
        except Exception:
            self.log.exception("Not reloaded, the server goes on as it was")
            return
        if faults:
            self.log.error("Not reloaded, the server goes on as it was: %s", " ".join(faults))
        else:
            super().handle_hup()


class _WithCarefulArbiter(BaseApplication):  # type: ignore[misc]  # same
    def run(self) -> None:
        """What `Application.run` ends in, with another arbiter."""
        _CarefulArbiter(self).run()


class GunicornServer(WSGIApplication, _WithCarefulArbiter):  # type: ignore[misc]  # same
    """The gunicorn command, with `sys.argv` as its arguments.

    Args:
        faults: looks at what a server needs, and returns a sentence for each fault; asked before each reload.
    """

    def __init__(self, faults: Callable[[], list[str]]) -> None:
        self._faults = faults
        super().__init__(prog="gunicorn")

    def reload_faults(self) -> list[str]:
        """Return a sentence for each reason not to reload."""
        if faults := self._faults():
            return faults
        # gunicorn would close where it listens, and end if it cannot listen there.
        if Settings.load().bind != self.settings.bind:
            return [f"{PREFIX}BIND has changed: a server that is to listen elsewhere is started again."]
        return []

    def load_config(self) -> None:
        """Read the settings, at the start and at a reload."""
        self.settings = Settings.load()
        super().load_config()

    def load(self) -> Flask:
        """Make the application of a new worker, whatever `.env` has become since the settings were looked at."""
        from app import create_app  # noqa: PLC0415  # not before gunicorn's configuration says where to count

        return create_app(self.settings)

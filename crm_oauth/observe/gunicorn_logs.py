"""Gunicorn's own log lines, in the form of all others and without what a malformed request holds."""

import logging
import re

from gunicorn.config import Config
from gunicorn.glogging import Logger

from crm_oauth.observe.logs import configure_logs
from crm_oauth.settings import Settings

# What follows is the request line or the header itself, which may be an Authorization.
_MALFORMED = re.compile(r"Invalid request from ip=\S*: [A-Za-z ]*")
_ADDRESS = re.compile(r"(Error handling request [^?]*)\?\S*")


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's `logger_class`."""

    def setup(self, cfg: Config) -> None:
        """Have the lines of the error log written by the root logger's handler."""
        super().setup(cfg)
        settings = Settings.load()
        configure_logs(settings.log_level, settings.log_format)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.addFilter(_without_secrets)


def _without_secrets(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    if malformed := _MALFORMED.match(message):
        message = malformed[0].rstrip()
    record.msg, record.args = _ADDRESS.sub(r"\1", message), ()
    return True

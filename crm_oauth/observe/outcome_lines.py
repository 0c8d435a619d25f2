"""A log line for each token request."""

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from crm_oauth.oauth.outcome import Outcome
from crm_oauth.observe.logs import Form

_log = structlog.get_logger(__name__)
_level = logging.getLogger(__name__)


class OutcomeLines:
    """An observer that writes lines as those of `configure_logs`.

    Their JSON is made here: the way through the logging machinery costs more than all else that watches a request.

    Args:
        form: of the lines.
    """

    def __init__(self, form: Form) -> None:
        self._form = form

    def __call__(self, outcome: Outcome) -> None:
        """Write a line."""
        if not _level.isEnabledFor(logging.INFO):
            return
        event = "token refused" if outcome.refusal else "token issued"
        told = {
            "grant_type": outcome.grant_type,
            "client_id": outcome.client_id,
            "user_id": outcome.user_id,
            "status": outcome.status,
            "refusal": outcome.refusal,
            "seconds": round(outcome.seconds, 4),
            "address": outcome.origin.address,
        }
        if self._form == "console":
            _log.info(event, **told)
            return
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        common = {"event": event, "level": "info", "logger": __name__, "request_id": outcome.origin.request_id}
        with suppress(OSError, ValueError):  # a full disk, a reader that has gone: as logging, which lets it pass
            sys.stderr.write(json.dumps({**told, **common, "timestamp": now}) + "\n")

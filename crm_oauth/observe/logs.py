"""Log lines: one JSON object a line, or readable text on a terminal; never a token, secret or password."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict

from crm_oauth.oauth.outcome import Outcome
from crm_oauth.observe.request_ids import current_request_id

_log = structlog.get_logger(__name__)


def configure_logs(level: str, form: str | None) -> None:
    """Send every log line, this program's and its libraries', to standard error in one form.

    Args:
        level: the least severe that is written.
        form: `json` or `console`; None chooses by whether standard error is a terminal.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _add_request_id,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    console = form == "console" or (form is None and sys.stderr.isatty())
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Authlib writes whole tokens at debug level, SQLAlchemy parameters at info level, Alembic a line a look.
    for library in ("alembic", "authlib", "sqlalchemy"):
        logging.getLogger(library).setLevel(max(logging.getLevelName(level.upper()), logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_outcome(outcome: Outcome) -> None:
    """Write one line about a token request."""
    event = "token refused" if outcome.refusal else "token issued"
    _log.info(
        event,
        grant_type=outcome.grant_type,
        client_id=outcome.client_id,
        user_id=outcome.user_id,
        status=outcome.status,
        refusal=outcome.refusal,
        seconds=round(outcome.seconds, 4),
        address=outcome.origin.address,
    )


def _add_request_id(_logger: object, _method: str, line: EventDict) -> EventDict:
    if request_id := current_request_id():
        line["request_id"] = request_id
    return line

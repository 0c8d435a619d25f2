"""Log lines: one JSON object a line, or readable text on a terminal; never a token, secret or password."""

import logging
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict

from crm_oauth.request_id import current_request_id

Form = Literal["json", "console"]


def configure_logs(level: str, form: Form | None) -> Form:
    """Send every log line, this program's and its libraries', to standard error in one form.

    Args:
        level: the least severe that is written.
        form: None chooses by whether standard error is a terminal.

    Returns:
        The form that was chosen.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _add_request_id,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    form = form or ("console" if sys.stderr.isatty() else "json")
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if form == "console"
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
    return form


def _add_request_id(_logger: object, _method: str, line: EventDict) -> EventDict:
    if request_id := current_request_id():
        line["request_id"] = request_id
    return line

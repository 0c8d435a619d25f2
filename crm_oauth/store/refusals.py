"""What servers refuse, by the codes of their errors."""

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

# Codes of MySQL and MariaDB are numbers, of PostgreSQL texts.
_CONFLICTS = {1213, "40001", "40P01"}
_ELSEWHERE = {
    1047,  # WSREP has not yet prepared node for application use
    1290,  # The server is running with the --read-only option
    1836,  # Running in read-only mode
    "25006",  # cannot execute … in a read-only transaction
}


def drop_useless_connections(engine: Engine) -> None:
    """Have an engine drop each connection whose server refuses the work: a new one may lead to one that does it.

    Args:
        engine: any.
    """
    event.listen(engine, "handle_error", _drop_if_useless)


def is_conflict(error: DBAPIError) -> bool:
    """Tell whether others were faster: a deadlock, or a transaction that another node's came before. It was undone."""
    return _code(error.orig) in _CONFLICTS


def _drop_if_useless(context: ExceptionContext) -> None:
    if _code(context.original_exception) in _ELSEWHERE:
        context.is_disconnect = True
        # The other connections may lead to other servers.
        context.invalidate_pool_on_disconnect = False


def _code(error: BaseException | None) -> object:
    return getattr(error, "sqlstate", None) or next(iter(error.args if error else ()), None)

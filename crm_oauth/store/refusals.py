"""What servers refuse, by the codes of their errors."""

from sqlite3 import SQLITE_CORRUPT, SQLITE_NOTADB

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

# Codes of MySQL and MariaDB are numbers, of PostgreSQL texts.
_CONFLICTS = {1213, "40001", "40P01"}
_ELSEWHERE = {
    1047,  # WSREP has not yet prepared node for application use
    1290,  # The server is running with the --read-only option
    1792,  # Cannot execute statement in a READ ONLY transaction
    1836,  # Running in read-only mode
    "25006",  # cannot execute … in a read-only transaction
}
_NO_TABLE = {1146, "42P01"}
_DAMAGED = {SQLITE_CORRUPT, SQLITE_NOTADB}
_IMPOSSIBLE = {  # MySQL only: text does not become another character set's, be it compared or written
    3854,  # Cannot convert string … from … to …
    3988,  # Conversion from collation … into … impossible
}
_ILLEGAL_MIX = {1267, 1270, 1271, *_IMPOSSIBLE}  # Illegal mix of collations of two, three, more operands
_UNFIT = {1366, *_IMPOSSIBLE}  # Incorrect string value


def drop_useless_connections(engine: Engine) -> None:
    """Have an engine drop each connection whose server refuses the work: a new one may lead to one that does it.

    Args:
        engine: any.
    """
    event.listen(engine, "handle_error", _drop_if_useless)


def is_conflict(error: DBAPIError) -> bool:
    """Tell whether others were faster: a deadlock, or a transaction that another node's came before. It was undone."""
    return not _CONFLICTS.isdisjoint(_codes(error.orig))


def lacks_table(error: DBAPIError) -> bool:
    """Tell whether a table is not there, as while a backup is being restored; SQLite's error is of another kind."""
    return not _NO_TABLE.isdisjoint(_codes(error.orig))


def is_damaged(error: DBAPIError) -> bool:
    """Tell whether SQLite's file is broken, or no database; its errors are of no kind that tells."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def is_illegal_mix(error: BaseException) -> bool:
    """Tell whether text was to be compared with other text, and the two have no character set in common.

    Args:
        error: a driver's.
    """
    return not _ILLEGAL_MIX.isdisjoint(_codes(error))


def is_unfit(error: DBAPIError) -> bool:
    """Tell whether text was to be written that its column's character set cannot hold."""
    return not _UNFIT.isdisjoint(_codes(error.orig))


def is_about_a_row(error: DBAPIError) -> bool:
    """Tell whether a statement failed for what a row holds, and would do its work without that row."""
    return isinstance(error, DataError | IntegrityError) or is_unfit(error)


def _drop_if_useless(context: ExceptionContext) -> None:
    if not _ELSEWHERE.isdisjoint(_codes(context.original_exception)):
        context.is_disconnect = True
        # The other connections may lead to other servers.
        context.invalidate_pool_on_disconnect = False


def _codes(error: BaseException | None) -> set[object]:
    # PyMySQL tells an SQLSTATE besides the number, which says less.
    return {getattr(error, "sqlstate", None), *(error.args[:1] if error else ())}

"""Look-ups of text that a column cannot hold, such as an emoji where a letter has three bytes at most.

MySQL refuses to compare the two. Tables of SuiteCRM's each have a character set of their own, so that none can be
chosen for all text that is sent.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.engine.interfaces import DBAPICursor

from crm_oauth.store.refusals import is_illegal_mix

_Parameters = Mapping[str, Any] | Sequence[Any]


def find_nothing_by_unfit_text(engine: Engine) -> None:
    """Have an engine's statements compare text that a column cannot hold as what it equals: nothing.

    Args:
        engine: of MariaDB or MySQL.
    """
    event.listen(engine, "do_execute", _execute)


def _execute(cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext) -> bool:  # noqa: ANN401  # SQLAlchemy's
    """Execute a statement, if it is refused with NULL for the text in question; tell SQLAlchemy that it is done."""
    try:
        context.dialect.do_execute(cursor, statement, parameters, context)
    except context.dialect.loaded_dbapi.Error as error:
        # If all text is ASCII, which every column can hold, it is columns that do not go together: a fault of ours.
        if not is_illegal_mix(error) or (fit := _with_null(statement, parameters)) == parameters:
            raise
        context.dialect.do_execute(cursor, statement, fit, context)
    return True


def _with_null(statement: str, parameters: _Parameters) -> _Parameters:
    """Put NULL in the place of text beyond ASCII, but for what comes before WHERE: that might be written."""
    written = re.split(r"\sWHERE\s", statement, maxsplit=1)[0]
    if isinstance(parameters, Mapping):
        return {
            name: value if f"%({name})s" in written else _null_if_special(value) for name, value in parameters.items()
        }
    kept = written.count("%s")
    return (*parameters[:kept], *map(_null_if_special, parameters[kept:]))


def _null_if_special(value: object) -> object:
    return None if isinstance(value, str) and not value.isascii() else value

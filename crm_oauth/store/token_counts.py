"""How many tokens there are, counted cheaply."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, union_all

from crm_oauth.store.db import Database
from crm_oauth.store.models import Token
from crm_oauth.store.token_filters import LIVE, NOT_REVOKED


def count_live(database: Database, now: datetime, *, at_most: int) -> int:
    """Count the sessions of which one token can still be used, no further than a number.

    Args:
        database: where they are.
        now: aware.
        at_most: how many rows are read at most.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    refreshable = Token.refresh_token_expires > now
    access_only = Token.refresh_token_expires.is_(None) & (Token.access_token_expires > now)
    return count_stretches(
        database, [alive & LIVE & NOT_REVOKED for alive in (refreshable, access_only)], at_most=at_most
    )


def count_stretches(database: Database, stretches: Sequence[ColumnElement[bool]], *, at_most: int) -> int:
    """Count rows that lie in several stretches of an index, no further than a number: reads that many entries of each.

    Args:
        database: where they are.
        stretches: the conditions of each; no row meets two.
        at_most: how many rows are counted at most.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    # SQLite takes a LIMIT in a part of a UNION only when it stands in a subquery.
    parts = [select(Token.id).where(stretch).limit(at_most).subquery() for stretch in stretches]
    rows = union_all(*(select(part.c.id) for part in parts)).limit(at_most).subquery()
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(rows)) or 0

"""How many sessions there are, counted cheaply."""

from datetime import datetime

from sqlalchemy import func, select, union_all

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
    # Apart, for each follows the index on expiry; SQLite takes a LIMIT in a part of a UNION only in a subquery.
    refreshable = Token.refresh_token_expires > now
    access_only = Token.refresh_token_expires.is_(None) & (Token.access_token_expires > now)
    parts = [
        select(Token.id).where(alive, LIVE, NOT_REVOKED).limit(at_most).subquery()
        for alive in (refreshable, access_only)
    ]
    rows = union_all(*(select(part.c.id) for part in parts)).limit(at_most).subquery()
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(rows)) or 0

"""What every revocation writes, however many rows it is about."""

from datetime import datetime

from sqlalchemy import ColumnElement, Update, and_, or_, update

from crm_oauth.store.models import Token


def revoking(now: datetime) -> Update:
    """Return the UPDATE of rows that are still to be chosen.

    Args:
        now: aware.
    """
    return update(Token).values(token_is_revoked=True, date_modified=now)


def used_and_unexpired(now: datetime) -> ColumnElement[bool]:
    """Return the condition of rows that a refresh has used up and that are revoked all the same.

    A refresh at this moment holds its old row until it commits: an UPDATE of that row waits for it.

    Args:
        now: aware.
    """
    unexpired = or_(Token.refresh_token_expires > now, Token.access_token_expires > now)
    return and_(Token.deleted.is_(True), unexpired)

"""Clients and users found by a part of their names."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from crm_oauth.store.models import Client, User

_PROPOSED = 20  # users while one types a name
_NAMESAKES = 100


def find_clients(
    session: Session, part: str = "", *, grant: str = "", limit: int = 200, deleted: bool = False
) -> Sequence[Client]:
    """Find clients, by name.

    Args:
        session: SQLAlchemy's.
        part: of the name, in any case.
        grant: the `grant_type` that they may use; "" for any.
        limit: how many at most.
        deleted: whether those that were deleted are found too.
    """
    query = select(Client)
    if not deleted:
        query = query.where(Client.deleted.is_(False))
    if part:
        query = query.where(func.lower(Client.name).contains(part.lower(), autoescape=True))
    if grant:
        query = query.where(Client.allowed_grant_type == grant)
    return session.scalars(query.order_by(func.lower(Client.name), Client.id).limit(limit)).all()


def find_users(session: Session, part: str) -> Sequence[User]:
    """Find live users whose user name, first name or last name begins with a text, the first few by user name.

    Args:
        session: SQLAlchemy's.
        part: the beginning, in any case.
    """
    beginnings = (
        func.lower(column).startswith(part.lower(), autoescape=True)
        for column in (User.user_name, User.first_name, User.last_name)
    )
    query = select(User).where(User.deleted.is_(False), User.status == "Active", or_(*beginnings))
    return session.scalars(query.order_by(User.user_name, User.id).limit(_PROPOSED)).all()


def ids_of_users(session: Session, user_name: str) -> Sequence[str]:
    """Return the ids of the users of a name in any case, deleted ones too."""
    query = select(User.id).where(func.lower(User.user_name) == user_name.lower())
    return session.scalars(query.order_by(User.id).limit(_NAMESAKES)).all()


def user_names(session: Session, ids: set[str]) -> dict[str, str]:
    """Return the names of the users, deleted ones too, by their ids."""
    rows = session.execute(select(User.id, User.user_name).where(User.id.in_(ids)))
    return {row.id: row.user_name or "" for row in rows}


def clients_of(session: Session, ids: set[str]) -> dict[str, Client]:
    """Return the clients, deleted ones too, by their ids."""
    return {client.id: client for client in session.scalars(select(Client).where(Client.id.in_(ids)))}

"""The audit trail names users by their ids; people look for them by name."""

from sqlalchemy.orm import Session

from crm_oauth.store.name_search import ids_of_users, user_names
from crm_oauth.store.ports import UserStore


def user_id_of(session: Session, users: UserStore, user: str) -> str:
    """Return the id of a user, deleted ones too; what nobody is called may be the id of one whose row is gone.

    Args:
        session: SQLAlchemy's.
        users: of the same unit of work.
        user: an id, or a name in any case; a live user's name prevails over a namesake's.
    """
    if user in user_names(session, {user}):
        return user
    if live := users.find_by_name(user):
        return live.id
    return next(iter(ids_of_users(session, user)), user)

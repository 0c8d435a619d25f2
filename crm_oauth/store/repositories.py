"""The SQLAlchemy implementations of every port, over one session."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from crm_oauth.store.audit import SqlAuditStore
from crm_oauth.store.clients import SqlClientStore
from crm_oauth.store.ports import Repositories, UserStore
from crm_oauth.store.tokens import SqlTokenStore

UserStoreFactory = Callable[[Session], UserStore]


def repositories(session: Session, make_users: UserStoreFactory) -> Repositories:
    """Make the repositories of one unit of work; they flush and never commit."""
    users = make_users(session)
    return Repositories(SqlClientStore(session), users, SqlTokenStore(session, users), SqlAuditStore(session))

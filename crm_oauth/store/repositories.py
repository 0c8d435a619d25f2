"""The SQLAlchemy implementations of every port, over one session."""

from sqlalchemy.orm import Session

from crm_oauth.store.clients import SqlClientStore
from crm_oauth.store.ports import Repositories
from crm_oauth.store.tokens import SqlTokenStore
from crm_oauth.store.users import SqlUserStore


def repositories(session: Session) -> Repositories:
    """Make the repositories of one unit of work; they flush and never commit."""
    return Repositories(SqlClientStore(session), SqlUserStore(session), SqlTokenStore(session))

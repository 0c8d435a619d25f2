"""The SQLAlchemy implementations of every port, over one unit of work."""

from collections.abc import Callable

from crm_oauth.store.audit import SqlAuditStore
from crm_oauth.store.clients import SqlClientStore
from crm_oauth.store.ports import Repositories, UserStore
from crm_oauth.store.tokens import SqlTokenStore
from crm_oauth.store.unit_of_work import UnitOfWork

UserStoreFactory = Callable[[UnitOfWork], UserStore]


def repositories(unit: UnitOfWork, make_users: UserStoreFactory) -> Repositories:
    """Make the repositories of one unit of work; they never commit."""
    users = make_users(unit)
    return Repositories(
        clients=SqlClientStore(unit),
        users=users,
        tokens=SqlTokenStore(unit, users),
        audit=SqlAuditStore(unit),
    )

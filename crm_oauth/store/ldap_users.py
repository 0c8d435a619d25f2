"""Users of the CRM whose passwords a directory checks."""

from crm_oauth.store.directory import Directory
from crm_oauth.store.models import User
from crm_oauth.store.resource_owner import Standing
from crm_oauth.store.unit_of_work import UnitOfWork
from crm_oauth.store.users import SqlUserStore


class LdapUserStore(SqlUserStore):
    """`UserStore` over one unit of work and a directory: the rows say who there is, the directory whose password it is.

    No hash in a row counts here: who is struck off the directory must not get in by an old password.

    Args:
        unit: in which the rows are read.
        directory: asked about passwords, while a database connection is lent.
    """

    def __init__(self, unit: UnitOfWork, directory: Directory) -> None:
        super().__init__(unit)
        self._directory = directory

    def may_authenticate(self, standing: Standing) -> bool:
        """Apply SuiteCRM's rule, which lets those in whom it has authenticated outside."""
        return standing.may_authenticate_externally

    def verify_password(self, user: User | None, password: str) -> bool:
        """Ask the directory, with the name that is in the row."""
        eligible = user is not None and self.may_authenticate(user.standing)
        return self._directory.verify(user.user_name if user and eligible else None, password)

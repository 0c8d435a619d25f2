"""Users of the CRM whose passwords a directory checks."""

from sqlalchemy.orm import Session

from crm_oauth.store.directory import Directory
from crm_oauth.store.models import User
from crm_oauth.store.users import SqlUserStore


class LdapUserStore(SqlUserStore):
    """`UserStore` over one session and a directory: the rows say who there is, the directory whose password it is.

    No hash in a row counts here: who is struck off the directory must not get in by an old password.

    Args:
        session: SQLAlchemy's.
        directory: asked about passwords, while the session's transaction is open.
    """

    def __init__(self, session: Session, directory: Directory) -> None:
        super().__init__(session)
        self._directory = directory

    def may_authenticate(self, user: User) -> bool:
        """Apply SuiteCRM's rule, which lets those in whom it has authenticated outside."""
        return user.may_authenticate_externally

    def verify_password(self, user: User | None, password: str) -> bool:
        """Ask the directory, with the name that is in the row."""
        eligible = user is not None and self.may_authenticate(user)
        return self._directory.verify(user.user_name if user and eligible else None, password)

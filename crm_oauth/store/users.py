"""Users of the CRM in the database."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select

from crm_oauth.compat.passwords import verify_user_password
from crm_oauth.store.models import User
from crm_oauth.store.resource_owner import Standing
from crm_oauth.store.unit_of_work import UnitOfWork


class SqlUserStore:
    """`UserStore` over one unit of work; a password is checked against the hash in the user's row."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    def get(self, user_id: str) -> User | None:
        """Find the live user of this very id."""
        query = select(User).where(User.id == user_id, User.deleted.is_(False))
        user = self._unit.session.scalars(query).one_or_none()
        # MySQL ignores trailing blanks, and case too in tables that SuiteCRM made.
        return user if user and user.id == user_id else None

    def find_by_name(self, user_name: str) -> User | None:
        """Find the live user of this name in any case, one who may authenticate before any other."""
        query = select(User).where(self._name_is(user_name), User.deleted.is_(False)).order_by(User.id)
        namesakes = [user for user in self._unit.session.scalars(query) if _same_name(user, user_name)]
        return max(
            namesakes,
            key=lambda user: (self.may_authenticate(user.standing), user.user_name == user_name),
            default=None,
        )

    def add(self, user: User) -> None:
        """Insert a user."""
        self._unit.session.add(user)
        self._unit.session.flush()

    def list(self) -> Sequence[User]:
        """Every live user, by name."""
        query = select(User).where(User.deleted.is_(False)).order_by(User.user_name, User.id)
        return self._unit.session.scalars(query).all()

    def may_authenticate(self, standing: Standing) -> bool:
        """Apply the rule of SuiteCRM's web login."""
        return standing.may_authenticate

    def verify_password(self, user: User | None, password: str) -> bool:
        """Check a password, in the time that any check takes."""
        eligible = user is not None and self.may_authenticate(user.standing)
        return verify_user_password(password, user.user_hash if user and eligible else None)

    def _name_is(self, user_name: str) -> ColumnElement[bool]:
        if self._unit.connection.dialect.name == "mysql":
            # The collation ignores case, accents and trailing blanks; a function would miss the index. Of the
            # letters that it knows no case of, such as Georgian ones, all small or all capital ones are found.
            return User.user_name.in_({user_name, user_name.lower(), user_name.upper()})
        return func.lower(User.user_name) == user_name.lower()


def _same_name(user: User, user_name: str) -> bool:
    return user.user_name is not None and user.user_name.lower() == user_name.lower()

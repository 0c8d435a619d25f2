"""Users of the CRM in the database."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crm_oauth.store.models import User


class SqlUserStore:
    """`UserStore` over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, user_id: str) -> User | None:
        """Find the live user of this very id."""
        query = select(User).where(User.id == user_id, User.deleted.is_(False))
        user = self._session.scalars(query).one_or_none()
        # MySQL ignores trailing blanks, and case too in tables that SuiteCRM made.
        return user if user and user.id == user_id else None

    def find_by_name(self, user_name: str) -> User | None:
        """Find the live user of this name in any case, one who may authenticate before any other."""
        query = select(User).where(self._name_is(user_name), User.deleted.is_(False)).order_by(User.id)
        namesakes = [user for user in self._session.scalars(query) if _same_name(user, user_name)]
        return max(
            namesakes,
            key=lambda user: (user.may_authenticate, user.user_name == user_name),
            default=None,
        )

    def add(self, user: User) -> None:
        """Insert a user."""
        self._session.add(user)
        self._session.flush()

    def list(self) -> Sequence[User]:
        """Every live user, by name."""
        query = select(User).where(User.deleted.is_(False)).order_by(User.user_name, User.id)
        return self._session.scalars(query).all()

    def _name_is(self, user_name: str) -> ColumnElement[bool]:
        if self._session.get_bind().dialect.name == "mysql":
            # The collation ignores case, accents and trailing blanks; a function would miss the index. Of the
            # letters that it knows no case of, such as Georgian ones, all small or all capital ones are found.
            return User.user_name.in_({user_name, user_name.lower(), user_name.upper()})
        return func.lower(User.user_name) == user_name.lower()


def _same_name(user: User, user_name: str) -> bool:
    return user.user_name is not None and user.user_name.lower() == user_name.lower()

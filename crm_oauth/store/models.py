"""SuiteCRM's tables, as its `modules/*/vardefs.php` lay them out, with the indexes that they lack.

Everything but the id is nullable there, so it is here: a row that SuiteCRM wrote must load.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Index, String, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from crm_oauth.store.columns import LocalDateTime, UtcDateTime, exact_text, folded_text
from crm_oauth.store.ids import new_id
from crm_oauth.store.resource_owner import Standing


def _now() -> datetime:
    return datetime.now(UTC)


MYSQL_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}


class Base(DeclarativeBase):
    """The columns that every SuiteCRM table has; a row with `deleted` set is dead to every look-up."""

    __table_args__: Any = MYSQL_TABLE

    id: Mapped[str] = mapped_column(exact_text(36), primary_key=True, default=new_id)
    date_entered: Mapped[datetime | None] = mapped_column(UtcDateTime, default=_now)
    date_modified: Mapped[datetime | None] = mapped_column(UtcDateTime, default=_now, onupdate=_now)
    modified_user_id: Mapped[str | None] = mapped_column(exact_text(36))
    created_by: Mapped[str | None] = mapped_column(exact_text(36))
    description: Mapped[str | None] = mapped_column(Text)
    deleted: Mapped[bool | None] = mapped_column(default=False)


class Client(Base):
    """An OAuth 2 client (RFC 6749 section 2): module OAuth2Clients.

    `secret` is a hash in one of SuiteCRM's forms; `assigned_user_id` is the user whom a client_credentials
    token acts as. The `duration_*` columns are SuiteCRM's, filled as its panel fills them and read by nobody.
    """

    __tablename__ = "oauth2clients"

    name: Mapped[str | None] = mapped_column(String(255))
    secret: Mapped[str | None] = mapped_column(String(4000))
    redirect_url: Mapped[str | None] = mapped_column(String(255))
    is_confidential: Mapped[bool | None] = mapped_column(default=True)
    allowed_grant_type: Mapped[str | None] = mapped_column(String(255), default="password")
    duration_value: Mapped[int | None] = mapped_column(default=60)
    duration_amount: Mapped[int | None] = mapped_column(default=1)
    duration_unit: Mapped[str | None] = mapped_column(String(255), default="minute")
    assigned_user_id: Mapped[str | None] = mapped_column(exact_text(36))


class Token(Base):
    """A pair of access and refresh token: module OAuth2Tokens.

    The token columns hold identifiers (the `jti`), never what the client presents; `client` is a client's id
    and `assigned_user_id` the user acted as. The defaults are what SuiteCRM's insert writes.
    """

    __tablename__ = "oauth2tokens"

    name: Mapped[str | None] = mapped_column(String(255), default="")
    modified_user_id: Mapped[str | None] = mapped_column(exact_text(36), default="1")
    created_by: Mapped[str | None] = mapped_column(exact_text(36), default="")
    token_is_revoked: Mapped[bool | None] = mapped_column(default=False)
    token_type: Mapped[str | None] = mapped_column(String(255), default="")
    access_token_expires: Mapped[datetime | None] = mapped_column(LocalDateTime)
    access_token: Mapped[str | None] = mapped_column(exact_text(255), index=True)
    refresh_token: Mapped[str | None] = mapped_column(exact_text(255), index=True)
    refresh_token_expires: Mapped[datetime | None] = mapped_column(LocalDateTime)
    grant_type: Mapped[str | None] = mapped_column(String(255), default="")
    state: Mapped[str | None] = mapped_column(String(1024))
    client: Mapped[str | None] = mapped_column(exact_text(36))
    assigned_user_id: Mapped[str | None] = mapped_column(exact_text(36))

    __table_args__ = (
        # None on whether a token is revoked: a row that is revoked would be written into every index anew on
        # PostgreSQL, and into this one everywhere, and revoking a million would take minutes.
        # With these the panel reads a page of any search in its order, from wherever the last one ended.
        Index("ix_oauth2tokens_client", "client", "date_entered", "id"),
        Index("ix_oauth2tokens_assigned_user_id", "assigned_user_id", "date_entered", "id"),
        Index("ix_oauth2tokens_entered", "date_entered", "id"),
        Index("ix_oauth2tokens_access_expires", "access_token_expires", "id"),
        # In this order it serves purging rows with a refresh token and rows without (NULL comes first).
        Index("ix_oauth2tokens_expires", "refresh_token_expires", "access_token_expires"),
        MYSQL_TABLE,
    )


class NewToken(NamedTuple):
    """What is particular of a pair that is issued; the other columns of its row have their defaults."""

    id: str
    date_entered: datetime
    grant_type: str
    access_token: str
    access_token_expires: datetime
    refresh_token: str | None
    refresh_token_expires: datetime | None
    client: str
    assigned_user_id: str | None


class User(Base):
    """A user of the CRM: the columns of module Users that authentication needs.

    `user_name` is not unique: deleted namesakes and, in old data, live ones exist.
    """

    __tablename__ = "users"

    user_name: Mapped[str | None] = mapped_column(folded_text(60), index=True)
    user_hash: Mapped[str | None] = mapped_column(String(255))
    system_generated_password: Mapped[bool | None]
    pwd_last_changed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    authenticate_id: Mapped[str | None] = mapped_column(String(100))
    sugar_login: Mapped[bool | None] = mapped_column(default=True)
    first_name: Mapped[str | None] = mapped_column(String(255))
    last_name: Mapped[str | None] = mapped_column(String(255))
    is_admin: Mapped[bool | None] = mapped_column(default=False)
    external_auth_only: Mapped[bool | None] = mapped_column(default=False)
    status: Mapped[str | None] = mapped_column(String(100))
    portal_only: Mapped[bool | None] = mapped_column(default=False)
    employee_status: Mapped[str | None] = mapped_column(String(100))
    is_group: Mapped[bool | None] = mapped_column(default=False)
    factor_auth: Mapped[bool | None] = mapped_column(default=False)
    factor_auth_interface: Mapped[str | None] = mapped_column(String(255))

    @property
    def standing(self) -> Standing:
        """What decides whether it may get and keep tokens."""
        return Standing(self.status, self.deleted, self.portal_only, self.is_group, self.external_auth_only)


# MySQL and MariaDB ignore case by the column's collation and have no index on an expression.
Index("ix_users_user_name_lower", func.lower(User.user_name)).ddl_if(
    ("sqlite", "postgresql")  # type: ignore[arg-type]  # takes several, but its annotation says one
)

"""SuiteCRM's tables, as its `modules/*/vardefs.php` lay them out, with the indexes that they lack; then our own.

Everything but the id is nullable there, so it is here: a row that SuiteCRM wrote must load.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Double, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from crm_oauth.store.columns import LocalDateTime, UtcDateTime, exact_text, folded_text
from crm_oauth.store.ids import new_id


def _now() -> datetime:
    return datetime.now(UTC)


_MYSQL_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}


class Base(DeclarativeBase):
    """The columns that every SuiteCRM table has; a row with `deleted` set is dead to every look-up."""

    __table_args__: Any = _MYSQL_TABLE

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
        _MYSQL_TABLE,
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


class Standing(NamedTuple):
    """The columns of a user that decide whether it may get and keep tokens.

    A missing status is refused, as `status != 'Inactive'` is not true of NULL in SQL
    (`modules/Users/authentication/SugarAuthenticate/SugarAuthenticateUser.php`).
    """

    status: str | None
    deleted: bool | None
    portal_only: bool | None
    is_group: bool | None
    external_auth_only: bool | None

    @property
    def may_authenticate(self) -> bool:
        """Whether this user may get and keep tokens: the rule of SuiteCRM's web login."""
        return self.may_authenticate_externally and not self.external_auth_only

    @property
    def may_authenticate_externally(self) -> bool:
        """Whether the same is true where another system than the CRM has checked the password."""
        return (
            self.status is not None
            and self.status.rstrip(" ").lower() != "inactive"
            and not (self.deleted or self.portal_only or self.is_group)
        )


@dataclass(frozen=True, slots=True)
class ResourceOwner:
    """A user as a session's row tells of it, without the ORM, which every check of a token would pay for."""

    id: str
    user_name: str | None
    standing: Standing


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


class OwnBase(DeclarativeBase):
    """Tables that are ours alone, prefixed so that they can stand in SuiteCRM's database beside its own."""

    metadata = Base.metadata
    __table_args__: Any = _MYSQL_TABLE


class Refresh(OwnBase):
    """That a refresh token was redeemed: which pair took the place of which, in which line of sessions.

    `line_id` is the id of the first pair, with which the user or program signed in.
    """

    __tablename__ = "crm_oauth_refreshes"

    token_id: Mapped[str] = mapped_column(exact_text(36), primary_key=True)
    successor_id: Mapped[str] = mapped_column(exact_text(36))
    line_id: Mapped[str] = mapped_column(exact_text(36))
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        # MySQL makes constraints with the table; an index would ask for one more right in SuiteCRM's database.
        UniqueConstraint("successor_id", name="uq_crm_oauth_refreshes_successor_id"),
        UniqueConstraint("line_id", "token_id", name="uq_crm_oauth_refreshes_line_id"),
        _MYSQL_TABLE,
    )


class ClientRights(OwnBase):
    """What a client may do beyond SuiteCRM's columns."""

    __tablename__ = "crm_oauth_clients"

    client_id: Mapped[str] = mapped_column(exact_text(36), primary_key=True)
    may_introspect: Mapped[bool] = mapped_column(default=False)


class AdminSession(OwnBase):
    """That an administrator is signed in at the panel.

    `id_hash` is the SHA-256 of what the cookie names, so that nobody who reads the table can take the session over;
    `password_mark` tells whether the password is still the one that was given. `held` is sealed: what the next page
    shall show, and no other.
    """

    __tablename__ = "crm_oauth_admin_sessions"

    id_hash: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(exact_text(36))
    password_mark: Mapped[str] = mapped_column(exact_text(64))
    address: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held: Mapped[str | None] = mapped_column(Text)


class AuditRow(OwnBase):
    """One thing that happened: see `AuditEntry`. Rows are added, and removed when they are too old."""

    __tablename__ = "crm_oauth_audit"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(exact_text(40))
    detail: Mapped[str] = mapped_column(String(255))
    grant_type: Mapped[str] = mapped_column(exact_text(100))
    client_id: Mapped[str] = mapped_column(exact_text(36))
    user_id: Mapped[str] = mapped_column(exact_text(36))
    actor: Mapped[str] = mapped_column(exact_text(100))
    address: Mapped[str] = mapped_column(exact_text(64))
    request_id: Mapped[str] = mapped_column(exact_text(64))

    __table_args__ = (
        # With the id each is unique, and so needs no further right: see Refresh.
        UniqueConstraint("at", "id", name="uq_crm_oauth_audit_at"),
        UniqueConstraint("client_id", "id", name="uq_crm_oauth_audit_client_id"),
        UniqueConstraint("user_id", "id", name="uq_crm_oauth_audit_user_id"),
        UniqueConstraint("request_id", "id", name="uq_crm_oauth_audit_request_id"),
        _MYSQL_TABLE,
    )


class GuessRow(OwnBase):
    """How many failures something has had lately: see `crm_oauth.limits`."""

    __tablename__ = "crm_oauth_guesses"

    subject: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    level: Mapped[float] = mapped_column(Double)
    updated_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (UniqueConstraint("updated_at", "subject", name="uq_crm_oauth_guesses_updated_at"), _MYSQL_TABLE)


class SchemaRow(OwnBase):
    """One row: the newest revision that a program must know at least to use these tables, see `store/schema.py`."""

    __tablename__ = "crm_oauth_schema"

    oldest_program: Mapped[str] = mapped_column(exact_text(32), primary_key=True)


# MySQL and MariaDB ignore case by the column's collation and have no index on an expression.
Index("ix_users_user_name_lower", func.lower(User.user_name)).ddl_if(
    ("sqlite", "postgresql")  # type: ignore[arg-type]  # takes several, but its annotation says one
)

"""The tables that SuiteCRM does not have."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Double, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from crm_oauth.store.columns import UtcDateTime, exact_text
from crm_oauth.store.models import MYSQL_TABLE, Base


class OwnBase(DeclarativeBase):
    """Tables that are ours alone, prefixed so that they can stand in SuiteCRM's database beside its own."""

    metadata = Base.metadata
    __table_args__: Any = MYSQL_TABLE


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
        MYSQL_TABLE,
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
        MYSQL_TABLE,
    )


class GuessRow(OwnBase):
    """How many failures something has had lately: see `crm_oauth.limits`."""

    __tablename__ = "crm_oauth_guesses"

    subject: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    level: Mapped[float] = mapped_column(Double)
    updated_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (UniqueConstraint("updated_at", "subject", name="uq_crm_oauth_guesses_updated_at"), MYSQL_TABLE)


class SchemaRow(OwnBase):
    """One row: the newest revision that a program must know at least to use these tables, see `store/schema.py`."""

    __tablename__ = "crm_oauth_schema"

    oldest_program: Mapped[str] = mapped_column(exact_text(32), primary_key=True)

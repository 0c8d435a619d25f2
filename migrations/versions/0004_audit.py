"""Our own tables of what happened, and of how many wrong guesses there were lately."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import VARCHAR

revision = "0004"
down_revision = "0003"


def exact_text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(VARCHAR(length, collation="utf8mb4_bin"), "mysql")


def upgrade() -> None:
    op.create_table(
        "crm_oauth_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("event", exact_text(40), nullable=False),
        sa.Column("detail", sa.String(255), nullable=False),
        sa.Column("grant_type", exact_text(100), nullable=False),
        sa.Column("client_id", exact_text(36), nullable=False),
        sa.Column("user_id", exact_text(36), nullable=False),
        sa.Column("actor", exact_text(100), nullable=False),
        sa.Column("address", exact_text(64), nullable=False),
        sa.Column("request_id", exact_text(64), nullable=False),
        sa.UniqueConstraint("at", "id", name="uq_crm_oauth_audit_at"),
        sa.UniqueConstraint("client_id", "id", name="uq_crm_oauth_audit_client_id"),
        sa.UniqueConstraint("user_id", "id", name="uq_crm_oauth_audit_user_id"),
        sa.UniqueConstraint("request_id", "id", name="uq_crm_oauth_audit_request_id"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        if_not_exists=True,  # MySQL commits each statement, so that an upgrade may have ended between two
    )
    op.create_table(
        "crm_oauth_guesses",
        sa.Column("subject", exact_text(64), primary_key=True),
        sa.Column("level", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.UniqueConstraint("updated_at", "subject", name="uq_crm_oauth_guesses_updated_at"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        if_not_exists=True,  # same
    )


def downgrade() -> None:
    op.drop_table("crm_oauth_guesses")
    op.drop_table("crm_oauth_audit")

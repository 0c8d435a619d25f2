"""Our own table of who is signed in at the panel."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import VARCHAR

revision = "0003"
down_revision = "0002"


def exact_text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(VARCHAR(length, collation="utf8mb4_bin"), "mysql")


def upgrade() -> None:
    op.create_table(
        "crm_oauth_admin_sessions",
        sa.Column("id_hash", exact_text(64), primary_key=True),
        sa.Column("user_id", exact_text(36), nullable=False),
        sa.Column("password_mark", exact_text(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("held", sa.Text),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        if_not_exists=True,  # MySQL commits each statement, so that an upgrade may have ended between two
    )


def downgrade() -> None:
    op.drop_table("crm_oauth_admin_sessions")

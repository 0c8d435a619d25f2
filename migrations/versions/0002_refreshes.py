"""Our own table of which token pair succeeded which, so that a session can be followed along its line."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import VARCHAR

revision = "0002"
down_revision = "0001"


def exact_text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(VARCHAR(length, collation="utf8mb4_bin"), "mysql")


def upgrade() -> None:
    op.create_table(
        "crm_oauth_refreshes",
        sa.Column("token_id", exact_text(36), primary_key=True),
        sa.Column("successor_id", exact_text(36), nullable=False),
        sa.Column("line_id", exact_text(36), nullable=False),
        sa.Column("used_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("successor_id", name="uq_crm_oauth_refreshes_successor_id"),
        sa.UniqueConstraint("line_id", "token_id", name="uq_crm_oauth_refreshes_line_id"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        if_not_exists=True,  # MySQL commits each statement, so that an upgrade may have ended between two
    )
    op.create_table(
        "crm_oauth_clients",
        sa.Column("client_id", exact_text(36), primary_key=True),
        sa.Column("may_introspect", sa.Boolean, nullable=False),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        if_not_exists=True,  # MySQL commits each statement, so that an upgrade may have ended between two
    )


def downgrade() -> None:
    op.drop_table("crm_oauth_clients")
    op.drop_table("crm_oauth_refreshes")

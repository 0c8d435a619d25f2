"""Our own table of how old a program may be that still uses these tables, for upgrades under servers that run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import VARCHAR

revision = "0007"
down_revision = "0006"
# From here on each migration says which programs it leaves alone, by the newest revision that they know. Those before
# this one cannot read it.
oldest_program = "0007"


def upgrade() -> None:
    op.create_table(
        "crm_oauth_schema",
        sa.Column(
            "oldest_program",
            sa.String(32).with_variant(VARCHAR(32, collation="utf8mb4_bin"), "mysql"),
            primary_key=True,
        ),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        if_not_exists=True,  # MySQL commits each statement, so that an upgrade may have ended between two
    )


def downgrade() -> None:
    op.drop_table("crm_oauth_schema")

"""The tables of SuiteCRM that the server reads and writes, with indexes on every look-up.

A migration tells what was done once: it names its own types, and later changes of the models leave it alone.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import VARCHAR

revision = "0001"
down_revision = None

MYSQL_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}

INDEXES = {
    "oauth2tokens": {
        "ix_oauth2tokens_access_token": ["access_token"],
        "ix_oauth2tokens_refresh_token": ["refresh_token"],
        "ix_oauth2tokens_client": ["client"],
        "ix_oauth2tokens_assigned_user_id": ["assigned_user_id"],
        "ix_oauth2tokens_expires": ["refresh_token_expires", "access_token_expires"],
    },
    "users": {"ix_users_user_name": ["user_name"]},
}


def exact_text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(VARCHAR(length, collation="utf8mb4_bin"), "mysql")


def folded_text(length: int) -> sa.types.TypeEngine[str]:
    return (
        sa.String(length)
        .with_variant(VARCHAR(length, collation="utf8mb4_general_ci"), "mysql")
        .with_variant(sa.String(length, collation="und-x-icu"), "postgresql")
    )


def common_columns() -> list[sa.Column]:
    return [
        sa.Column("id", exact_text(36), primary_key=True),
        sa.Column("date_entered", sa.DateTime),
        sa.Column("date_modified", sa.DateTime),
        sa.Column("modified_user_id", exact_text(36)),
        sa.Column("created_by", exact_text(36)),
        sa.Column("description", sa.Text),
        sa.Column("deleted", sa.Boolean),
    ]


def make_indexes() -> None:
    for table, indexes in INDEXES.items():
        there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
        for name, columns in indexes.items():
            if name not in there:  # MySQL knows no IF NOT EXISTS for an index
                op.create_index(name, table, columns)


def upgrade() -> None:
    op.create_table(
        "oauth2clients",
        *common_columns(),
        sa.Column("name", sa.String(255)),
        sa.Column("secret", sa.String(4000)),
        sa.Column("redirect_url", sa.String(255)),
        sa.Column("is_confidential", sa.Boolean),
        sa.Column("allowed_grant_type", sa.String(255)),
        sa.Column("duration_value", sa.Integer),
        sa.Column("duration_amount", sa.Integer),
        sa.Column("duration_unit", sa.String(255)),
        sa.Column("assigned_user_id", exact_text(36)),
        **MYSQL_TABLE,
        if_not_exists=True,  # MySQL commits each statement, so that an upgrade may have ended between two
    )
    op.create_table(
        "oauth2tokens",
        *common_columns(),
        sa.Column("name", sa.String(255)),
        sa.Column("token_is_revoked", sa.Boolean),
        sa.Column("token_type", sa.String(255)),
        sa.Column("access_token_expires", sa.DateTime),
        sa.Column("access_token", exact_text(255)),
        sa.Column("refresh_token", exact_text(255)),
        sa.Column("refresh_token_expires", sa.DateTime),
        sa.Column("grant_type", sa.String(255)),
        sa.Column("state", sa.String(1024)),
        sa.Column("client", exact_text(36)),
        sa.Column("assigned_user_id", exact_text(36)),
        **MYSQL_TABLE,
        if_not_exists=True,  # same
    )
    op.create_table(
        "users",
        *common_columns(),
        sa.Column("user_name", folded_text(60)),
        sa.Column("user_hash", sa.String(255)),
        sa.Column("system_generated_password", sa.Boolean),
        sa.Column("pwd_last_changed", sa.DateTime),
        sa.Column("authenticate_id", sa.String(100)),
        sa.Column("sugar_login", sa.Boolean),
        sa.Column("first_name", sa.String(255)),
        sa.Column("last_name", sa.String(255)),
        sa.Column("is_admin", sa.Boolean),
        sa.Column("external_auth_only", sa.Boolean),
        sa.Column("status", sa.String(100)),
        sa.Column("portal_only", sa.Boolean),
        sa.Column("employee_status", sa.String(100)),
        sa.Column("is_group", sa.Boolean),
        sa.Column("factor_auth", sa.Boolean),
        sa.Column("factor_auth_interface", sa.String(255)),
        **MYSQL_TABLE,
        if_not_exists=True,  # same
    )
    make_indexes()
    if op.get_context().dialect.name != "mysql":
        op.create_index("ix_users_user_name_lower", "users", [sa.text("lower(user_name)")])


def downgrade() -> None:
    raise NotImplementedError("the tables may be SuiteCRM's own")

"""Indexes by which the panel reads pages of very many tokens; SuiteCRM's own tables stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
# On MariaDB, with a disk of its own; SQLite and PostgreSQL take a third of it.
seconds_per_million_rows = {"oauth2tokens": 30}

TABLE = "oauth2tokens"

# The first two take the places of indexes on their first column alone.
INDEXES = {
    "ix_oauth2tokens_client": ["client", "date_entered", "id"],
    "ix_oauth2tokens_assigned_user_id": ["assigned_user_id", "date_entered", "id"],
    "ix_oauth2tokens_entered": ["date_entered", "id"],
    "ix_oauth2tokens_access_expires": ["access_token_expires", "id"],
}


def upgrade() -> None:
    if op.get_context().version_table == "crm_oauth_version":
        return  # the tables are SuiteCRM's; an operator may ask for the indexes: crm-oauth db adopt --with-indexes
    # MySQL commits each statement, so that an upgrade may have ended between two.
    there = {index["name"]: index["column_names"] for index in sa.inspect(op.get_bind()).get_indexes(TABLE)}
    for name, columns in INDEXES.items():
        if there.get(name) == columns:
            continue
        if name in there:
            op.drop_index(name, TABLE)
        op.create_index(name, TABLE, columns)


def downgrade() -> None:
    raise NotImplementedError("the older indexes do less")

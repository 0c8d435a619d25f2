"""Room in PostgreSQL's pages, and no index on what revoking changes: a changed row then stays in its page."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE oauth2tokens SET (fillfactor = 85)")
        op.execute("DROP INDEX IF EXISTS ix_oauth2tokens_revoked")


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE oauth2tokens RESET (fillfactor)")
        op.create_index("ix_oauth2tokens_revoked", "oauth2tokens", ["token_is_revoked", "date_entered", "id"])

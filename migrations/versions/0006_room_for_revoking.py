"""Room in PostgreSQL's pages: a row that is revoked then stays in its page, and no index is written."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE oauth2tokens SET (fillfactor = 85)")


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE oauth2tokens RESET (fillfactor)")

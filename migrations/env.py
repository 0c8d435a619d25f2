"""What Alembic runs to apply the migrations, on the connection that `crm_oauth.store.schema` hands over."""  # noqa: INP001 - Alembic wants a folder of scripts, not a package

from alembic import context

from crm_oauth.store.own_models import OwnBase

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=OwnBase.metadata,  # which is that of all tables
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()

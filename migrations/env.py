"""Alembic's entry: the address comes from the settings of the process that migrates."""

from alembic import context
from sqlalchemy import NullPool, create_engine

from models.tables import Base

url = context.config.attributes["url"]
with create_engine(url, poolclass=NullPool).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()

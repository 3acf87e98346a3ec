"""Alembic's environment: migrations run as the owning role, which the web and the workers never are."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, text

import saas.models  # noqa: F401  (the tables register themselves on import)
from saas.config import ConfigError
from saas.db import Base


def run_migrations() -> None:
    """Run each migration in a transaction of its own; wait at most two seconds for a lock."""
    url = current_app.config["JICENG"].owner_url
    if url is None:
        raise ConfigError("DATABASE_OWNER_URL is not set: migrations run as the role that owns the tables")
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '2s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run_migrations()

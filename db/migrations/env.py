"""How Alembic reaches the database that it migrates: one transaction, one migrator at a time."""

from __future__ import annotations

from contextlib import closing

from alembic import context
from sqlalchemy import text

from db.models import Base
from db.session import Database

_MIGRATION_LOCK = 7_264_530  # any constant: PostgreSQL's advisory lock is known by its number


def migrate() -> None:
    """Run the migrations on the database named in the configuration."""
    database = Database(context.config.attributes["url"])
    with closing(database), database.connection() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=database.is_sqlite,
            transactional_ddl=True,
            transaction_per_migration=False,
        )
        context.run_migrations()


migrate()

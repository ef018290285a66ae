"""Bringing a database to the schema of this release, and telling whether it is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from db.session import Database

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Migrate a database to this release's schema; one that is there already is left alone.

    Two processes may do so at once: the second waits and then finds nothing to do. Raises
    `DatabaseDownError`.
    """
    command.upgrade(_config(url), "head")


@cache
def newest_revision() -> str:
    """The schema revision that this release needs."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations in {MIGRATIONS}")
    return head


def revision_of(session: Session) -> str | None:
    """The schema revision that a database is at; `None` if it was never migrated."""
    return MigrationContext.configure(session.connection()).get_current_revision()


def is_migrated(database: Database) -> bool:
    """Whether a database has the schema of this release. Raises `DatabaseDownError`."""
    with database.reading() as session:
        return revision_of(session) == newest_revision()

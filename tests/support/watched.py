"""A database whose trigger writes every change of a reminder's state into the table `seen`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import event, text

from db.clinics import store_profile
from db.models import Base
from db.session import Database
from profiles import Profile
from tests.support.csv_files import sample_profiles

TRIGGER_SQLITE: Final = (
    "CREATE TABLE seen (n INTEGER PRIMARY KEY, row INTEGER, before TEXT, after TEXT)",
    """CREATE TRIGGER see AFTER UPDATE OF status ON reminder WHEN OLD.status <> NEW.status BEGIN
    INSERT INTO seen (row, before, after) VALUES (NEW.id, OLD.status, NEW.status); END""",
)
TRIGGER_POSTGRES: Final = (
    'CREATE TABLE seen (n SERIAL PRIMARY KEY, "row" INTEGER, before TEXT, after TEXT)',
    """CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO seen ("row", before, after) VALUES (NEW.id, OLD.status, NEW.status);
    RETURN NULL; END $$""",
    """CREATE TRIGGER see AFTER UPDATE OF status ON reminder FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION see()""",
)


def watched_database(url: str) -> Iterator[Database]:
    """Open a migrated database, with the trigger; close it in the end."""
    database = Database(url)
    if database.is_sqlite:  # the disk takes no part in this
        event.listen(
            database.engine,
            "connect",
            lambda connection, _: connection.execute("PRAGMA synchronous=OFF").close(),
        )
    with database.connection() as connection:
        for statement in TRIGGER_SQLITE if database.is_sqlite else TRIGGER_POSTGRES:
            connection.exec_driver_sql(statement)
    yield database
    database.close()


def emptied(database: Database, now: dt.datetime) -> dict[str, Profile]:
    """Empty the database and store both clinics, with senders that need not be waited for."""
    profiles = {
        name: msgspec.structs.replace(profile, messages_per_second=1e5, calls_per_second=1e5)
        for name, profile in sample_profiles().items()
    }
    with database.connection() as connection:
        connection.execute(text("DELETE FROM seen"))
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in ("audit", "task_note"):  # nothing is ever deleted from them
                connection.execute(table.delete())
    with database.transaction() as session:
        for profile in profiles.values():
            store_profile(session, profile, now)
    return profiles

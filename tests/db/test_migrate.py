"""The migrations make the schema that the models describe, on both databases, and only once."""

from __future__ import annotations

import zlib
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from db import migrate
from db.consents import set_consent
from db.models import Base, ConsentChange, ImportDraft, Patient
from db.session import Database, DatabaseDownError
from db.staff import NewStaff, Role, add_staff
from tests.support import postgres
from tests.support.csv_files import NOW
from tests.support.data import booked, stored_clinic
from tests.support.processes import free_port, running
from tests.support.waiting import wait_until

UPGRADE = """
import sys
from db.migrate import upgrade
print("ready", flush=True)
upgrade(sys.argv[1])
print("upgraded", flush=True)
"""
MIGRATION_LOCK = 7_264_530
# What PostgreSQL itself says of a schema; Alembic compares neither checks nor partial indexes.
POSTGRES_SCHEMA = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL SELECT table_name, column_name,
    concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default)
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'alembic_version'
"""


def downgrade(url: str, revision: str = "base") -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    config.attributes["url"] = url
    command.downgrade(config, revision)


def tables(url: str) -> set[str]:
    with closing(Database(url)) as database:
        return set(sqlalchemy.inspect(database.engine).get_table_names()) - {"alembic_version"}


def is_migrated(url: str) -> bool:
    with closing(Database(url)) as database:
        return migrate.is_migrated(database)


def test_the_migrations_make_what_the_models_describe(database: Database) -> None:
    with database.reading() as session:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(session.connection(), opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_checks_and_partial_indexes_are_those_of_the_models(
    postgres_server: postgres.Server, postgres_url: str
) -> None:
    with postgres_server.database() as url, closing(Database(url)) as made:
        Base.metadata.create_all(made.engine)
        with made.reading() as session:
            wanted = set(session.execute(text(POSTGRES_SCHEMA)).all())
    with closing(Database(postgres_url)) as migrated, migrated.reading() as session:
        assert set(session.execute(text(POSTGRES_SCHEMA)).all()) == wanted
    assert any("next_at IS NOT NULL" in definition for _, _, definition in wanted)
    assert any("in_doubt" in definition for _, _, definition in wanted)


def test_down_to_nothing_and_up_again(bare_url: str) -> None:
    migrate.upgrade(bare_url)
    all_tables = tables(bare_url)
    assert all_tables == set(Base.metadata.tables)
    downgrade(bare_url)
    assert tables(bare_url) == set()
    migrate.upgrade(bare_url)
    assert tables(bare_url) == all_tables


def test_files_on_their_way_in_are_compressed(bare_url: str) -> None:
    migrate.upgrade(bare_url)
    kept = {"rows": b'[{"row": 2}]', "bad": b"{}", "outcomes": b"[]"}
    with closing(Database(bare_url)) as database:
        with database.transaction() as session:
            person = add_staff(session, NewStaff("a@example.org", "A", Role.COORDINATOR), NOW)
            stored = {name: zlib.compress(content) for name, content in kept.items()}
            state = {"stage": "shown", "position": 0, "has_moved_on": False, "made_at": NOW}
            draft = ImportDraft(staff_id=person.id, name="a.csv", sha256="", **stored, **state)
            session.add(draft)
        for change, content in (
            (lambda url: downgrade(url, "0008"), kept),
            (migrate.upgrade, stored),
        ):
            change(bare_url)
            with database.reading() as session:
                found = session.execute(text("SELECT rows, bad, outcomes FROM import_draft")).one()
            assert found._asdict() == content


def test_what_files_said_of_consents_is_taken_over(bare_url: str) -> None:
    migrate.upgrade(bare_url)
    with closing(Database(bare_url)) as database:
        booked(database, stored_clinic(database), NOW, voice_consent=True)
        with database.transaction() as session:
            patient = session.scalars(select(Patient)).one()
            change = ConsentChange(
                patient_id=patient.id, channel="sms", granted=False, source="text", at=NOW
            )
            set_consent(session, patient, change)
        downgrade(bare_url, "0012")
        migrate.upgrade(bare_url)
        with database.reading() as session:
            patient = session.scalars(select(Patient)).one()
            assert (patient.sms_consent, patient.file_sms_consent) == (False, True)
            assert (patient.voice_consent, patient.file_voice_consent) == (True, True)


def test_a_database_that_is_not_migrated_is_noticed(bare_url: str) -> None:
    assert not is_migrated(bare_url)
    migrate.upgrade(bare_url)
    assert is_migrated(bare_url)
    with closing(Database(bare_url)) as database, database.transaction() as session:
        assert migrate.revision_of(session) == migrate.newest_revision()
        session.execute(text("UPDATE alembic_version SET version_num = 'of another release'"))
    assert not is_migrated(bare_url)


def test_an_upgrade_of_a_migrated_database_changes_nothing(database: Database) -> None:
    migrate.upgrade(database.url)
    assert migrate.is_migrated(database)


def test_an_upgrade_that_fails_leaves_nothing_behind(bare_url: str) -> None:
    """A table of the last migration exists already, so the migration stops half-way."""
    with closing(Database(bare_url)) as database, database.transaction() as session:
        session.execute(text("CREATE TABLE reminder_event (id integer)"))
    with pytest.raises(sqlalchemy.exc.DBAPIError):
        migrate.upgrade(bare_url)
    assert tables(bare_url) == {"reminder_event"}


def test_two_upgrades_at_once_on_postgresql(postgres_server: postgres.Server) -> None:
    """Both have to wait for the lock that this test holds, so they go off at the same moment."""
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
    )
    with postgres_server.database() as url, closing(Database(url)) as database:
        with (
            running("python", "-c", UPGRADE, url) as one,
            running("python", "-c", UPGRADE, url) as other,
        ):
            with database.transaction() as session:
                session.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
                wait_until(
                    "both upgrades to wait", lambda: session.execute(waiting).scalar_one() == 2
                )
            assert (one.wait(), other.wait()) == (0, 0), one.lines + other.lines
        assert migrate.is_migrated(database)


def test_two_upgrades_at_once_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/prepline.db"
    with (
        running("python", "-c", UPGRADE, url) as one,
        running("python", "-c", UPGRADE, url) as other,
    ):
        assert (one.wait(), other.wait()) == (0, 0), one.lines + other.lines
    assert is_migrated(url)


def test_a_database_that_is_down_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    for url in (
        f"postgresql+psycopg://prepline@127.0.0.1:{free_port()}/prepline",
        f"sqlite:///{tmp_path}/a-file/prepline.db",
    ):
        with pytest.raises(DatabaseDownError, match="Check DATABASE_URL"):
            migrate.upgrade(url)
        with pytest.raises(DatabaseDownError, match="Check DATABASE_URL"):
            is_migrated(url)

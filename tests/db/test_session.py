"""Transactions keep what they promise: whole or not at all, nothing lost, nobody kept waiting."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from db.contacts import contact_of, lock_contact
from db.models import Appointment, Contact
from db.session import Database, DatabaseDownError
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, booked, stored_clinic
from tests.support.processes import free_port, running

PHONE = "+18285550199"
FORK = """
import os, sys
from sqlalchemy import text
from db.session import Database

database = Database(sys.argv[1])
ask = text("SELECT pg_backend_pid()")
def backend():
    with database.transaction() as session:
        return session.execute(ask).scalar_one()

before = backend()
assert backend() == before, "the pool keeps the connection"
read, write = os.pipe()
child = os.fork()
if child == 0:
    os.write(write, str(backend()).encode())
    os._exit(0)
os.waitpid(child, 0)
in_child = int(os.read(read, 100))
print("child", "shares" if in_child == before else "has its own", flush=True)
print("parent", "goes on" if backend() == before else "has lost its connection", flush=True)
"""


def contacts(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(Contact)).scalar_one()


def test_a_transaction_is_kept(database: Database) -> None:
    stored_clinic(database)
    with database.transaction() as session:
        lock_contact(session, CLINIC, PHONE, NOW)
    assert contacts(database) == 1


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_any_exception_undoes_the_whole_transaction(
    database: Database, error: type[BaseException]
) -> None:
    def fail() -> None:
        with database.transaction() as session:
            lock_contact(session, CLINIC, PHONE, NOW)
            session.flush()
            raise error

    stored_clinic(database)
    with pytest.raises(error):
        fail()
    assert contacts(database) == 0


def test_a_refused_row_undoes_the_whole_transaction_and_tells_nothing_of_it(
    database: Database,
) -> None:
    def add_an_orphan() -> None:
        with database.transaction() as session:
            lock_contact(session, CLINIC, PHONE, NOW)
            session.add(Contact(clinic_id="no-such-clinic", phone=PHONE, created_at=NOW))

    stored_clinic(database)
    with pytest.raises(IntegrityError) as caught:
        add_an_orphan()
    assert contacts(database) == 0
    assert PHONE not in str(caught.value)


def test_what_was_read_can_be_used_after_the_transaction(database: Database) -> None:
    appointment_id = booked(database, stored_clinic(database), NOW)
    with database.transaction() as session:
        appointment = session.get_one(Appointment, appointment_id)
    assert appointment.external_id == "A-1001"


def test_a_reader_sees_the_last_committed_state_and_does_not_wait(database: Database) -> None:
    stored_clinic(database)
    with database.transaction() as session:
        lock_contact(session, CLINIC, PHONE, NOW)
        with database.reading() as reader:
            assert contact_of(reader, CLINIC, PHONE) is None
    assert contacts(database) == 1


def test_sqlite_loses_no_update(sqlite_url: str) -> None:
    """Half of the threads share a Database, as in a process; the others are another process's."""
    with closing(Database(sqlite_url)) as one, closing(Database(sqlite_url)) as other:
        appointment_id = booked(one, stored_clinic(one), NOW)

        def count_up(database: Database) -> None:
            for _ in range(40):
                with database.transaction() as session:
                    session.get_one(Appointment, appointment_id).version += 1

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(count_up, [one, other] * 4))
        with one.reading() as session:
            assert session.get_one(Appointment, appointment_id).version == 1 + 8 * 40


def test_sqlite_takes_the_write_lock_at_the_start(sqlite_url: str) -> None:
    """What a transaction reads can't be changed by another before it writes."""
    begun, ended = threading.Event(), threading.Event()

    def write(database: Database) -> None:
        begun.set()
        with database.transaction() as session:
            lock_contact(session, CLINIC, PHONE, NOW)
            assert ended.is_set()

    with (
        closing(Database(sqlite_url)) as one,
        closing(Database(sqlite_url)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        stored_clinic(one)
        with one.transaction() as session:
            assert contact_of(session, CLINIC, PHONE) is None
            writing = pool.submit(write, other)
            assert begun.wait(5)
            assert not writing.done()
            assert contact_of(session, CLINIC, PHONE) is None
            ended.set()
        writing.result()
        assert contacts(one) == 1


def test_sqlite_refuses_orphans_and_survives_a_power_cut(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database, database.reading() as session:
        settings = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("foreign_keys", "journal_mode", "synchronous")
        }
    assert settings == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2}


def test_postgresql_works_in_utc_and_with_time_limits(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as database, database.reading() as session:
        assert session.execute(text("SHOW timezone")).scalar_one() == "UTC"
        moment = session.execute(text("SELECT now()")).scalar_one()
        assert moment.utcoffset() == dt.timedelta(0)
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert session.execute(text(f"SHOW {name}")).scalar_one() != "0"


def assert_down(url: str) -> None:
    with closing(Database(url)) as database:
        for use in (database.transaction, database.reading):
            with pytest.raises(DatabaseDownError) as caught, use() as session:
                session.execute(text("SELECT 1"))
            assert "nothing was changed" in str(caught.value)
            assert "Check DATABASE_URL" in str(caught.value)
            assert "pass-word" not in str(caught.value)


def test_an_unreachable_postgresql_is_told_in_plain_words() -> None:
    assert_down(f"postgresql+psycopg://prepline:pass-word@127.0.0.1:{free_port()}/prepline")


def test_a_postgresql_without_that_database_is_told_in_plain_words(postgres_url: str) -> None:
    assert_down(postgres_url.replace("/prepline_test", "/no_such"))


def test_an_impossible_sqlite_path_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    assert_down(f"sqlite:///{tmp_path}/a-file/prepline.db")
    assert_down(f"sqlite:///{tmp_path}")


def test_a_lost_connection_is_told_and_the_next_transaction_has_a_new_one(
    postgres_url: str,
) -> None:
    def is_cut_off(one: Database, other: Database) -> None:
        with one.transaction() as session:
            pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with other.transaction() as ending:
                ending.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            session.execute(text("SELECT 1"))

    with closing(Database(postgres_url)) as one, closing(Database(postgres_url)) as other:
        with pytest.raises(DatabaseDownError):
            is_cut_off(one, other)
        with one.transaction() as session:
            assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/a/b/prepline.db")) as database:
        with database.transaction() as session:
            session.execute(text("SELECT 1"))
        assert (tmp_path / "a" / "b" / "prepline.db").exists()


def test_a_forked_child_has_connections_of_its_own(postgres_url: str) -> None:
    with running("python", "-c", FORK, postgres_url) as process:
        process.wait_for_line("child has its own")
        process.wait_for_line("parent goes on")
        assert process.wait() == 0


def test_a_connection_that_is_in_use_is_closed_once_it_is_given_back(database_url: str) -> None:
    """A request that is still being answered when the process ends leaves none behind."""
    database = Database(database_url)
    with database.transaction() as session:
        driver = session.connection().connection.dbapi_connection
        assert driver is not None
        database.close()
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    with pytest.raises(Exception, match="closed"):
        driver.cursor().execute("SELECT 1")

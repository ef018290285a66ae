"""A contact is one row for one number at one clinic, and only one transaction has it at a time."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db.contacts import (
    ContactState,
    contact_of,
    language_of_patient,
    lock_contact,
    record_opt_change,
    set_contact,
)
from db.models import Contact, OptChange
from db.session import Database
from db.tasks import NewTask, open_task
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, booked, stored_clinic
from tests.support.waiting import wait_until

PHONE = "+18285550173"
LATER = NOW + dt.timedelta(minutes=1)


@pytest.fixture
def clinic(database: Database) -> Database:
    """The database, with a clinic in it."""
    stored_clinic(database)
    return database


def lock(database: Database, phone: str = PHONE, clinic: str = CLINIC) -> ContactState:
    with database.transaction() as session:
        return lock_contact(session, clinic, phone, NOW)


def contact(database: Database) -> ContactState:
    with database.reading() as session:
        found = contact_of(session, CLINIC, PHONE)
    assert found is not None
    return found


def others_wait_for(session: Session) -> bool:
    """Whether another PostgreSQL connection waits for a lock of this transaction."""
    waiting = text(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    return bool(session.execute(waiting).scalar_one())


def test_a_new_number_gets_a_contact_that_may_be_texted(clinic: Database) -> None:
    with clinic.reading() as session:
        assert contact_of(session, CLINIC, PHONE) is None
    made = lock(clinic)
    assert replace(made, id=0) == ContactState(0, CLINIC, PHONE, None, None, None, True, True)
    assert lock(clinic) == made == contact(clinic)


def test_each_clinic_has_a_contact_of_its_own_for_a_number(clinic: Database) -> None:
    stored_clinic(clinic, id="other-clinic", texting_number=None)
    assert lock(clinic).id != lock(clinic, clinic="other-clinic").id


def test_many_at_once_make_one_contact_for_each_number(clinic: Database) -> None:
    """Two processes' worth of threads, all in the same order of numbers, begin together."""
    phones = [f"+1828555{number:04}" for number in range(10)]
    start = threading.Barrier(6)

    def lock_all(database: Database) -> list[int]:
        start.wait(10)
        return [lock(database, phone).id for phone in phones]

    with closing(Database(clinic.url)) as other, ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(lock_all, [clinic, other] * 3))
    assert all(each == ids[0] for each in ids)
    with clinic.reading() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == len(phones)


def test_postgresql_a_second_transaction_waits_and_sees_what_the_first_did(
    postgres_url: str,
) -> None:
    with closing(Database(postgres_url)) as one, closing(Database(postgres_url)) as other:
        stored_clinic(one)
        lock(one)
        with ThreadPoolExecutor(1) as pool:
            with one.transaction() as session:
                mine = lock_contact(session, CLINIC, PHONE, NOW)
                second = pool.submit(lock, other)
                wait_until("the second to wait", lambda: others_wait_for(session))
                assert not second.done()
                set_contact(session, mine.id, language="es")
            assert second.result(10) == replace(mine, language="es")


def test_postgresql_a_second_transaction_waits_while_the_contact_is_being_made(
    postgres_url: str,
) -> None:
    with (
        closing(Database(postgres_url)) as one,
        closing(Database(postgres_url)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        stored_clinic(one)
        with one.transaction() as session:
            mine = lock_contact(session, CLINIC, PHONE, NOW)
            second = pool.submit(lock, other)
            wait_until("the second to wait", lambda: others_wait_for(session))
        assert second.result(10) == mine


def test_postgresql_other_contacts_and_rows_that_point_here_do_not_wait(postgres_url: str) -> None:
    with (
        closing(Database(postgres_url)) as one,
        closing(Database(postgres_url)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        stored_clinic(one)
        mine = lock(one)
        task = NewTask(CLINIC, "question", "normal", contact_id=mine.id)

        def work() -> None:
            lock(other, "+18285550199")
            with other.transaction() as session:
                open_task(session, task, NOW)
                assert contact_of(session, CLINIC, PHONE) == mine

        with one.transaction() as session:
            lock_contact(session, CLINIC, PHONE, NOW)
            pool.submit(work).result(5)


def test_opting_out_and_in_is_recorded_in_the_patients_words(clinic: Database) -> None:
    made = lock(clinic)
    with clinic.transaction() as session:
        record_opt_change(session, made.id, "opt_out", "keyword", "Stop", NOW)
    assert contact(clinic).opted_out_at == NOW
    with clinic.transaction() as session:
        record_opt_change(session, made.id, "opt_in", "keyword", "START", LATER)
    assert contact(clinic).opted_out_at is None
    with clinic.reading() as session:
        history = session.scalars(select(OptChange).order_by(OptChange.id)).all()
        assert [(each.change, each.wording, each.at) for each in history] == [
            ("opt_out", "Stop", NOW),
            ("opt_in", "START", LATER),
        ]


def test_the_language_on_file_is_that_of_the_patient_entered_last(clinic: Database) -> None:
    profile = stored_clinic(clinic)
    with clinic.connection() as connection:
        assert language_of_patient(connection, CLINIC, PHONE) is None
    booked(clinic, profile, NOW, phone=PHONE)
    booked(clinic, profile, NOW, phone=PHONE, external_id="B", first_name="Ruth", language="es")
    booked(clinic, profile, NOW, phone="+18285550199", external_id="C", first_name="Ada")
    with clinic.connection() as connection:
        assert language_of_patient(connection, CLINIC, PHONE) == "es"

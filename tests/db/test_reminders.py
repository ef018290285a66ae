"""Reminder rows one by one: locked, settled, noted down, counted and listed."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from sqlalchemy import select, text

from db.contacts import contact_of
from db.models import Contact, Reminder, ReminderEvent
from db.reminders import (
    counts_by_status,
    listed,
    lock_with_contact,
    note,
    oldest_overdue,
    reminder_id_of_sid,
    settle,
)
from db.session import Database
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, booked, stored_clinic
from tests.support.reminder_rows import LATER, appointment_in, reminder, store
from tests.support.visits import local

MINUTE = dt.timedelta(minutes=1)
LEASE = NOW + 5 * MINUTE


@pytest.fixture
def appointment(database: Database) -> int:
    """An appointment without reminders."""
    return appointment_in(database)


def test_a_settled_row_is_nobodys_any_more(database: Database, appointment: int) -> None:
    [number] = store(database, reminder(appointment, LEASE, status="sending", token="token"))
    with database.transaction() as session:
        settle(session.get_one(Reminder, number), "delivered", None, LATER)
    with database.reading() as session:
        row = session.get_one(Reminder, number)
        assert (row.status, row.reason, row.next_at, row.token) == ("delivered", None, None, None)
        assert row.settled_at == LATER


def test_what_happened_to_a_row_is_written_down(database: Database, appointment: int) -> None:
    [number] = store(database, reminder(appointment))
    with database.transaction() as session:
        note(session, number, "accepted", NOW)
        note(session, number, "callback", LATER, detail="undelivered", error_code=30003)
    with database.reading() as session:
        events = session.scalars(select(ReminderEvent).order_by(ReminderEvent.id)).all()
        assert [(e.reminder_id, e.what, e.at, e.detail, e.error_code) for e in events] == [
            (number, "accepted", NOW, None, None),
            (number, "callback", LATER, "undelivered", 30003),
        ]


def test_a_row_is_locked_together_with_the_contact_that_it_went_to(
    database: Database, appointment: int
) -> None:
    ids = store(database, reminder(appointment), reminder(appointment, to="+18285550199"))
    with database.transaction() as session:
        session.execute(text("DELETE FROM task"))
        session.execute(text("DELETE FROM contact"))
        assert lock_with_contact(session, max(ids) + 1, NOW) is None
        row = lock_with_contact(session, ids[1], NOW)
        assert row is not None
        assert row.appointment.patient.phone == "+18285550173"
        assert session.scalars(select(Contact.phone)).all() == ["+18285550199"]
        assert lock_with_contact(session, ids[0], NOW) is not None
        assert contact_of(session, CLINIC, "+18285550173") is not None


def test_a_row_is_found_by_the_carriers_id(database: Database, appointment: int) -> None:
    [number, _] = store(database, reminder(appointment, sid="SM1"), reminder(appointment))
    with database.reading() as session:
        assert reminder_id_of_sid(session, "SM1") == number
        assert reminder_id_of_sid(session, "SM2") is None


def test_how_much_there_is_to_do(database: Database, appointment: int) -> None:
    rows = ["planned", "planned", "in_doubt", "delivered", "sent"]
    with database.reading() as session:
        assert counts_by_status(session) == {}
        assert oldest_overdue(session, NOW) is None
    store(
        database,
        reminder(appointment, NOW + MINUTE),
        reminder(appointment, LATER),
        reminder(appointment, NOW + 2 * MINUTE, status="in_doubt"),
        reminder(appointment, None, status="delivered"),
        reminder(appointment, NOW, status="sent"),
    )
    with database.reading() as session:
        assert counts_by_status(session) == Counter(rows)
        assert oldest_overdue(session, NOW) is None
        assert oldest_overdue(session, NOW + 2 * MINUTE) == NOW + MINUTE


def test_rows_are_listed_by_appointment_version_and_time(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW, external_id="A")
    booked(database, profile, NOW, external_id="B")
    with database.reading() as session:
        rows = [(row.appointment.external_id, row.kind) for row in listed(session, None)]
        kinds = ["week_before", "day_before", "fasting_start"]
        assert rows == [("A", kind) for kind in kinds] + [("B", kind) for kind in kinds]
        assert {row.appointment.external_id for row in listed(session, "B")} == {"B"}
        due = listed(session, None, local("2026-11-24T10:00"))
        assert [row.kind for row in due] == ["week_before"] * 2
        assert listed(session, "A", NOW) == []
        assert listed(session, "C") == []

"""What becomes of an appointment's reminders and tasks when it is booked, moved or cancelled."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from appointment_csv import AppointmentRow, Channel, RowStatus
from appointments import Answer, Change, record_answer, upsert
from db.contacts import lock_contact, set_contact
from db.models import Appointment, Base, Reminder, Task
from db.session import Database
from profiles import FastingAnchor, Profile
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, STARTS_AT, row, stored_clinic
from tests.support.visits import local, make_procedure

LATER = NOW + dt.timedelta(hours=1)
LATE = STARTS_AT - dt.timedelta(hours=18)  # 2:30 PM on the day before
RULES = [("week_before", "planned"), ("day_before", "planned"), ("fasting_start", "planned")]


@pytest.fixture
def clinic(database: Database) -> Profile:
    """ARA Health, with a third procedure that needs a longer fast and a fourth that needs none."""
    known = stored_clinic(database).procedures
    more = {
        "biopsy": make_procedure(8.0, anchor=FastingAnchor.ARRIVAL),
        "consultation": make_procedure(0),
    }
    return stored_clinic(database, procedures=known | more)


def take(
    database: Database, clinic: Profile, appointment: AppointmentRow, now: dt.datetime = NOW
) -> Change:
    with database.transaction() as session:
        return upsert(session, clinic, appointment, now)


def reminders(database: Database, version: int | None = None) -> list[tuple[str, str]]:
    """Kind and status of every reminder, or of one version's, in the order they were made."""
    with database.reading() as session:
        query = select(Reminder.kind, Reminder.status, Reminder.version).order_by(Reminder.id)
        rows = session.execute(query).all()
    return [(kind, status) for kind, status, made in rows if version in (None, made)]


def reasons(database: Database) -> dict[str, str | None]:
    """The reason of each kind of reminder; of its newest version."""
    with database.reading() as session:
        query = select(Reminder.kind, Reminder.reason).order_by(Reminder.version)
        return dict(session.execute(query).all())


def tasks(database: Database) -> list[tuple[str, str | None, str]]:
    with database.reading() as session:
        query = select(Task.kind, Task.reason, Task.urgency).order_by(Task.id)
        return [(kind, reason, urgency) for kind, reason, urgency in session.execute(query)]


def the_appointment(database: Database) -> Appointment:
    with database.reading() as session:
        return session.scalars(select(Appointment)).one()


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with database.reading() as session:
        return {
            table.name: [tuple(each) for each in session.execute(table.select())]
            for table in Base.metadata.sorted_tables
        }


def test_booking_plans_the_clinics_reminders(database: Database, clinic: Profile) -> None:
    assert take(database, clinic, row()) is Change.NEW
    assert sorted(reminders(database)) == sorted(RULES)
    assert tasks(database) == []
    stored = the_appointment(database)
    assert (stored.external_id, stored.clinic_id, stored.status) == ("A-1001", CLINIC, "scheduled")
    assert (stored.starts_at, stored.version, stored.answer) == (STARTS_AT, 1, None)
    assert (stored.created_at, stored.updated_at) == (NOW, NOW)
    with database.reading() as session:
        for reminder in session.scalars(select(Reminder)):
            assert reminder.next_at == reminder.due_at
            assert (reminder.channel, reminder.attempts, reminder.version) == ("sms", 0, 1)


@pytest.mark.parametrize("status", list(RowStatus))
def test_the_same_row_again_changes_nothing(
    database: Database, clinic: Profile, status: RowStatus
) -> None:
    take(database, clinic, row())
    take(database, clinic, row(status=status))
    before = everything(database)
    for number in range(1, 4):
        again = row(status=status, row=number)
        assert take(database, clinic, again, NOW + number * dt.timedelta(days=1)) is (
            Change.UNCHANGED
        )
    assert everything(database) == before


def test_booked_late_the_patient_is_told_at_once(database: Database, clinic: Profile) -> None:
    assert take(database, clinic, row(), LATE) is Change.NEW
    assert sorted(reminders(database)) == [
        ("booked", "planned"),
        ("day_before", "skipped"),
        ("fasting_start", "planned"),
        ("week_before", "skipped"),
    ]
    assert reasons(database)["day_before"] == "booked_late"
    assert tasks(database) == []


def test_booked_at_night_for_the_morning_someone_must_phone(
    database: Database, clinic: Profile
) -> None:
    """No text may go out between 10 PM and the start of the fast at 2:30 AM."""
    assert take(database, clinic, row(), local("2026-11-30T22:00")) is Change.NEW
    assert dict(reminders(database))["booked"] == "missed"
    assert reasons(database)["booked"] == "window_closed"
    assert tasks(database) == [("unreachable", "window_closed", "urgent")]


@pytest.mark.parametrize("now", [STARTS_AT, STARTS_AT + dt.timedelta(days=30)])
def test_an_appointment_in_the_past_is_kept_without_messages(
    database: Database, clinic: Profile, now: dt.datetime
) -> None:
    assert take(database, clinic, row(), now) is Change.NEW
    assert {status for _, status in reminders(database)} == {"skipped"}
    assert set(reasons(database).values()) == {"appointment_past"}
    assert take(database, clinic, row(status=RowStatus.CANCELLED), now) is Change.CANCELLED
    assert "cancelled" not in reasons(database)
    assert tasks(database) == []


def test_a_move_replaces_the_reminders_and_tells_the_patient(
    database: Database, clinic: Profile
) -> None:
    take(database, clinic, row())
    moved = row(starts_at=STARTS_AT + dt.timedelta(days=2))
    assert take(database, clinic, moved, LATER) is Change.MOVED
    assert sorted(reminders(database, 1)) == sorted((kind, "cancelled") for kind, _ in RULES)
    assert sorted(reminders(database, 2)) == sorted([*RULES, ("moved", "planned")])
    with database.reading() as session:
        old = session.scalars(select(Reminder).where(Reminder.version == 1)).all()
        assert {each.reason for each in old} == {"moved"}
        assert {each.next_at for each in old} == {None}
        assert {each.settled_at for each in old} == {LATER}
    stored = the_appointment(database)
    assert (stored.starts_at, stored.version) == (moved.starts_at, 2)
    assert (stored.created_at, stored.updated_at) == (NOW, LATER)
    assert take(database, clinic, moved, LATER) is Change.UNCHANGED


def test_a_move_leaves_what_has_gone_out_and_forgets_the_answer(
    database: Database, clinic: Profile
) -> None:
    take(database, clinic, row())
    with database.transaction() as session:
        record_answer(session, the_appointment(database).id, Answer.CONFIRMED, NOW)
        sent = session.scalars(select(Reminder).where(Reminder.kind == "week_before")).one()
        sent.status, sent.next_at = "delivered", None
        under_way = session.scalars(select(Reminder).where(Reminder.kind == "day_before")).one()
        under_way.status = "sending"
    assert the_appointment(database).answer == "confirmed"
    take(database, clinic, row(starts_at=STARTS_AT + dt.timedelta(hours=1)), LATER)
    assert dict(reminders(database, 1)) == {
        "week_before": "delivered",
        "day_before": "sending",
        "fasting_start": "cancelled",
    }
    stored = the_appointment(database)
    assert (stored.answer, stored.answered_at) == (None, None)


@pytest.mark.parametrize("procedure", ["biopsy", "consultation"])
def test_another_fasting_time_is_a_move(
    database: Database, clinic: Profile, procedure: str
) -> None:
    take(database, clinic, row())
    assert take(database, clinic, row(procedure=procedure), LATER) is Change.MOVED
    assert the_appointment(database).procedure == procedure
    assert ("moved", "planned") in reminders(database, 2)
    fasting = ("fasting_start", "planned") in reminders(database, 2)
    assert fasting is (procedure == "biopsy")


def test_another_procedure_with_the_same_fasting_time_is_not(
    database: Database, clinic: Profile
) -> None:
    take(database, clinic, row())
    before = reminders(database)
    assert take(database, clinic, row(procedure="vertebroplasty"), LATER) is Change.UPDATED
    stored = the_appointment(database)
    assert (stored.procedure, stored.version, stored.updated_at) == ("vertebroplasty", 1, LATER)
    assert reminders(database) == before


def test_a_cancellation_takes_the_reminders_back_and_tells_the_patient(
    database: Database, clinic: Profile
) -> None:
    take(database, clinic, row())
    assert take(database, clinic, row(status=RowStatus.CANCELLED), LATER) is Change.CANCELLED
    assert dict(reminders(database)) == {kind: "cancelled" for kind, _ in RULES} | {
        "cancelled": "planned"
    }
    assert reasons(database)["day_before"] == "cancelled"
    stored = the_appointment(database)
    assert (stored.status, stored.version, stored.updated_at) == ("cancelled", 1, LATER)
    assert tasks(database) == []


def test_a_cancellation_names_the_date_that_the_patient_knows(
    database: Database, clinic: Profile
) -> None:
    take(database, clinic, row())
    gone = row(status=RowStatus.CANCELLED, starts_at=STARTS_AT + dt.timedelta(days=9))
    assert take(database, clinic, gone, LATER) is Change.CANCELLED
    assert the_appointment(database).starts_at == STARTS_AT


def test_called_on_again_it_is_a_move_to_the_same_time(database: Database, clinic: Profile) -> None:
    take(database, clinic, row())
    take(database, clinic, row(status=RowStatus.CANCELLED))
    assert take(database, clinic, row(), LATER) is Change.MOVED
    assert dict(reminders(database, 1))["cancelled"] == "cancelled"
    assert sorted(reminders(database, 2)) == sorted([*RULES, ("moved", "planned")])
    assert the_appointment(database).status == "scheduled"
    assert take(database, clinic, row(status=RowStatus.CANCELLED), LATER) is Change.CANCELLED
    assert dict(reminders(database, 2))["cancelled"] == "planned"


def test_a_cancelled_appointment_that_is_not_known_is_kept_without_messages(
    database: Database, clinic: Profile
) -> None:
    gone = row(status=RowStatus.CANCELLED)
    assert take(database, clinic, gone) is Change.CANCELLED
    assert take(database, clinic, gone) is Change.UNCHANGED
    assert (reminders(database), tasks(database)) == ([], [])
    assert take(database, clinic, row(), LATER) is Change.MOVED
    assert sorted(reminders(database)) == sorted([*RULES, ("moved", "planned")])


def test_without_consent_there_is_one_task_whatever_happens(
    database: Database, clinic: Profile
) -> None:
    silent = row(sms_consent=False, voice_consent=False)
    take(database, clinic, silent)
    assert {status for _, status in reminders(database)} == {"skipped"}
    assert set(reasons(database).values()) == {"no_consent"}
    expected = [("unreachable", "no_consent", "normal")]
    assert tasks(database) == expected
    take(database, clinic, replace(silent, starts_at=STARTS_AT + dt.timedelta(days=1)))
    take(database, clinic, replace(silent, status=RowStatus.CANCELLED))
    assert tasks(database) == expected


def test_opted_out_there_is_one_task_and_no_message(database: Database, clinic: Profile) -> None:
    with database.transaction() as session:
        contact = lock_contact(session, CLINIC, row().phone, NOW)
        set_contact(session, contact.id, opted_out_at=NOW)
    take(database, clinic, row(), LATE)
    assert {status for _, status in reminders(database)} == {"skipped"}
    assert reasons(database)["booked"] == "opted_out"
    assert tasks(database) == [("unreachable", "opted_out", "urgent")]
    with database.reading() as session:
        task = session.scalars(select(Task)).one()
        assert (task.contact_id, task.appointment_id) == (contact.id, the_appointment(database).id)


def test_a_call_is_planned_for_who_wants_calls(database: Database, clinic: Profile) -> None:
    take(database, clinic, row(channel=Channel.VOICE, voice_consent=True))
    with database.reading() as session:
        assert set(session.scalars(select(Reminder.channel))) == {"voice"}


def test_the_same_id_at_another_clinic_is_another_appointment(
    database: Database, clinic: Profile
) -> None:
    other = stored_clinic(database, id="other-clinic", texting_number=None)
    take(database, clinic, row())
    assert take(database, other, row(clinic="other-clinic")) is Change.NEW
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == 2

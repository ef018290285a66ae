"""A plan becomes rows that a worker can take up, or a task where nobody can be reached."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from sqlalchemy import select

from db.contacts import ContactState, lock_contact, set_contact
from db.models import Appointment, Patient, Reminder, Task
from db.session import Database
from profiles import FastingAnchor, Profile
from scheduler.channel import Reachability
from scheduler.planning import ask_to_phone, cancel_open, plan_reminders, reachability, visit_of
from scheduler.policy import Occasion, Reason, arrives_at, fasting_starts_at, plan
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, STARTS_AT, booked, row, stored_clinic
from tests.support.visits import make_procedure, make_profile

PHONE = row().phone
LATER = NOW + dt.timedelta(hours=1)
HOUR = dt.timedelta(hours=1)


def planned_again(
    database: Database, profile: Profile, occasion: Occasion, now: dt.datetime
) -> list[Reminder]:
    """The rows that `plan_reminders` makes for a further version of the usual appointment."""
    with database.transaction() as session:
        appointment = session.scalars(select(Appointment)).one()
        appointment.version += 1
        contact = lock_contact(session, CLINIC, PHONE, now)
        plan_reminders(session, profile, appointment, contact, occasion, now)
        session.flush()
        made = select(Reminder).where(Reminder.version == appointment.version)
        return list(session.scalars(made.order_by(Reminder.id)))


def tasks(database: Database) -> list[Task]:
    with database.reading() as session:
        return list(session.scalars(select(Task).order_by(Task.id)))


@pytest.mark.parametrize("occasion", list(Occasion))
@pytest.mark.parametrize("before", [30 * HOUR, 10 * HOUR, 7 * HOUR, 200 * HOUR, -HOUR])
def test_the_rows_are_the_policys_plan(
    database: Database, occasion: Occasion, before: dt.timedelta
) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW)
    now = STARTS_AT - before
    rows = planned_again(database, profile, occasion, now)
    expected = plan(profile, visit_of(profile, "kyphoplasty", STARTS_AT), now, occasion)
    assert [(r.kind, r.due_at, r.send_by, r.status, r.reason) for r in rows] == [
        (p.kind, p.due_at, p.send_by, p.status, p.reason) for p in expected
    ]
    for each in rows:
        is_open = each.status == "planned"
        assert each.next_at == (each.due_at if is_open else None)
        assert each.settled_at == (None if is_open else now)
        assert (each.channel, each.created_at) == ("sms", now)
    missed = any(each.status == "missed" for each in rows)
    assert len(tasks(database)) == int(missed)


def opt_out(database: Database) -> None:
    with database.transaction() as session:
        contact = lock_contact(session, CLINIC, PHONE, NOW)
        set_contact(session, contact.id, opted_out_at=NOW)


def test_who_cannot_be_reached_gets_rows_with_the_reason_and_one_task(database: Database) -> None:
    profile = stored_clinic(database)
    number = booked(database, profile, NOW)
    opt_out(database)
    rows = planned_again(database, profile, Occasion.MOVED, LATER)
    assert {(each.status, each.reason) for each in rows} == {("skipped", "opted_out")}
    assert {(each.next_at, each.settled_at) for each in rows} == {(None, LATER)}
    [task] = tasks(database)
    assert (task.kind, task.reason, task.appointment_id) == ("unreachable", "opted_out", number)
    assert task.contact_id is not None


def test_a_row_that_is_skipped_anyway_keeps_its_own_reason(database: Database) -> None:
    profile = stored_clinic(database)
    booked(database, profile, NOW)
    opt_out(database)
    rows = planned_again(database, profile, Occasion.BOOKED, STARTS_AT - 10 * HOUR)
    reasons = {each.kind: each.reason for each in rows}
    assert reasons["week_before"] == reasons["day_before"] == "booked_late"
    assert planned_again(database, profile, Occasion.BOOKED, STARTS_AT)[0].reason == (
        "appointment_past"
    )


def test_only_what_is_not_under_way_is_cancelled(database: Database) -> None:
    profile = stored_clinic(database)
    mine = booked(database, profile, NOW)
    other = booked(database, profile, NOW, external_id="B")
    with database.transaction() as session:
        rows = session.scalars(select(Reminder).where(Reminder.appointment_id == mine)).all()
        under_way, sent, waiting = rows
        under_way.status, sent.status = "sending", "delivered"
        cancel_open(session, mine, Reason.MOVED, LATER)
        assert (waiting.status, waiting.reason, waiting.next_at) == ("cancelled", "moved", None)
        assert waiting.settled_at == LATER
        assert (under_way.status, sent.status) == ("sending", "delivered")
    with database.reading() as session:
        of_other = select(Reminder.status).where(Reminder.appointment_id == other)
        assert set(session.scalars(of_other)) == {"planned"}


@pytest.mark.parametrize(
    ("before", "urgency"),
    [(48 * HOUR, "urgent"), (48 * HOUR + dt.timedelta(seconds=1), "normal"), (HOUR, "urgent")],
)
def test_to_phone_someone_is_urgent_in_the_last_two_days(
    database: Database, before: dt.timedelta, urgency: str
) -> None:
    booked(database, stored_clinic(database), NOW)
    with database.transaction() as session:
        appointment = session.scalars(select(Appointment)).one()
        ask_to_phone(session, appointment, None, Reason.TOO_LATE, STARTS_AT - before)
        ask_to_phone(session, appointment, None, Reason.TOO_LATE, STARTS_AT - before)
    [task] = tasks(database)
    assert (task.urgency, task.reason, task.words) == (urgency, "too_late", "")


def test_a_visit_has_the_rules_of_its_procedure() -> None:
    short, long = make_procedure(2), make_procedure(8, arrive_minutes_before=60)
    profile = msgspec.structs.replace(make_profile(), procedures={"short": short, "long": long})
    assert visit_of(profile, "short", STARTS_AT).procedure == short
    assert visit_of(profile, "long", STARTS_AT).procedure == long


def test_a_procedure_no_longer_listed_fasts_from_the_earliest_time_there_is() -> None:
    by_arrival = make_procedure(7, anchor=FastingAnchor.ARRIVAL, arrive_minutes_before=90)
    procedures = {"a": make_procedure(2), "b": by_arrival, "c": make_procedure(8)}
    profile = msgspec.structs.replace(make_profile(), procedures=procedures)
    visit = visit_of(profile, "no-longer", STARTS_AT)
    assert fasting_starts_at(visit) == STARTS_AT - 8.5 * HOUR
    assert arrives_at(visit) == STARTS_AT - 1.5 * HOUR


def test_how_a_patient_can_be_reached() -> None:
    patient = Patient(channel="auto", sms_consent=True, voice_consent=False)
    assert reachability(patient, None) == Reachability(
        "auto", sms_consent=True, voice_consent=False
    )
    contact = ContactState(1, CLINIC, PHONE, None, NOW, None, textable=False, reachable=False)
    assert reachability(patient, contact) == Reachability(
        "auto",
        sms_consent=True,
        voice_consent=False,
        opted_out=True,
        textable=False,
        reachable=False,
    )

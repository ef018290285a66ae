"""Reminders that are stuck become requests to phone while there is still time for a call."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, select

from db.models import Appointment, Reminder, Task
from db.session import Database
from db.tasks import close_tasks
from scheduler.planning import ask_to_phone
from scheduler.policy import Reason
from scheduler.watching import warn_of_waiting
from tests.support.csv_files import NOW
from tests.support.data import STARTS_AT, booked, stored_clinic
from tests.support.reminder_rows import appointment_in, reminder, store

MINUTE = dt.timedelta(minutes=1)
SOON = NOW + 20 * MINUTE
LONG_DUE = NOW - 60 * MINUTE


@pytest.fixture
def appointment(database: Database) -> int:
    return appointment_in(database)


def warned(database: Database, now: dt.datetime = NOW) -> int:
    with database.transaction() as session:
        return warn_of_waiting(session, now)


def tasks(database: Database) -> list[Task]:
    with database.reading() as session:
        return list(session.scalars(select(Task).order_by(Task.id)))


def stuck(appointment: int, **changes: object) -> Reminder:
    """A reminder that has been due for an hour and is useful for twenty minutes more."""
    made = reminder(appointment, due_at=LONG_DUE, send_by=SOON)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("status", ["planned", "in_doubt"])
def test_what_is_stuck_near_its_last_moment_becomes_one_task(
    database: Database, appointment: int, status: str
) -> None:
    store(database, stuck(appointment, status=status))
    assert warned(database) == 1
    [task] = tasks(database)
    assert (task.kind, task.reason, task.appointment_id) == ("unreachable", "waiting", appointment)
    assert (task.created_at, task.done_at) == (NOW, None)
    assert warned(database, NOW + MINUTE) == 0
    assert len(tasks(database)) == 1


@pytest.mark.parametrize(
    ("ahead", "urgency"), [(dt.timedelta(hours=48), "urgent"), (dt.timedelta(hours=49), "normal")]
)
def test_the_request_is_urgent_when_the_visit_is_near(
    database: Database, appointment: int, ahead: dt.timedelta, urgency: str
) -> None:
    now = STARTS_AT - ahead
    store(database, stuck(appointment, due_at=now - 6 * MINUTE, send_by=now + MINUTE))
    assert warned(database, now) == 1
    assert [task.urgency for task in tasks(database)] == [urgency]


@pytest.mark.parametrize(
    "changes",
    [
        {"due_at": NOW - 5 * MINUTE},
        {"send_by": NOW + 30 * MINUTE},
        {"send_by": NOW + dt.timedelta(microseconds=1)},
        {"next_at": SOON},
    ],
    ids=["for five minutes", "half an hour before", "the last moment", "put off until send_by"],
)
def test_the_edges_of_being_stuck(
    database: Database, appointment: int, changes: dict[str, dt.datetime]
) -> None:
    store(database, stuck(appointment, **changes))
    assert warned(database) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"due_at": NOW - 5 * MINUTE + dt.timedelta(seconds=1)},
        {"due_at": NOW + MINUTE},
        {"send_by": NOW + 30 * MINUTE + dt.timedelta(seconds=1)},
        {"send_by": NOW},
        {"send_by": NOW - MINUTE},
        {"status": "sending"},
        {"status": "sent"},
        {"status": "delivered", "next_at": None},
        {"status": "cancelled", "next_at": None},
        {"status": "missed", "next_at": None},
        {"status": "failed", "next_at": None},
        {"status": "skipped", "next_at": None},
    ],
    ids=str,
)
def test_nobody_is_phoned_for_what_is_not_stuck(
    database: Database, appointment: int, changes: dict[str, object]
) -> None:
    store(database, stuck(appointment, **changes))
    assert warned(database) == 0
    assert tasks(database) == []


def test_two_reminders_of_a_visit_are_one_request_and_two_visits_are_two(
    database: Database, appointment: int
) -> None:
    other = booked(database, stored_clinic(database), NOW, external_id="A-1002", first_name="Edith")
    store(database, stuck(appointment), stuck(appointment, kind="week_before"), stuck(other))
    assert warned(database) == 3
    assert {task.appointment_id for task in tasks(database)} == {appointment, other}
    assert len(tasks(database)) == 2


def test_a_request_that_was_looked_after_is_made_again_if_it_is_still_stuck(
    database: Database, appointment: int
) -> None:
    store(database, stuck(appointment))
    warned(database)
    with database.transaction() as session:
        close_tasks(session, appointment, (Reason.WAITING,), NOW)
    warned(database, NOW + MINUTE)
    assert [task.done_at for task in tasks(database)] == [NOW, None]


def test_a_long_queue_is_worked_through_with_the_most_pressing_first(
    database: Database, appointment: int
) -> None:
    """One call takes 200. The evening's fasting reminders all have the same last moment."""
    profile = stored_clinic(database)
    others = [
        booked(database, profile, NOW, external_id=f"B-{number}", first_name=f"Edith {number}")
        for number in range(220)
    ]
    with database.transaction() as session:
        session.execute(delete(Reminder))
    store(database, *(stuck(each) for each in others))
    store(database, stuck(appointment, send_by=SOON - MINUTE))
    assert warned(database) == 200
    assert appointment in {task.appointment_id for task in tasks(database)}
    assert warned(database) == 21
    assert {task.appointment_id for task in tasks(database)} == {appointment, *others}
    assert warned(database) == 0


def test_an_older_request_about_the_visit_becomes_this_one(
    database: Database, appointment: int
) -> None:
    store(database, stuck(appointment))
    with database.transaction() as session:
        visit = session.get_one(Appointment, appointment)
        ask_to_phone(session, visit, None, Reason.UNDELIVERED, LONG_DUE)
    assert warned(database) == 1
    assert [task.reason for task in tasks(database)] == ["waiting"]


def test_the_reminder_itself_stays_as_it_is(database: Database, appointment: int) -> None:
    [number] = store(database, stuck(appointment))
    warned(database)
    with database.reading() as session:
        row = session.get_one(Reminder, number)
        visit = session.get_one(Appointment, appointment)
    assert (row.status, row.reason, row.next_at, row.attempts) == ("planned", None, NOW, 0)
    assert visit.updated_at == NOW

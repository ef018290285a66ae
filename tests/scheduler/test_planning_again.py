"""What was skipped because a patient could not be reached comes back once they can be; on both
databases."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from sqlalchemy import select, update

from appointment_csv import Channel
from appointments import upsert
from db.contacts import lock_contact, set_contact
from db.models import Appointment, Patient, Reminder, Task
from db.reminders import events_of, settle
from db.session import Database
from profiles import Profile
from scheduler.planning import ask_to_phone
from scheduler.planning_again import plan_again, plan_again_on
from scheduler.policy import Reason
from scheduler.story import story_of
from tests.support.csv_files import NOW
from tests.support.data import booked, row, stored_clinic
from tests.support.visits import local
from tests.support.waiting import wait_until
from tests.support.web import lock_waits

PHONE = "+18285550173"
NEW_PHONE = "+18285550199"
WEEK_BEFORE = local("2026-11-24T10:00")
NO_CONSENT: dict[str, Any] = {"sms_consent": False}


@pytest.fixture
def profile(database: Database) -> Profile:
    return stored_clinic(database)


def correct(database: Database, profile: Profile, now: dt.datetime = NOW, **values: object) -> None:
    """The same appointment comes in again, with something of its patient corrected."""
    with database.transaction() as session:
        upsert(session, profile, row(clinic=profile.id, **values), now)


def states(database: Database) -> dict[str, tuple[str, str | None]]:
    """The newest date's messages: state and reason, by kind."""
    return {each.kind: (each.status, each.reason) for each in rows(database)}


def rows(database: Database) -> list[Reminder]:
    with database.reading() as session:
        query = select(Reminder).join(Reminder.appointment)
        newest = query.where(Reminder.version == Appointment.version)
        return list(session.scalars(newest.order_by(Reminder.due_at, Reminder.id)))


def tasks(database: Database) -> list[tuple[str, str | None]]:
    """Open tasks, by kind and reason."""
    with database.reading() as session:
        found = session.scalars(select(Task).where(Task.done_at.is_(None)).order_by(Task.id))
        return [(each.kind, each.reason) for each in found]


ALL_PLANNED = dict.fromkeys(("week_before", "day_before", "fasting_start"), ("planned", None))


@pytest.mark.parametrize(
    ("before", "phone_is", "reason", "correction"),
    [
        (NO_CONSENT, {"textable": True}, "no_consent", {"sms_consent": True}),
        (
            NO_CONSENT,
            {"textable": True},
            "no_consent",
            {"sms_consent": False, "voice_consent": True},
        ),
        ({}, {"reachable": False}, "bad_number", {"phone": NEW_PHONE}),
        ({}, {"textable": False}, "not_textable", {"phone": NEW_PHONE}),
        ({}, {"textable": False}, "not_textable", {"voice_consent": True}),
        ({}, {"opted_out_at": NOW}, "opted_out", {"phone": NEW_PHONE}),
    ],
)
def test_a_correction_brings_them_back_and_closes_the_task(
    database: Database,
    profile: Profile,
    before: dict[str, Any],
    phone_is: dict[str, Any],
    reason: str,
    correction: dict[str, Any],
) -> None:
    with database.transaction() as session:
        contact = lock_contact(session, profile.id, PHONE, NOW)
        set_contact(session, contact.id, **phone_is)
    booked(database, profile, NOW, **before)
    assert set(states(database).values()) == {("skipped", reason)}
    assert tasks(database) == [("unreachable", reason)]
    correct(database, profile, **correction)
    assert states(database) == ALL_PLANNED
    assert tasks(database) == []
    is_call = "voice_consent" in correction
    for each in rows(database):
        assert (each.next_at, each.settled_at) == (each.due_at, None)
        assert each.channel == ("voice" if is_call else "sms")


def test_a_wish_for_calls_counts_for_what_comes_back(database: Database, profile: Profile) -> None:
    booked(database, profile, NOW, **NO_CONSENT)
    correct(database, profile, channel=Channel.VOICE, sms_consent=True, voice_consent=True)
    assert {each.channel for each in rows(database)} == {"voice"}


def test_what_still_has_an_obstacle_stays(database: Database, profile: Profile) -> None:
    with database.transaction() as session:
        contact = lock_contact(session, profile.id, PHONE, NOW)
        set_contact(session, contact.id, opted_out_at=NOW)
    booked(database, profile, NOW, **NO_CONSENT)
    correct(database, profile, sms_consent=True)
    assert set(states(database).values()) == {("skipped", "opted_out")}
    assert tasks(database) == [("unreachable", "opted_out")]


def test_what_is_overdue_and_useful_goes_out_at_once(database: Database, profile: Profile) -> None:
    booked(database, profile, NOW, **NO_CONSENT)
    now = WEEK_BEFORE + dt.timedelta(hours=3)
    correct(database, profile, now, sms_consent=True)
    first = rows(database)[0]
    assert (first.kind, first.due_at, first.next_at) == ("week_before", now, now)


def test_what_is_of_no_use_any_more_stays_lost_and_so_does_its_task(
    database: Database, profile: Profile
) -> None:
    booked(database, profile, NOW, **NO_CONSENT)
    correct(database, profile, WEEK_BEFORE + dt.timedelta(hours=49), sms_consent=True)
    assert states(database) == ALL_PLANNED | {"week_before": ("skipped", "no_consent")}
    assert tasks(database) == [("unreachable", "no_consent")]


def test_another_message_that_is_lost_keeps_the_task(database: Database, profile: Profile) -> None:
    visit = booked(database, profile, NOW, **NO_CONSENT)
    with database.transaction() as session:
        first = session.scalars(select(Reminder).where(Reminder.kind == "week_before")).one()
        settle(first, "missed", Reason.CALLS_UNAVAILABLE, NOW)
    correct(database, profile, sms_consent=True)
    assert states(database)["day_before"] == ("planned", None)
    assert tasks(database) == [("unreachable", "no_consent")]
    assert visit


@pytest.mark.parametrize(
    "was",
    [
        {"attempts": 1, "status": "skipped", "reason": "opted_out"},
        {"attempts": 1, "status": "failed", "reason": "bad_number"},
        {"attempts": 0, "status": "skipped", "reason": "booked_late"},
        {"attempts": 0, "status": "skipped", "reason": "daily_cap"},
        {"attempts": 0, "status": "missed", "reason": "too_late"},
        {"attempts": 0, "status": "cancelled", "reason": "rules_changed"},
        {"attempts": 1, "status": "delivered", "reason": None},
    ],
)
def test_nothing_else_comes_back(
    database: Database, profile: Profile, was: dict[str, object]
) -> None:
    booked(database, profile, NOW, **NO_CONSENT)
    with database.transaction() as session:
        session.execute(update(Reminder).where(Reminder.kind == "day_before").values(**was))
    correct(database, profile, sms_consent=True)
    assert states(database)["day_before"] == (was["status"], was["reason"])
    assert states(database)["week_before"] == ("planned", None)


def test_an_appointment_that_is_off_or_over_is_left_alone(
    database: Database, profile: Profile
) -> None:
    visit = booked(database, profile, NOW, **NO_CONSENT)
    with database.transaction() as session:
        session.execute(update(Appointment).values(status="arrived"))
    correct(database, profile, sms_consent=True)
    assert set(states(database).values()) == {("skipped", "no_consent")}
    with database.transaction() as session:
        session.execute(update(Appointment).values(status="scheduled"))
        patient = session.scalars(select(Patient.id)).one()
        starts_at = session.get_one(Appointment, visit).starts_at
        assert plan_again(session, [patient], starts_at) == 0
        assert plan_again(session, [], NOW) == 0


def test_everybody_on_the_phone_is_told_of_again(database: Database, profile: Profile) -> None:
    with database.transaction() as session:
        contact = lock_contact(session, profile.id, PHONE, NOW)
        set_contact(session, contact.id, opted_out_at=NOW)
    booked(database, profile, NOW)
    booked(database, profile, NOW, external_id="A-2", first_name="Otto")
    booked(
        database, profile, NOW, external_id="A-3", first_name="Ida", phone=NEW_PHONE, **NO_CONSENT
    )
    with database.transaction() as session:
        lock_contact(session, profile.id, PHONE, NOW)
        set_contact(session, contact.id, opted_out_at=None)
        assert plan_again_on(session, profile.id, PHONE, NOW) == 6
        assert plan_again_on(session, profile.id, PHONE, NOW) == 0
    assert [each.status for each in rows(database)].count("skipped") == 3
    assert tasks(database) == [("unreachable", "no_consent")]


def test_the_story_tells_it(database: Database, profile: Profile) -> None:
    booked(database, profile, NOW, **NO_CONSENT)
    correct(database, profile, sms_consent=True)
    first = rows(database)[0]
    with database.reading() as session:
        story = story_of(first, events_of(session, [first.id]), profile.zone)
    [event] = story.events
    assert event.endswith(
        "it can go out after all and was planned again; before: "
        "the patient has not agreed to be contacted this way"
    )
    assert "now: planned for Tue Nov 24 10:00 EST" in story.state


def test_a_worker_that_skips_it_at_this_moment_is_waited_for(postgres_url: str) -> None:
    database = Database(postgres_url)
    profile = stored_clinic(database)
    visit = booked(database, profile, NOW)
    with database.transaction() as session:
        session.execute(update(Patient).values(sms_consent=False))
    done = threading.Thread(target=lambda: correct(database, profile, sms_consent=True))
    with database.transaction() as worker:
        query = select(Reminder).where(Reminder.kind == "week_before").with_for_update()
        settle(worker.scalars(query).one(), "skipped", Reason.NO_CONSENT, NOW)
        ask_to_phone(worker, worker.get_one(Appointment, visit), None, Reason.NO_CONSENT, NOW)
        worker.flush()
        done.start()
        wait_until("the correction waits", lambda: lock_waits(database))
    done.join()
    assert states(database) == ALL_PLANNED
    assert tasks(database) == []
    database.close()

"""What the worker sends, what it does not, and what the patient's keys do afterwards."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import update

import appointments
from db.contacts import lock_contact, record_opt_change, set_contact
from db.models import Appointment, Patient
from emulator import Reach
from scheduler.policy import Kind
from tests.support.data import STARTS_AT
from tests.support.visits import local
from tests.support.world import World

DAY_BEFORE = local("2026-11-30T10:00")
EVENING_BEFORE = local("2026-11-30T20:00")
PATIENT = "+18285550173"


def reminded(world: World) -> int:
    """Book a visit and live up to its day-before reminder, which is the last text so far."""
    visit = world.book()
    world.dispatch(local("2026-11-24T10:00"))
    world.dispatch(DAY_BEFORE)
    return visit


def test_nothing_goes_out_before_it_is_due(world: World) -> None:
    world.book()
    assert world.dispatch(local("2026-11-24T09:59")) == 0
    assert world.texts_to() == []


def test_each_reminder_goes_out_once_at_its_moment(world: World) -> None:
    visit = world.book()
    world.dispatch(local("2026-11-24T10:00"))
    world.dispatch(DAY_BEFORE)
    world.dispatch(DAY_BEFORE + dt.timedelta(minutes=1))
    world.dispatch(EVENING_BEFORE)
    week, day, fast = world.texts_to()
    assert "Tue, Dec 1" in week
    assert "8:30 AM" in day
    assert "2:30 AM (Monday night)" in fast
    states = {kind: row.status for kind, row in world.reminders(visit).items()}
    assert states == dict.fromkeys(("week_before", "day_before", "fasting_start"), "delivered")


def test_a_reminder_keeps_what_went_out(world: World) -> None:
    visit = world.book()
    world.dispatch(DAY_BEFORE)
    row = world.reminders(visit)["day_before"]
    (sent,) = [m for m in world.carrier.messages(to=PATIENT) if "8:30 AM" in m.body]
    assert (row.sid, row.to, row.body) == (sent.sid, PATIENT, sent.body)
    assert (row.attempts, row.token, row.next_at) == (1, None, None)
    assert row.sent_at == DAY_BEFORE


def test_key_1_confirms(world: World) -> None:
    visit = reminded(world)
    assert "Rosalind" in world.text("1")
    assert world.appointment(visit).answer == "confirmed"
    assert world.tasks() == []


def test_key_2_cannot_come_becomes_an_urgent_task(world: World) -> None:
    visit = reminded(world)
    world.text("2")
    assert world.appointment(visit).answer == "cannot_come"
    (task,) = world.tasks()
    assert (task.kind, task.urgency, task.appointment_id) == ("cannot_come", "urgent", visit)


def test_key_3_opens_the_check_list_and_then_the_prep_questions(world: World) -> None:
    reminded(world)
    assert "Are they ready to bring?" in world.text("3")
    world.text("menu")
    assert "1 Fasting" in world.text("4")


def test_key_0_asks_for_a_person(world: World) -> None:
    visit = reminded(world)
    assert "(828) 436-5500" in world.text("0")
    (task,) = world.tasks()
    assert (task.kind, task.appointment_id) == ("call_me", visit)


def test_a_reply_counts_until_the_appointment_starts(world: World) -> None:
    visit = world.book()
    world.dispatch(local("2026-11-24T10:00"))
    world.now = STARTS_AT - dt.timedelta(days=3)
    world.text("1")
    assert world.appointment(visit).answer == "confirmed"


def test_two_patients_on_one_phone_are_told_apart(world: World) -> None:
    first = world.book()
    second = world.book(external_id="A-1002", first_name="Edith")
    world.dispatch(DAY_BEFORE)
    assert "Edith" in world.text("1")
    world.text("2")
    answers = {world.appointment(first).answer, world.appointment(second).answer}
    assert answers == {None, "confirmed"}


def test_a_late_worker_still_sends_what_is_useful(world: World) -> None:
    world.book()
    world.dispatch(local("2026-11-30T18:00"))
    assert len(world.texts_to()) == 1


def test_past_its_last_moment_a_reminder_is_missed_and_someone_phones(world: World) -> None:
    visit = world.book()
    world.dispatch(local("2026-11-24T10:00"))
    world.dispatch(local("2026-11-30T21:00"))
    assert len(world.texts_to()) == 1
    rows = world.reminders(visit)
    assert (rows["day_before"].status, rows["day_before"].reason) == ("missed", "too_late")
    assert (rows["fasting_start"].status, rows["fasting_start"].reason) == ("missed", "too_late")
    (task,) = world.tasks()
    assert (task.kind, task.reason, task.appointment_id) == ("unreachable", "too_late", visit)


def test_nothing_goes_out_at_night(world: World) -> None:
    visit = world.book(now=local("2026-11-28T12:00"), starts_at=local("2026-12-08T15:00"))
    world.dispatch(local("2026-12-02T07:00"))
    assert world.texts_to() == []
    row = world.reminders(visit)["week_before"]
    assert (row.status, row.next_at) == ("planned", local("2026-12-02T08:00"))
    world.dispatch(local("2026-12-02T08:00"))
    assert len(world.texts_to()) == 1


def test_a_cancelled_appointment_is_not_reminded_of(world: World) -> None:
    visit = world.book()
    with world.database.transaction() as session:
        contact = lock_contact(session, world.profile.id, PATIENT, world.now)
        row = session.get_one(Appointment, visit)
        appointments.cancel(session, world.profile, row, contact, world.now)
    world.dispatch(DAY_BEFORE)
    (notice,) = world.texts_to()
    assert "taken off" in notice
    assert world.reminders(visit)["day_before"].status == "cancelled"


def test_a_reply_to_a_cancelled_visit_finds_nothing_waiting(world: World) -> None:
    visit = world.book()
    world.dispatch(local("2026-11-24T10:00"))
    with world.database.transaction() as session:
        contact = lock_contact(session, world.profile.id, PATIENT, world.now)
        row = session.get_one(Appointment, visit)
        appointments.cancel(session, world.profile, row, contact, world.now)
    world.text("1")
    assert world.appointment(visit).answer is None


def test_a_move_between_plan_and_sending_is_noticed(world: World) -> None:
    """The row itself was not cancelled, as when a mover died half-way; the version tells."""
    visit = world.book()
    with world.database.transaction() as session:
        session.execute(update(Appointment).values(version=2))
    world.dispatch(DAY_BEFORE)
    assert world.texts_to() == []
    assert world.reminders(visit)["day_before"].reason == "moved"


def test_an_opt_out_since_planning_counts(world: World) -> None:
    visit = world.book()
    with world.database.transaction() as session:
        contact = lock_contact(session, world.profile.id, PATIENT, world.now)
        record_opt_change(session, contact.id, "opt_out", "keyword", "STOP", world.now)
    world.dispatch(DAY_BEFORE)
    assert world.texts_to() == []
    assert world.reminders(visit)["day_before"].reason == "opted_out"
    assert [task.reason for task in world.tasks()] == ["opted_out"]


def test_language_and_number_are_those_of_the_moment_of_sending(world: World) -> None:
    world.book()
    with world.database.transaction() as session:
        session.execute(update(Patient).values(language="es", phone="+18285550199"))
    world.dispatch(DAY_BEFORE)
    (text,) = world.texts_to("+18285550199")[-1:]
    assert "Hola, Rosalind" in text


def test_messages_wait_while_a_red_flag_is_looked_after(world: World) -> None:
    visit = world.book()
    with world.database.transaction() as session:
        contact = lock_contact(session, world.profile.id, PATIENT, world.now)
        set_contact(session, contact.id, held_until=DAY_BEFORE + dt.timedelta(minutes=40))
    world.dispatch(DAY_BEFORE)
    row = world.reminders(visit)["day_before"]
    assert (row.status, row.reason, row.attempts) == ("planned", "held", 0)
    world.dispatch(DAY_BEFORE + dt.timedelta(minutes=40))
    assert world.reminders(visit)["day_before"].status == "delivered"


def test_someone_who_can_only_be_called_becomes_a_task(world: World) -> None:
    visit = world.book(sms_consent=False, voice_consent=True)
    world.dispatch(DAY_BEFORE)
    row = world.reminders(visit)["day_before"]
    assert (row.channel, row.status, row.reason) == ("voice", "missed", "calls_unavailable")
    assert "calls_unavailable" in [task.reason for task in world.tasks()]


def test_a_landline_is_learnt_and_not_texted_again(world: World) -> None:
    visit = world.book()
    world.carrier.set_reach(PATIENT, Reach.LANDLINE)
    world.dispatch(local("2026-11-24T10:00"))
    row = world.reminders(visit)["week_before"]
    assert (row.status, row.reason, row.error_code) == ("failed", "not_textable", 30006)
    assert world.contact().textable is False
    world.dispatch(DAY_BEFORE)
    assert len(world.texts_to()) == 1
    assert {task.reason for task in world.tasks()} == {"not_textable"}


def test_an_opt_out_known_to_the_carrier_is_recorded(world: World) -> None:
    visit = world.book()
    world.carrier.block(PATIENT, "+18285550110")
    world.dispatch(DAY_BEFORE)
    row = world.reminders(visit)["day_before"]
    assert (row.status, row.reason, row.error_code) == ("failed", "opted_out", 21610)
    assert world.contact().opted_out_at is not None


def test_every_kind_of_message_has_words(world: World) -> None:
    assert {kind.value for kind in Kind} == {
        "week_before",
        "day_before",
        "fasting_start",
        "booked",
        "moved",
        "cancelled",
    }
    world.now = local("2026-11-30T12:00")
    world.book()
    world.dispatch()
    (notice,) = world.texts_to()
    assert "You have a visit" in notice

"""Calls that are answered, heard and reported, in any order: what becomes of the reminder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import permutations

import pytest

import appointments
from db.clinics import Clinics
from db.contacts import lock_contact
from db.lines import Refusal, stop_line, stopped_lines
from db.models import Appointment
from db.session import Database
from scheduler.call_reports import record_call_answered, record_call_heard
from scheduler.clocks import wall_clock
from scheduler.outcomes import line_of
from scheduler.policy import Reason
from tests.support.data import STARTS_AT, booked
from tests.support.ringing import PATIENT, TEN, Ringing
from tests.support.visits import local

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
HALF_AN_HOUR = 30 * MINUTE
NOT_REACHED = [
    ("busy", None),
    ("no-answer", None),
    ("canceled", None),
    ("failed", None),
    *(("failed", code) for code in (480, 487, 503, 486, 600, 603)),
]


@pytest.fixture
def ringing(database: Database) -> Ringing:
    """A patient whose first call has been asked for; its answer is not written down yet."""
    return Ringing.of(database).begin()


def go_unanswered(ringing: Ringing, attempt: int, at: dt.datetime) -> None:
    ringing.now = at
    ringing.begin(attempt, "sent", f"CA{attempt}")
    ringing.report("no-answer", f"CA{attempt}", attempt)


# Answered, heard, reported


Step = Callable[[Ringing], object]
STEPS: dict[str, Step] = {
    "answered": lambda ringing: ringing.answered(),
    "heard": lambda ringing: ringing.heard(),
    "in-progress": lambda ringing: ringing.report("in-progress"),
    "completed": lambda ringing: ringing.report("completed"),
}


@pytest.mark.parametrize("is_known", [False, True], ids=["answer lost", "answer known"])
@pytest.mark.parametrize("order", list(permutations(STEPS)), ids=" ".join)
def test_a_key_press_counts_whatever_comes_before_or_after(
    ringing: Ringing, order: tuple[str, ...], is_known: bool
) -> None:
    if is_known:
        ringing.begin(status="sent", sid="CA1")
    for name in order:
        STEPS[name](ringing)
    for name in order:
        STEPS[name](ringing)
    row = ringing.row()
    assert (row.status, row.reason, row.sid, row.attempts) == ("delivered", None, "CA1", 1)
    assert (row.next_at, row.token) == (None, None)
    assert ringing.tasks() == []


def test_completed_without_a_key_is_not_heard(ringing: Ringing) -> None:
    assert ringing.answered()
    ringing.report("completed")
    assert ringing.state() == ("planned", "not_answered")
    assert ringing.row().next_at == TEN + HALF_AN_HOUR


def test_a_message_on_a_machine_counts(ringing: Ringing) -> None:
    assert ringing.answered(by="machine_end_beep")
    ringing.heard(how="message")
    ringing.report("completed")
    assert ringing.state() == ("delivered", None)
    assert ringing.events() == ["answered", "heard", "report"]


def test_who_is_asked_about_a_call_again_is_told_the_same(ringing: Ringing) -> None:
    assert ringing.answered()
    ringing.heard()
    assert ringing.answered()
    assert ringing.state() == ("delivered", None)
    assert not ringing.answered("CA2")


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress", "odd"])
def test_an_early_report_shows_that_the_call_was_placed(ringing: Ringing, status: str) -> None:
    ringing.report(status)
    row = ringing.row()
    assert (row.status, row.sid, row.token, row.carrier_status) == ("sent", "CA1", None, status)
    assert row.next_at == TEN + 15 * MINUTE


@pytest.mark.parametrize("status", ["completed", "no-answer", "ringing", "odd"])
def test_a_report_on_another_call_than_the_known_one_changes_nothing(
    ringing: Ringing, status: str
) -> None:
    ringing.begin(status="sent", sid="CA1")
    ringing.report(status, sid="CA2")
    assert (ringing.state(), ringing.row().sid) == (("sent", None), "CA1")


@pytest.mark.parametrize("attempt", [1, "", "0", "x", 3])
def test_what_is_said_of_another_attempt_changes_nothing(
    ringing: Ringing, attempt: int | str
) -> None:
    ringing.begin(2)
    for status in ("ringing", "completed", "failed"):
        ringing.report(status, "CA1", attempt, 404)
    assert not ringing.answered("CA1", 1)
    ringing.heard("CA1", 1)
    assert (ringing.state(), ringing.row().sid) == (("sending", None), None)
    assert ringing.contact().reachable


@pytest.mark.parametrize(
    ("args", "form"),
    [
        ({}, {"CallSid": "CA1", "CallStatus": "completed"}),
        ({"r": "999999", "a": "1"}, {"CallSid": "CA1", "CallStatus": "completed"}),
        ({"r": "9" * 40, "a": "1"}, {"CallSid": "CA1", "CallStatus": "completed"}),
        ({"r": "1; drop", "a": "1"}, {"CallSid": "CA1", "CallStatus": "completed"}),
        ({"r": "own", "a": "1"}, {"CallStatus": "completed"}),
        ({"r": "own", "a": "1"}, {}),
    ],
)
def test_a_report_on_nothing_that_is_known_is_passed_over(
    ringing: Ringing, args: dict[str, str], form: dict[str, str]
) -> None:
    named = {name: value.replace("own", str(ringing.row().id)) for name, value in args.items()}
    ringing.send(named, form)
    assert (ringing.state(), ringing.events()) == (("sending", None), [])


@pytest.mark.parametrize("reminder", [0, 999_999])
def test_an_unknown_reminder_is_not_told(ringing: Ringing, reminder: int) -> None:
    with ringing.database.transaction() as session:
        told = (reminder, 1, "CA1")
        assert record_call_answered(session, Clinics(), *told, "human", TEN) is None
        record_call_heard(session, Clinics(), *told, "key", TEN)
    assert (ringing.state(), ringing.events()) == (("sending", None), [])


# Nobody answers


@pytest.mark.parametrize(("status", "code"), NOT_REACHED)
def test_who_is_not_reached_is_called_half_an_hour_later(
    ringing: Ringing, status: str, code: int | None
) -> None:
    for _ in range(3):  # repeated reports are one call
        ringing.report(status, code=code)
    row = ringing.row()
    assert (row.status, row.reason, row.next_at) == ("planned", "not_answered", TEN + HALF_AN_HOUR)
    assert (row.sid, row.token) == (None, None)
    assert ringing.events().count("not_answered") == 1
    assert ringing.tasks() == []
    assert ringing.contact().reachable


def test_after_the_third_call_a_person_phones(ringing: Ringing) -> None:
    moment = TEN
    for attempt in (1, 2):
        go_unanswered(ringing, attempt, moment)
        assert ringing.state() == ("planned", "not_answered")
        again = ringing.row().next_at
        assert again is not None
        assert again - moment == HALF_AN_HOUR
        moment = again
    assert ringing.tasks() == []
    go_unanswered(ringing, 3, moment)
    assert ringing.state() == ("failed", "not_answered")
    assert ringing.row().next_at is None
    (task,) = ringing.tasks()
    assert (task.kind, task.appointment_id, task.reason) == (
        "unreachable",
        ringing.visit,
        "not_answered",
    )
    assert task.contact_id == ringing.contact().id
    assert ringing.contact().phone == PATIENT
    assert Reason(str(task.reason)).words == "Nobody answered the call long enough to hear it."
    ringing.report("no-answer", "CA3", 3)
    assert len(ringing.tasks()) == 1


def test_the_next_call_waits_for_the_morning(ringing: Ringing) -> None:
    go_unanswered(ringing, 1, local("2026-11-24T20:45"))
    assert ringing.state() == ("planned", "not_answered")
    assert ringing.row().next_at == local("2026-11-25T08:00")


@pytest.mark.parametrize(
    ("send_by", "state"),
    [
        (TEN + HALF_AN_HOUR, "failed"),
        (TEN + HALF_AN_HOUR + MINUTE, "planned"),
        (TEN + MINUTE, "failed"),
    ],
)
def test_with_no_time_for_another_call_a_person_phones_at_once(
    ringing: Ringing, send_by: dt.datetime, state: str
) -> None:
    ringing.change(send_by=send_by)
    ringing.report("no-answer")
    assert ringing.state() == (state, "not_answered")
    assert len(ringing.tasks()) == (state == "failed")


def test_when_the_next_opening_comes_too_late_a_person_phones_in_the_evening(
    ringing: Ringing,
) -> None:
    """The rest of its time lies in the night, in which nobody can be called."""
    ringing.change(send_by=local("2026-11-25T02:30"))
    go_unanswered(ringing, 1, local("2026-11-24T20:40"))
    assert ringing.state() == ("failed", "not_answered")
    assert [task.reason for task in ringing.tasks()] == ["not_answered"]


@pytest.mark.parametrize("code", [404, 484, 604])
def test_a_number_that_does_not_exist_is_learnt(ringing: Ringing, code: int) -> None:
    ringing.report("failed", code=code)
    assert ringing.state() == ("failed", "bad_number")
    assert not ringing.contact().reachable
    assert [task.reason for task in ringing.tasks()] == ["bad_number"]


@pytest.mark.parametrize("code", [607, 608])
def test_a_blocked_call_is_not_repeated(ringing: Ringing, code: int) -> None:
    ringing.report("failed", code=code)
    assert ringing.state() == ("failed", "calls_blocked")
    assert ringing.contact().reachable
    assert [task.reason for task in ringing.tasks()] == ["calls_blocked"]


def test_heard_after_all_closes_the_task(ringing: Ringing) -> None:
    for attempt in (1, 2, 3):
        go_unanswered(ringing, attempt, TEN + attempt * HOUR)
    assert len(ringing.tasks()) == 1
    ringing.heard("CA3", 3)
    assert ringing.state() == ("delivered", None)
    assert ringing.tasks() == []
    assert [task.reason for task in ringing.tasks(is_open=False)] == ["not_answered"]


def test_heard_while_it_waits_for_the_next_call(ringing: Ringing) -> None:
    ringing.report("completed")
    ringing.heard()
    row = ringing.row()
    assert (row.status, row.sid, row.next_at) == ("delivered", "CA1", None)


def test_an_old_call_s_end_does_not_come_back_when_the_next_was_refused(ringing: Ringing) -> None:
    """A refused request is no attempt, so that the number of the newest one is the old one's."""
    ringing.report("no-answer")
    ringing.change(reason="line_stopped", attempts=1)
    for status in ("ringing", "no-answer", "completed"):
        ringing.report(status)
    assert ringing.state() == ("planned", "line_stopped")
    assert ringing.events().count("not_answered") == 1


def test_a_call_given_up_for_never_made_is_taken_up_when_it_rings(ringing: Ringing) -> None:
    ringing.change(status="planned", reason=None, token=None, sid=None)
    assert ringing.answered()
    assert (ringing.row().status, ringing.row().sid) == ("sent", "CA1")


# Moved or called off meanwhile


def call_off(ringing: Ringing) -> None:
    with ringing.database.transaction() as session:
        contact = lock_contact(session, ringing.profile.id, PATIENT, ringing.now)
        visit = session.get_one(Appointment, ringing.visit)
        appointments.cancel(session, ringing.profile, visit, contact, ringing.now)


def move(ringing: Ringing) -> None:
    later = STARTS_AT + dt.timedelta(days=1)
    booked(ringing.database, ringing.profile, ringing.now, starts_at=later)


@pytest.mark.parametrize("happens", [call_off, move])
@pytest.mark.parametrize("is_known", [False, True])
def test_what_has_changed_while_it_rings_is_not_told(
    ringing: Ringing, happens: Callable[[Ringing], None], is_known: bool
) -> None:
    if is_known:
        ringing.begin(status="sent", sid="CA1")
    happens(ringing)
    assert not ringing.answered()
    ringing.report("completed")
    row = ringing.row()
    assert (row.status, row.next_at) == ("planned", ringing.now)  # looked at, and settled, at once
    assert [task.reason for task in ringing.tasks()] == []


def test_a_cancelled_reminder_is_not_heard(ringing: Ringing) -> None:
    ringing.change(status="cancelled", reason="moved", token=None, next_at=None)
    assert not ringing.answered()
    ringing.heard()
    ringing.report("completed")
    assert ringing.state() == ("cancelled", "moved")


# Lines


def stopped(ringing: Ringing, line: str) -> None:
    with ringing.database.connection() as connection:
        refusal = Refusal(line, "account", 20003, by_report=True)
        stop_line(connection, refusal, wall_clock() - HOUR)


@pytest.mark.parametrize(
    ("status", "runs"),
    [
        ("queued", False),
        ("initiated", False),
        ("failed", False),
        ("canceled", False),
        ("odd", False),
        ("ringing", True),
        ("in-progress", True),
        ("busy", True),
        ("no-answer", True),
        ("completed", True),
    ],
)
def test_only_a_call_that_rang_shows_that_calls_go_out(
    ringing: Ringing, status: str, runs: bool
) -> None:
    ringing.change(started_at=wall_clock())
    calls, texts = line_of(ringing.profile, "voice"), line_of(ringing.profile)
    for line in (calls, texts):
        stopped(ringing, line)
    ringing.report(status)
    with ringing.database.connection() as connection:
        left = {stop.line for stop in stopped_lines(connection)}
    assert left == ({texts} if runs else {texts, calls})

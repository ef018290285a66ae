"""Each error of the carrier, at once or in a later report: what becomes of the reminder."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from carrier.errors import ErrorClass
from db.lines import ACCOUNT, start_lines, stopped_lines
from db.models import Reminder, StoppedLine, Task
from emulator.faults import Fault, FaultKind
from scheduler.clocks import wall_clock
from scheduler.reactions import Next, pause, reaction
from tests.support.visits import local
from tests.support.world import CLINIC_NUMBER, World

WEEK_BEFORE = local("2026-11-24T10:00")
SENDER = f"sender:{CLINIC_NUMBER}"
TRIED_AGAIN = ErrorClass.UNREACHABLE, ErrorClass.THROTTLE
_numbers = count(200)  # none of them is the clinic's own number


@dataclass(frozen=True, slots=True)
class Fate:
    """What an error makes of a reminder: its state and reason, what is learnt of the phone, the
    line that is stopped, and what is different when the error comes in a report."""

    status: str
    reason: str
    learnt: str = ""
    line: str = ""
    reported: str = ""


FATES = {
    (21610, 63014): Fate("failed", "opted_out", learnt="opted_out"),
    (21211, 21217, 13224, 21266): Fate("failed", "bad_number", learnt="unreachable"),
    (30006, 21614, 21635, 21612): Fate("failed", "not_textable", learnt="not textable"),
    (30003, 30005, 30008, 30017): Fate("planned", "undelivered"),
    (30004, 30007): Fate("failed", "undelivered"),
    (30410, 30500, 20500, 20503): Fate("in_doubt", "in_doubt"),
    (30032, 30034, 30024, 21606, 21659, 21401, 21212, 21408, 21703, 21704, 21608, 30450): Fate(
        "planned", "line_stopped", line=SENDER
    ),
    (20003, 30002, 63038, 10001): Fate("planned", "line_stopped", line=ACCOUNT),
    (20429, 30001, 21611, 30022, 30023): Fate("planned", "throttled"),
    (30610,): Fate("planned", "window_closed"),
    (30036,): Fate("failed", "too_late"),
    (21617, 21602, 21603, 21619, 21609, 21624, 35111, 35114, 35118, 21658): Fate(
        "failed", "send_failed", reported="undelivered"
    ),
    (21214, 21215, 13227, 21216, 21220, 22005): Fate(
        "failed", "send_failed", reported="undelivered"
    ),
    (11200, 12300): Fate("failed", "send_failed", reported="undelivered"),
    (99999, 61234): Fate("failed", "send_failed", reported="undelivered"),
}


def struck(world: World, kind: FaultKind, code: int) -> tuple[Reminder, str]:
    """A patient's reminder that meets an error; the row afterwards, and the phone."""
    number = next(_numbers)
    phone = f"+18285550{number}"
    born = dt.date(1900, 1, 1) + dt.timedelta(days=number)  # another person than the one before
    visit = world.book(external_id=f"A-{number}", phone=phone, date_of_birth=born)
    world.carrier.faults.add(Fault(kind=kind, code=code, to=phone))
    world.dispatch(WEEK_BEFORE)
    return world.reminders(visit)["week_before"], phone


def tasks_about(world: World, row: Reminder) -> list[Task]:
    with world.database.reading() as session:
        query = select(Task).where(Task.appointment_id == row.appointment_id)
        return list(session.scalars(query))


def learnt(world: World, phone: str) -> str:
    contact = world.contact(phone)
    known = {
        "opted_out": contact.opted_out_at is not None,
        "unreachable": not contact.reachable,
        "not textable": not contact.textable,
    }
    return ", ".join(name for name, is_so in known.items() if is_so)


def lines_stopped(world: World) -> list[str]:
    """The lines that are stopped; they are let go again."""
    with world.database.connection() as connection:
        lines = [stop.line for stop in stopped_lines(connection)]
        start_lines(connection, lines)
    return lines


def let_a_minute_pass(world: World) -> None:
    """The next attempt on a stopped line is due."""
    with world.database.transaction() as session:
        session.execute(update(StoppedLine).values(probe_at=wall_clock()))


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.FAIL])
@pytest.mark.parametrize("codes", FATES, ids=str)
def test_what_an_error_makes_of_a_reminder(
    world: World, codes: tuple[int, ...], kind: FaultKind
) -> None:
    fate = FATES[codes]
    is_report = kind is FaultKind.FAIL
    reason = fate.reported if is_report and fate.reported else fate.reason
    for code in codes:
        row, phone = struck(world, kind, code)
        assert (code, row.status, row.reason) == (code, fate.status, reason)
        assert (code, row.token) == (code, None)
        assert (code, learnt(world, phone)) == (code, fate.learnt)
        assert (code, lines_stopped(world)) == (code, [fate.line] if fate.line else [])
        opened = [(task.kind, task.reason) for task in tasks_about(world, row)]
        expected = [("unreachable", reason)] if fate.status == "failed" else []
        assert (code, opened) == (code, expected)
        assert (row.next_at is None) == (fate.status == "failed")
        assert row.attempts == (0 if fate.line and not is_report else 1)
        if fate.line:
            let_a_minute_pass(world)
            world.dispatch()  # the one attempt that shows that the line runs again
            assert lines_stopped(world) == []
            after = world.reminders(row.appointment_id)["week_before"]
            assert (code, after.status, after.reason) == (code, "delivered", None)


def test_a_phone_out_of_reach_is_tried_three_times_and_then_handed_over(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(Fault(kind=FaultKind.FAIL, code=30003, times=None))
    moment = WEEK_BEFORE
    for attempt in (1, 2):
        world.dispatch(moment)
        row = world.reminders(visit)["week_before"]
        assert (row.status, row.attempts) == ("planned", attempt)
        assert row.next_at is not None
        assert row.next_at > moment
        world.dispatch(row.next_at - dt.timedelta(seconds=1))
        assert len(world.texts_to()) == attempt
        moment = row.next_at
    world.dispatch(moment)
    row = world.reminders(visit)["week_before"]
    assert (row.status, row.reason, row.attempts) == ("failed", "undelivered", 3)
    assert [task.reason for task in world.tasks()] == ["undelivered"]


def test_a_retry_that_arrives_leaves_nothing_to_do(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(Fault(kind=FaultKind.FAIL, code=30003))
    world.dispatch(WEEK_BEFORE)
    world.dispatch(WEEK_BEFORE + dt.timedelta(minutes=15))
    row = world.reminders(visit)["week_before"]
    assert (row.status, row.reason, row.attempts) == ("delivered", None, 2)
    assert world.tasks() == []


@given(st.sampled_from([None, *ErrorClass]), st.integers(1, 500), st.floats(0, 1))
def test_a_pause_is_between_half_and_the_whole_of_a_doubling_time(
    error_class: ErrorClass | None, attempts: int, jitter: float
) -> None:
    least, most = pause(error_class, attempts, 0.0), pause(error_class, attempts, 1.0)
    assert least * 2 == most
    assert least <= pause(error_class, attempts, jitter) <= most
    assert most <= pause(error_class, attempts + 1, 1.0) <= 2 * most
    assert dt.timedelta(seconds=15) <= most <= dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("error_class", "minutes"),
    [(ErrorClass.UNREACHABLE, [15, 30, 60, 60]), (ErrorClass.THROTTLE, [0.25, 0.5, 1, 2])],
)
def test_how_long_pauses_are(error_class: ErrorClass, minutes: list[float]) -> None:
    longest = [pause(error_class, attempt, 1.0) for attempt in (1, 2, 3, 4)]
    assert longest == [dt.timedelta(minutes=each) for each in minutes]


@pytest.mark.parametrize("error_class", ErrorClass)
def test_every_class_has_a_reaction(error_class: ErrorClass) -> None:
    asks = reaction(error_class, 1)
    assert (asks.next is Next.RETRY) == (error_class in TRIED_AGAIN)
    assert asks.reason.words

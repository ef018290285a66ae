"""Texts by staff keep the sender's pace, and wait while its line is stopped."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from sqlalchemy import update

from db.clinics import store_profile
from db.lines import ACCOUNT, Refusal, stop_line, stopped_lines, take_slots
from db.models import StaffText, StoppedLine
from emulator import Fault, FaultKind
from scheduler.calling import AHEAD
from scheduler.clocks import wall_clock
from scheduler.outcomes import line_of
from scheduler.staff_texts import StaffTexts
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.staff_replies import reply, stored
from tests.support.world import World


def go(world: World, after: dt.timedelta = dt.timedelta()) -> StaffText:
    """One pass, and all of the carrier's reports on it; how the newest text stands then."""
    world.now += after
    line = world.dispatcher
    texts = StaffTexts(world.database, line.carrier, line.clinics, line.callback_url)
    texts.run(lambda: world.now)
    world.carrier.wait_until_idle()
    return stored(world.database)[-1]


def sent(world: World) -> list[str]:
    return [message.body for message in world.carrier.messages(to=desk.PHONE)]


def stop(world: World, line: str, *, long_ago: bool = False) -> None:
    """The carrier has refused a line; `long_ago` that it may be tried again."""
    with world.database.transaction() as session:
        at = wall_clock() - dt.timedelta(minutes=2) if long_ago else wall_clock()
        refusal = Refusal(line, "account", 20003, by_report=False)
        stop_line(session.connection(), refusal, at)


def stops(world: World) -> list[str]:
    with world.database.reading() as session:
        return [each.line for each in stopped_lines(session.connection())]


def slow(world: World, per_second: float) -> None:
    """The clinic's sender has this pace."""
    world.profile = msgspec.structs.replace(world.profile, messages_per_second=per_second)
    with world.database.transaction() as session:
        store_profile(session, world.profile, NOW)


def test_texts_take_slots_of_the_sender_one_after_the_other(world: World) -> None:
    slow(world, 2.0)
    for number in range(3):
        reply(world.database, f"Text {number}", NOW)
    began = wall_clock()
    go(world)
    assert sorted(sent(world)) == ["Text 0", "Text 1", "Text 2"]
    assert wall_clock() - began >= dt.timedelta(seconds=1), "two spaces of half a second"


def test_a_full_sender_is_waited_for_and_the_answer_comes_before_reminders(world: World) -> None:
    slow(world, 1.0)
    with world.database.transaction() as session:
        line = line_of(world.profile)
        taken = take_slots(session.connection(), line, 1.0, 9, AHEAD, wall_clock())
    assert len(taken) == 3
    reply(world.database, "Hello", NOW)
    go(world)
    assert sent(world) == ["Hello"]
    with world.database.transaction() as session:
        further = take_slots(session.connection(), line, 1.0, 9, AHEAD, taken[0])
    assert further == [], "no reminder takes a slot before it"


def test_without_a_slot_soon_it_is_put_off_and_that_is_no_attempt(world: World) -> None:
    slow(world, 0.001)
    with world.database.transaction() as session:
        take_slots(session.connection(), line_of(world.profile), 0.001, 1, AHEAD, wall_clock())
    reply(world.database, "Hello", NOW)
    row = go(world)
    assert (row.status, row.attempts, row.token) == ("planned", 0, None)
    assert row.next_at == NOW + dt.timedelta(seconds=1)
    assert sent(world) == []


@pytest.mark.parametrize("which", ["account", "sender"])
def test_it_waits_while_the_line_is_stopped_and_goes_out_after_it(world: World, which: str) -> None:
    line = ACCOUNT if which == "account" else line_of(world.profile)
    stop(world, line)
    reply(world.database, "Hello", NOW)
    for _ in range(3):
        row = go(world, dt.timedelta(minutes=1))
        assert (row.status, row.attempts, row.error_class) == ("planned", 0, "account")
    assert sent(world) == []
    with world.database.transaction() as session:
        session.execute(update(StoppedLine).values(probe_at=wall_clock()))
    row = go(world, dt.timedelta(minutes=1))
    assert (row.status, row.error_class, row.attempts) == ("delivered", None, 1)
    assert sent(world) == ["Hello"]
    assert stops(world) == [], "what went out shows that the line runs again"


def test_another_clinics_line_is_not_waited_for(world: World) -> None:
    stop(world, "sender:+18285550111")
    reply(world.database, "Hello", NOW)
    assert go(world).status == "delivered"


@pytest.mark.parametrize(("code", "line"), [(20003, ACCOUNT), (21606, None)])
def test_a_refused_line_is_stopped_and_the_text_waits(
    world: World, code: int, line: str | None
) -> None:
    reply(world.database, "Hello", NOW)
    world.carrier.faults.add(Fault(kind=FaultKind.ERROR, code=code))
    row = go(world)
    assert (row.status, row.attempts, row.error_code) == ("planned", 0, code)
    assert stops(world) == [line or line_of(world.profile)]
    assert world.tasks() == []
    assert go(world, dt.timedelta(minutes=1)).status == "planned"
    with world.database.transaction() as session:
        session.execute(update(StoppedLine).values(probe_at=wall_clock()))
    assert go(world, dt.timedelta(minutes=1)).status == "delivered"
    assert sent(world) == ["Hello"]


def test_a_line_that_stays_stopped_leaves_a_task(world: World) -> None:
    stop(world, ACCOUNT)
    reply(world.database, "Hello", NOW)
    go(world)
    row = go(world, dt.timedelta(hours=1))
    assert (row.status, row.error_class) == ("failed", "too_late")
    assert [task.kind for task in world.tasks()] == ["reply_failed"]
    assert sent(world) == []

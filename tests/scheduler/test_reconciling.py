"""The look back on a day: what was due, what became of it, and what nobody had planned."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select, update

from db.models import Reconciliation, Reminder
from scheduler.reconciling import LookBack, look_back
from tests.support.visits import local
from tests.support.world import World

WEEK_BEFORE = local("2026-11-24T10:00")
DAY = dt.date(2026, 11, 24)
NEXT_MORNING = local("2026-11-25T06:00")


def looked_back(world: World, day: dt.date = DAY) -> LookBack | None:
    with world.database.transaction() as session:
        return look_back(session, world.profile, day, NEXT_MORNING)


def mark(world: World, visit: int, status: str) -> None:
    with world.database.transaction() as session:
        which = (Reminder.appointment_id == visit, Reminder.kind == "week_before")
        session.execute(update(Reminder).where(*which).values(status=status))


def test_a_day_on_which_all_went_well(world: World) -> None:
    world.book()
    world.dispatch(WEEK_BEFORE)
    assert looked_back(world) == LookBack(1, 1, 0, 0, 0, 0)
    assert world.tasks() == []


def test_every_message_of_the_day_is_counted_once_and_lost_ones_are_phoned(world: World) -> None:
    states = ("delivered", "sent", "failed", "skipped", "planned", "sending", "in_doubt")
    visits = {state: world.book(external_id=state) for state in states}
    for state, visit in visits.items():
        mark(world, visit, state)
    assert looked_back(world) == LookBack(7, 1, 1, 2, 3, 0)
    lost = {visits[state] for state in ("planned", "sending", "in_doubt")}
    assert {task.appointment_id for task in world.tasks()} == lost
    assert {task.reason for task in world.tasks()} == {"unaccounted"}
    with world.database.reading() as session:
        stored = session.get_one(Reconciliation, (world.profile.id, DAY))
        assert (stored.expected, stored.unaccounted, stored.made_at) == (7, 3, NEXT_MORNING)


def test_a_day_is_looked_back_on_once(world: World) -> None:
    world.book()
    assert looked_back(world) is not None
    assert looked_back(world) is None
    assert len(world.tasks()) == 1


def test_a_day_ends_at_the_clinics_midnight(world: World) -> None:
    visits = [world.book(external_id=each) for each in ("first", "last", "next")]
    moments = ["2026-11-24T00:00", "2026-11-24T23:59", "2026-11-25T00:00"]
    for visit, moment in zip(visits, moments, strict=True):
        with world.database.transaction() as session:
            which = (Reminder.appointment_id == visit, Reminder.kind == "week_before")
            session.execute(update(Reminder).where(*which).values(due_at=local(moment)))
    sums = looked_back(world)
    assert sums is not None
    assert sums.expected == 2


def test_what_was_never_planned_is_planned(world: World) -> None:
    visit = world.book()
    with world.database.transaction() as session:
        session.execute(delete(Reminder).where(Reminder.kind != "week_before"))
    sums = looked_back(world)
    assert sums is not None
    assert sums.mended == 2
    rows = world.reminders(visit)
    assert {kind: rows[kind].status for kind in ("day_before", "fasting_start")} == {
        "day_before": "planned",
        "fasting_start": "planned",
    }
    with world.database.reading() as session:
        assert len(session.scalars(select(Reminder.id)).all()) == 3

"""The look back on a day: what was due, what became of it, and what nobody had planned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from appointment_csv import RowStatus
from appointments import upsert
from db.contacts import lock_contact, lock_contacts
from db.models import Appointment, Reconciliation, Reminder, Task
from db.session import Database
from profiles import Profile
from scheduler.reconciling import LookBack, look_back
from tests.support.csv_files import NOW
from tests.support.data import STARTS_AT, booked, row, stored_clinic
from tests.support.visits import local
from tests.support.waiting import wait_until
from tests.support.web import lock_waits
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


# What others do at the same moment


@contextmanager
def never_planned(url: str) -> Iterator[tuple[Database, Profile]]:
    """A visit whose reminders got lost, but for that of the week before."""
    with closing(Database(url)) as database:
        profile = stored_clinic(database)
        booked(database, profile, NOW)
        with database.transaction() as session:
            session.execute(delete(Reminder).where(Reminder.kind != "week_before"))
        yield database, profile


def look_at(database: Database, profile: Profile) -> LookBack | None:
    with database.transaction() as session:
        return look_back(session, profile, DAY, NEXT_MORNING)


def beside(
    session: Session, database: Database, profile: Profile, pool: ThreadPoolExecutor, workers: int
) -> list[Future[LookBack | None]]:
    """Workers that look back while a transaction is open, and wait for it."""
    session.flush()
    waiting = [pool.submit(look_at, database, profile) for _ in range(workers)]
    wait_until("they wait for the lock", lambda: lock_waits(database) == workers)
    return waiting


def open_rows(database: Database) -> list[tuple[int, str]]:
    with database.reading() as session:
        rows = select(Reminder.version, Reminder.kind).where(Reminder.status == "planned")
        return sorted((version, kind) for version, kind in session.execute(rows))


def test_two_workers_look_back_once(postgres_url: str) -> None:
    with never_planned(postgres_url) as (database, profile), ThreadPoolExecutor(2) as pool:
        with database.transaction() as session:
            lock_contacts(session, profile.id, (), NEXT_MORNING)
            workers = beside(session, database, profile, pool, 2)
        found = [worker.result(10) for worker in workers]
        assert [sums.mended for sums in found if sums is not None] == [2]
        assert [kind for _, kind in open_rows(database)] == [
            *("day_before", "fasting_start", "week_before"),
        ]


def test_who_has_locked_the_contact_alone_is_waited_for(postgres_url: str) -> None:
    """As a coordinator who calls a visit off on the site."""
    with never_planned(postgres_url) as (database, profile), ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            lock_contact(session, profile.id, "+18285550173", NEXT_MORNING)
            visit = session.scalars(select(Appointment)).one()
            visit.status = "cancelled"
            (worker,) = beside(session, database, profile, pool, 1)
        sums = worker.result(10)
        assert sums is not None
        assert sums.mended == 0
        assert open_rows(database) == [(1, "week_before")]


def test_a_move_meanwhile_leaves_no_reminder_of_the_old_date(postgres_url: str) -> None:
    with never_planned(postgres_url) as (database, profile), ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            moved = row(clinic=profile.id, starts_at=STARTS_AT + dt.timedelta(days=2))
            upsert(session, profile, moved, NEXT_MORNING)
            (worker,) = beside(session, database, profile, pool, 1)
        sums = worker.result(10)
        assert sums is not None
        assert sums.mended == 0
        assert {version for version, _ in open_rows(database)} == {2}


def test_what_is_corrected_meanwhile_counts(postgres_url: str) -> None:
    """Another number, and no consent to texts: there is no way to reach them any more."""
    with never_planned(postgres_url) as (database, profile), ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            corrected = row(clinic=profile.id, phone="+18285550188", sms_consent=False)
            upsert(session, profile, corrected, NEXT_MORNING)
            (worker,) = beside(session, database, profile, pool, 1)
        sums = worker.result(10)
        assert sums is not None
        assert sums.mended == 2
        assert open_rows(database) == [(1, "week_before")]
        with database.reading() as session:
            skipped = select(Reminder.kind).where(Reminder.reason == "no_consent")
            assert sorted(session.scalars(skipped)) == ["day_before", "fasting_start"]
            assert session.scalars(select(Task.reason)).all() == ["no_consent"]


def test_a_visit_called_off_meanwhile_gets_no_reminder(postgres_url: str) -> None:
    with never_planned(postgres_url) as (database, profile), ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            off = row(clinic=profile.id, status=RowStatus.CANCELLED)
            upsert(session, profile, off, NEXT_MORNING)
            (worker,) = beside(session, database, profile, pool, 1)
        sums = worker.result(10)
        assert sums is not None
        assert sums.mended == 0
        assert {kind for _, kind in open_rows(database)} == {"cancelled"}

"""The demo's morning: believable at any hour, nothing of it made up beside the system."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from cli.demo_morning import make_morning, sign_in_links
from db import staff as accounts
from db.call_models import Call, CallTurnRow
from db.clinics import store_profile
from db.models import (
    Appointment,
    Contact,
    InboundText,
    Patient,
    PrepAnswer,
    Reconciliation,
    Reminder,
    StaffText,
    Task,
    TaskNote,
)
from db.session import Database
from flows.model import TaskKind
from tests.cli.test_demo import seed
from tests.support.csv_files import sample_profiles
from tests.support.visits import local

MORNING = "2026-11-20T10:40"  # a Friday
MOMENTS = (
    MORNING,
    "2026-11-20T00:05",
    "2026-11-21T05:59",  # a Saturday
    "2026-11-22T21:30",
    "2026-11-23T23:59",
    "2026-11-01T08:20",  # the night before, the clocks went back
    "2027-03-14T16:10",  # the night before, they went forward
)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite database, as the demo has one."""
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def morning(database: Database, moment: str = MORNING) -> dt.datetime:
    """Have the morning of a moment on ARA Health's clock lived through; the moment, UTC."""
    now = local(moment)
    with database.transaction() as session:
        for profile in sample_profiles().values():
            store_profile(session, profile, now)
    assert lived(database, now)
    return now


def lived(database: Database, now: dt.datetime) -> bool:
    """Have the days before `now` lived through with the real clock showing `now`, as it does in a
    demo; whether that was done."""
    with time_machine.travel(now):
        return make_morning(database, now)


def values(database: Database, column: InstrumentedAttribute[Any]) -> list[Any]:
    """A column of every row."""
    with database.reading() as session:
        return list(session.scalars(select(column)).all())


@pytest.mark.parametrize("moment", MOMENTS)
def test_at_any_hour_of_any_day_it_is_there_and_over(sqlite: Database, moment: str) -> None:
    now = morning(sqlite, moment)
    zone = sample_profiles()["ara-health"].zone
    today = now.astimezone(zone).date()
    days = Counter(
        (each.astimezone(zone).date() - today).days
        for each in values(sqlite, Appointment.starts_at)
    )
    assert all(days[day] >= 5 for day in (-1, 0, 1))
    assert 25 <= sum(days[day] for day in range(-1, 8)) <= 40
    assert len(values(sqlite, Task.id)) >= 15
    moments = (Task.created_at, Task.done_at, InboundText.at, StaffText.created_at, PrepAnswer.at)
    further = (Reminder.sent_at, Reminder.settled_at, Reminder.started_at, Reminder.created_at)
    ends = (Call.started_at, Call.ended_at, CallTurnRow.at, Appointment.updated_at, TaskNote.at)
    for column in (*moments, *further, *ends):
        assert all(each is None or each <= now for each in values(sqlite, column)), column
    with sqlite.reading() as session:
        overdue = session.scalars(
            select(Reminder).where(Reminder.status == "planned", Reminder.next_at < now)
        ).all()
        assert overdue == []
        assert session.scalars(select(Reminder).where(Reminder.status == "sending")).all() == []
    yesterday = today - dt.timedelta(days=2)
    assert yesterday in values(sqlite, Reconciliation.day)
    assert set(values(sqlite, Reconciliation.unaccounted)) == {0}


def test_it_shows_everything_that_coordinators_meet(database: Database) -> None:
    now = morning(database)
    assert set(values(database, Appointment.status)) == {
        *("scheduled", "arrived", "no_show", "cancelled")
    }
    assert set(values(database, Appointment.answer)) == {"confirmed", "cannot_come", None}
    assert {"delivered", "failed", "planned", "skipped", "cancelled"} <= set(
        values(database, Reminder.status)
    )
    assert {"not_textable", "undelivered"} & {*values(database, Reminder.reason)}
    assert {"medicines", "driver", "allergies"} <= set(values(database, PrepAnswer.item))
    assert {"en", "es"} <= set(values(database, Patient.language))
    assert set(values(database, Call.direction)) == {"in", "out"}
    assert set(values(database, Call.answered_by)) == {None, "human", "machine_end_beep"}
    assert max(Counter(values(database, InboundText.contact_id)).values()) >= 6
    assert values(database, StaffText.status) == ["delivered"]
    assert_tasks(database, now)
    with database.reading() as session:
        for condition in (
            Contact.opted_out_at.is_not(None),
            ~Contact.textable,
            ~Contact.reachable,
            Contact.held_until > now,
            Contact.identity_locked_until > now,
        ):
            assert session.scalar(select(func.count()).where(condition)) == 1, condition
        shared = select(Patient.phone).group_by(Patient.phone).having(func.count() > 1)
        assert len(session.scalars(shared).all()) == 1
        nothing = select(Patient).where(~Patient.sms_consent, ~Patient.voice_consent)
        assert len(session.scalars(nothing).all()) == 1


def assert_tasks(database: Database, now: dt.datetime) -> None:
    """Most kinds are open, some for minutes and some for days; one is somebody's, some are done."""
    with database.reading() as session:
        tasks = session.scalars(select(Task)).all()
    open_tasks = [task for task in tasks if task.done_at is None]
    kinds = {task.kind for task in open_tasks}
    assert kinds >= {
        *(TaskKind.EMERGENCY, TaskKind.SAME_DAY, TaskKind.CANNOT_COME, TaskKind.CHANGE_WANTED),
        *(TaskKind.QUESTION, TaskKind.ALREADY_ATE, TaskKind.NO_DRIVER, TaskKind.UNREACHABLE),
        *(TaskKind.VOICEMAIL, TaskKind.IDENTITY_LOCKED, TaskKind.CALL_ME, TaskKind.ILL),
        *(TaskKind.ALLERGY, TaskKind.BLOOD_THINNER, TaskKind.NOT_UNDERSTOOD),
        *(TaskKind.WROTE_WHILE_OPTED_OUT, TaskKind.WROTE_TO_STAFF),
    }
    ages = sorted((now - task.created_at).total_seconds() / 3600 for task in open_tasks)
    assert ages[0] < 1 < ages[len(ages) // 2] < 48 < ages[-1]
    unseen = [task for task in open_tasks if task.urgency == "emergency"]
    assert [task.acknowledged_at for task in unseen] == [None]
    assert any(task.assignee_id for task in open_tasks)
    done: Sequence[Task] = [task for task in tasks if task.done_by is not None]
    assert {task.kind for task in done} == {"emergency", "question", "cannot_come"}


def test_each_day_has_a_morning_of_its_own_and_only_one(sqlite: Database) -> None:
    now = morning(sqlite)
    before = values(sqlite, Reminder.id)
    assert not lived(sqlite, now + dt.timedelta(hours=3))
    assert values(sqlite, Reminder.id) == before
    people = len(values(sqlite, Patient.id))
    assert lived(sqlite, now + dt.timedelta(days=1))
    assert len(values(sqlite, Patient.id)) == 2 * people
    phones = Counter(values(sqlite, Patient.phone))
    assert sorted(phones.values())[-3:] == [1, 2, 2]  # on each day two people share one


def test_the_visits_whose_reminders_are_due_come_on_top(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = morning(sqlite)
    assert seed(sqlite, monkeypatch, now) == now
    with sqlite.reading() as session:
        due = session.scalars(
            select(Reminder).where(Reminder.status == "planned", Reminder.next_at <= now)
        ).all()
        names = sorted(each.appointment.patient.first_name for each in due)
    assert names == ["Harold", "Mary"]


def test_its_links_set_a_password_each_at_the_address_given(sqlite: Database) -> None:
    now = morning(sqlite)
    earlier = sign_in_links(sqlite, "http://127.0.0.1:8300", now)
    links = sign_in_links(sqlite, "http://127.0.0.1:8300", now)
    assert list(links) == ["coordinator@example.org", "manager@example.org"]
    assert all(each.startswith("http://127.0.0.1:8300/admin/welcome/") for each in links.values())
    with sqlite.reading() as session:
        for address, link in links.items():
            found = accounts.link_owner(session, digest(link), now)
            assert found is not None
            assert found.email == address
            assert found.role in address
            assert accounts.link_owner(session, digest(earlier[address]), now) is None


def digest(link: str) -> str:
    return accounts.link_digest(link.rpartition("/")[2])

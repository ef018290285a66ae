"""One open task for one matter; nothing that a patient wrote about it is lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import select

from db.contacts import lock_contact
from db.models import Task
from db.session import Database
from db.tasks import NewTask, open_counts, open_task
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, booked, stored_clinic

LATER = NOW + dt.timedelta(minutes=5)
RISING = ["normal", "urgent", "emergency"]


@pytest.fixture
def matter(database: Database) -> NewTask:
    """A question of a known patient about their appointment."""
    appointment_id = booked(database, stored_clinic(database), NOW)
    with database.transaction() as session:
        contact = lock_contact(session, CLINIC, "+18285550173", NOW)
    return NewTask(
        clinic_id=CLINIC,
        kind="question",
        urgency="normal",
        words="Can I drive?",
        contact_id=contact.id,
        appointment_id=appointment_id,
        topic="recovery.aftercare",
    )


def tell(database: Database, *tasks: NewTask, now: dt.datetime = NOW) -> list[int]:
    with database.transaction() as session:
        return [open_task(session, task, now) for task in tasks]


def stored(database: Database) -> list[Task]:
    with database.reading() as session:
        return list(session.scalars(select(Task).order_by(Task.id)))


def test_a_task_says_whom_what_and_since_when(database: Database, matter: NewTask) -> None:
    [number] = tell(database, matter)
    [task] = stored(database)
    assert (task.id, task.kind, task.urgency, task.topic, task.words) == (
        number,
        "question",
        "normal",
        "recovery.aftercare",
        "Can I drive?",
    )
    assert (task.contact_id, task.appointment_id) == (matter.contact_id, matter.appointment_id)
    assert (task.created_at, task.updated_at, task.done_at) == (NOW, NOW, None)


def test_a_second_message_adds_its_words(database: Database, matter: NewTask) -> None:
    first = tell(database, matter)
    assert tell(database, replace(matter, words="And bathe?"), now=LATER) == first
    assert tell(database, replace(matter, words=""), now=LATER) == first
    [task] = stored(database)
    assert task.words == "Can I drive?\nAnd bathe?"
    assert (task.created_at, task.updated_at) == (NOW, LATER)


@pytest.mark.parametrize(("first", "second"), list(product(RISING, RISING)))
def test_urgency_only_rises(database: Database, matter: NewTask, first: str, second: str) -> None:
    tell(database, replace(matter, urgency=first), replace(matter, urgency=second))
    [task] = stored(database)
    assert task.urgency == max(first, second, key=RISING.index)


def test_a_task_that_is_done_is_not_reused(database: Database, matter: NewTask) -> None:
    first = tell(database, matter)
    with database.transaction() as session:
        session.get_one(Task, first[0]).done_at = LATER
    second = tell(database, replace(matter, words="Once more"))
    assert second != first
    done, still_open = stored(database)
    assert (done.words, still_open.words) == ("Can I drive?", "Once more")


def test_another_matter_is_another_task(database: Database, matter: NewTask) -> None:
    others = [
        replace(matter, kind="unreachable"),
        replace(matter, topic="prep.bring"),
        replace(matter, topic=None),
        replace(matter, reason="no_consent"),
        replace(matter, appointment_id=None),
        replace(matter, contact_id=None),
    ]
    ids = tell(database, matter, *others)
    assert len(set(ids)) == len(ids)
    assert tell(database, matter, *others) == ids
    assert len(stored(database)) == len(ids)


def test_another_clinics_task_is_another(database: Database) -> None:
    stored_clinic(database)
    stored_clinic(database, id="other-clinic", texting_number=None)
    general = NewTask(CLINIC, "question", "normal")
    assert len(set(tell(database, general, replace(general, clinic_id="other-clinic")))) == 2


def test_open_tasks_are_counted_by_urgency(database: Database, matter: NewTask) -> None:
    with database.reading() as session:
        assert open_counts(session) == {}
    ids = tell(
        database,
        matter,
        replace(matter, topic="prep.bring"),
        replace(matter, topic=None, urgency="emergency"),
        replace(matter, topic="clinic.cost", urgency="urgent"),
    )
    with database.transaction() as session:
        session.get_one(Task, ids[0]).done_at = LATER
        session.flush()
        assert open_counts(session) == {"normal": 1, "urgent": 1, "emergency": 1}

"""What coordinators find on their desk: patients who have written, tasks, steps."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from db.contacts import lock_contact
from db.models import Contact, Task, TaskNote
from db.session import Database
from db.tasks import NewTask, open_task
from tests.support.csv_files import NOW
from tests.support.data import CLINIC

PHONE = "+18285550173"


def contact_id(database: Database, phone: str = PHONE, clinic: str = CLINIC) -> int:
    """The key of a phone's contact; it is made if it is not there."""
    with database.transaction() as session:
        return lock_contact(session, clinic, phone, NOW).id


def task(
    database: Database,
    kind: str = "question",
    urgency: str = "normal",
    words: str = "",
    *,
    phone: str | None = PHONE,
    appointment: int | None = None,
    topic: str | None = None,
    at: dt.datetime = NOW,
) -> int:
    """Open a task, as a patient's text does, and give its key."""
    contact = contact_id(database, phone) if phone else None
    with database.transaction() as session:
        new = NewTask(CLINIC, kind, urgency, words, contact, appointment, topic)
        return open_task(session, new, at)


def stored_task(database: Database, key: int) -> Task:
    """A task as it is stored now."""
    with database.reading() as session:
        return session.get_one(Task, key)


def stored_contact(database: Database, key: int) -> Contact:
    """A contact as it is stored now."""
    with database.reading() as session:
        return session.get_one(Contact, key)


def story(database: Database, key: int) -> list[tuple[str, str]]:
    """The steps taken with a task, in order, with what was written."""
    with database.reading() as session:
        query = select(TaskNote).where(TaskNote.task_id == key).order_by(TaskNote.id)
        return [(note.what, note.body) for note in session.scalars(query)]

"""Working on tasks: the queue, one task with its story, and each step that staff take.

Whoever changes a task locks its row first, after the contact where that is changed as well; so
does `db.tasks.open_task` when a patient adds to one. No word of a patient ends in a task that was
closed a moment before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, select, update
from sqlalchemy.orm import Session

from db.models import Appointment, Contact, Patient, Reminder, Task, TaskNote


class Step(StrEnum):
    """What a member of staff does with a task. The values are stored; never rename one."""

    NOTE = "note"
    TAKEN = "taken"
    HANDED_ON = "handed_on"
    ACKNOWLEDGED = "acknowledged"
    DONE = "done"
    REOPENED = "reopened"
    RELEASED = "released"


class Show(StrEnum):
    """Which tasks of the queue."""

    OPEN = "open"
    MINE = "mine"
    FREE = "free"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task with what there is about it: the phone it came from, its appointment and patient."""

    task: Task
    contact: Contact | None
    appointment: Appointment | None
    patient: Patient | None


@dataclass(frozen=True, slots=True)
class QueueState:
    """Everything about the open tasks that a list of them shows and that may change; when the
    newest thing was said about any of them."""

    rows: tuple[tuple[object, ...], ...]
    newest: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Around:
    """What else belongs to some tasks: the patients on each contact's phone, by contact, and each
    patient's next appointment, by patient."""

    patients: Mapping[int, Sequence[Patient]]
    next_visits: Mapping[int, Appointment]


_RANK: Final = case({"emergency": 0, "urgent": 2, "normal": 3}, value=Task.urgency, else_=3) + case(
    ((Task.urgency == "emergency") & Task.acknowledged_at.is_not(None), 1), else_=0
)


def queue(
    session: Session,
    clinic_ids: Collection[str],
    show: Show,
    staff_id: int,
    limit: int,
    offset: int = 0,
) -> Sequence[TaskView]:
    """Tasks of some clinics: the open ones by urgency (emergencies that nobody has acknowledged
    before all others), then the oldest first; those that are done, the newest first."""
    of_page = select(Task.id).where(Task.clinic_id.in_(clinic_ids), *_shown(show, staff_id))
    order: tuple[ColumnElement[Any], ...] = (_RANK, Task.created_at.asc(), Task.id.asc())
    if show is Show.DONE:
        order = (Task.done_at.desc(), Task.id.desc())
    # What belongs to a task is looked up for those of the page, not for all before it.
    of_page = of_page.order_by(*order).limit(limit).offset(offset)
    rows = session.execute(_views().where(Task.id.in_(of_page)).order_by(*order))
    return [TaskView(task, phone, visit, who) for task, phone, visit, who in rows]


def _shown(show: Show, staff_id: int) -> Sequence[ColumnElement[bool]]:
    if show is Show.DONE:
        return (Task.done_at.is_not(None),)
    narrowed = {
        Show.MINE: (Task.assignee_id == staff_id,),
        Show.FREE: (Task.assignee_id.is_(None),),
    }
    return (Task.done_at.is_(None), *narrowed.get(show, ()))


def _views() -> Select[Task, Contact, Appointment, Patient]:
    return (
        select(Task, Contact, Appointment, Patient)
        .outerjoin(Contact, Contact.id == Task.contact_id)
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .outerjoin(Patient, Patient.id == Appointment.patient_id)
    )


def state_of_queue(session: Session, clinic_ids: Collection[str]) -> QueueState:
    """How the open tasks of some clinics stand."""
    query = (
        select(
            Task.updated_at,
            Task.id,
            Task.urgency,
            Task.assignee_id,
            Task.acknowledged_at,
            Contact.held_until,
        )
        .outerjoin(Contact, Contact.id == Task.contact_id)
        .where(Task.clinic_id.in_(clinic_ids), Task.done_at.is_(None))
        .order_by(Task.id)
    )
    rows = session.execute(query).all()
    return QueueState(tuple(map(tuple, rows)), max((row[0] for row in rows), default=None))


def changed_since(
    session: Session, clinic_ids: Collection[str], moment: dt.datetime, limit: int
) -> Sequence[TaskView]:
    """Open tasks that a patient or a worker has had something to say about since a moment."""
    query = _views().where(
        Task.clinic_id.in_(clinic_ids), Task.done_at.is_(None), Task.updated_at > moment
    )
    rows = session.execute(query.order_by(_RANK, Task.updated_at, Task.id).limit(limit))
    return [TaskView(task, phone, visit, who) for task, phone, visit, who in rows]


def around(session: Session, views: Sequence[TaskView], now: dt.datetime) -> Around:
    """What belongs to these tasks, in two statements."""
    contacts = {view.contact.id for view in views if view.contact is not None}
    patients: dict[int, list[Patient]] = {}
    query = (
        select(Contact.id, Patient)
        .join(
            Patient,
            (Patient.clinic_id == Contact.clinic_id) & (Patient.phone == Contact.phone),
        )
        .where(Contact.id.in_(contacts))
        .order_by(Patient.id)
    )
    for contact_id, patient in session.execute(query):
        patients.setdefault(contact_id, []).append(patient)
    known = {patient.id for group in patients.values() for patient in group}
    visits = session.scalars(
        select(Appointment)
        .where(
            Appointment.patient_id.in_(known),
            Appointment.starts_at > now,
            Appointment.status == "scheduled",
        )
        .order_by(Appointment.starts_at.desc())
    )
    return Around(patients, {visit.patient_id: visit for visit in visits})


def task_view(session: Session, task_id: int) -> TaskView | None:
    """One task, not locked."""
    row = session.execute(_views().where(Task.id == task_id)).one_or_none()
    return None if row is None else TaskView(row[0], row[1], row[2], row[3])


def notes_of(session: Session, task_id: int) -> Sequence[TaskNote]:
    """What was done with a task and written about it, in order."""
    query = select(TaskNote).where(TaskNote.task_id == task_id)
    return session.scalars(query.order_by(TaskNote.at, TaskNote.id)).all()


def locked_task(session: Session, task_id: int) -> Task | None:
    """One task as it is now, locked until the transaction ends."""
    query = select(Task).where(Task.id == task_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def note_step(
    session: Session, task: Task, step: Step, staff_id: int, now: dt.datetime, body: str = ""
) -> None:
    """Write down what somebody does with a (locked) task, in the transaction that does it."""
    note = TaskNote(task_id=task.id, staff_id=staff_id, at=now, what=step.value, body=body)
    session.add(note)
    session.flush()


def assign(task: Task, staff_id: int) -> None:
    """Make a (locked) task somebody's."""
    task.assignee_id = staff_id


def acknowledge(task: Task, staff_id: int, now: dt.datetime) -> None:
    """Somebody has seen the emergency and looks after it."""
    task.acknowledged_at, task.acknowledged_by = now, staff_id


def finish(task: Task, staff_id: int, now: dt.datetime) -> None:
    """Close a (locked) task."""
    task.done_at, task.done_by = now, staff_id


def reopen(task: Task) -> None:
    """Open a (locked) task again; whoever worked on it last still does."""
    task.done_at = task.done_by = None


def release_hold(session: Session, contact: Contact, now: dt.datetime) -> None:
    """Let the automated messages of a (locked) contact go out again; those that waited for it are
    looked at at once."""
    contact.held_until = None
    visits = (
        select(Appointment.id)
        .join(Appointment.patient)
        .where(Patient.clinic_id == contact.clinic_id, Patient.phone == contact.phone)
    )
    session.execute(
        update(Reminder)
        .where(
            Reminder.appointment_id.in_(visits),
            Reminder.status == "planned",
            Reminder.reason == "held",
        )
        .values(next_at=now, reason=None)
        .execution_options(synchronize_session=False)
    )

"""Tasks for coordinators. Nothing that a patient needs is said only in a log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from db.desk_models import TaskNote
from db.models import Task

_RANK: Final = {"normal": 0, "urgent": 1, "emergency": 2}


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a coordinator is to do, about whom; `words` is what the patient wrote."""

    clinic_id: str
    kind: str
    urgency: str
    words: str = ""
    contact_id: int | None = None
    appointment_id: int | None = None
    topic: str | None = None
    reason: str | None = None
    call_sid: str | None = None


def open_task(session: Session, new: NewTask, now: dt.datetime) -> int:
    """Open a task, or add to the open one about the same matter; returns its id.

    A second message about one matter makes no second task: its words are added, and the urgency
    only ever rises. One that tells of an emergency has to be acknowledged anew. The task is locked,
    so that it is not closed by somebody who has not seen what is being added.
    """
    task = session.scalar(
        select(Task)
        .where(
            Task.done_at.is_(None),
            Task.clinic_id == new.clinic_id,
            Task.kind == new.kind,
            Task.appointment_id.is_not_distinct_from(new.appointment_id),
            *_same_matter(new),
        )
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if task is None:
        task = Task(
            clinic_id=new.clinic_id,
            contact_id=new.contact_id,
            appointment_id=new.appointment_id,
            kind=new.kind,
            urgency=new.urgency,
            topic=new.topic,
            reason=new.reason,
            call_sid=new.call_sid,
            words=new.words,
            created_at=now,
            updated_at=now,
            done_at=None,
        )
        session.add(task)
    else:
        task.words = "\n".join(filter(None, (task.words, new.words)))
        task.reason = new.reason or task.reason
        task.urgency = max(task.urgency, new.urgency, key=_RANK.__getitem__)
        task.call_sid = new.call_sid or task.call_sid
        task.updated_at = now
        if new.urgency == "emergency":
            task.acknowledged_at = task.acknowledged_by = None
    session.flush()
    return task.id


def open_voicemail_task(
    session: Session, new: NewTask, now: dt.datetime, *, is_recorded: bool
) -> int:
    """The one task about the voice message of a call, however often and in whichever order the call
    and its recording are reported. One that was done before the recording came is opened again."""
    task = session.scalar(
        select(Task).where(Task.call_sid == new.call_sid, Task.kind == new.kind).limit(1)
    )
    if task is None:
        return open_task(session, new, now)
    if is_recorded and task.done_at is not None:
        task.done_at = None
        task.updated_at = now
    return task.id


def remove_task(session: Session, needless: NewTask, opened_at: dt.datetime) -> None:
    """Remove a task of a call's that was opened at a moment and turns out to be needless, unless
    anything has been added to it or done about it since."""
    found = session.scalar(
        select(Task)
        .where(
            Task.call_sid == needless.call_sid,
            Task.kind == needless.kind,
            Task.appointment_id.is_not_distinct_from(needless.appointment_id),
            *_same_matter(needless),
            Task.created_at == opened_at,
            Task.updated_at == opened_at,
            *(each.is_(None) for each in (Task.assignee_id, Task.acknowledged_by, Task.done_at)),
        )
        .with_for_update()
    )
    if found is None:
        return
    if session.scalar(select(func.count()).where(TaskNote.task_id == found.id)) == 0:
        session.delete(found)
        session.flush()


def _same_matter(new: NewTask) -> Sequence[ColumnElement[bool]]:
    """What else must be equal. To phone a patient about an appointment is one matter, whatever the
    reasons; the newest one is kept. Of callers without a number nobody knows whether they are the
    same, and every voice message is a matter of its own. Why a call reached nobody makes no other
    matter of it."""
    if new.kind == "unreachable" and new.appointment_id is not None:
        return ()
    if new.call_sid is not None and (new.contact_id is None or new.kind == "voicemail"):
        return (Task.call_sid == new.call_sid, Task.topic.is_not_distinct_from(new.topic))
    of_caller = (
        Task.contact_id.is_not_distinct_from(new.contact_id),
        Task.topic.is_not_distinct_from(new.topic),
    )
    if new.call_sid is not None:
        return of_caller
    return (
        *of_caller,
        Task.reason.is_not_distinct_from(new.reason),
    )


def open_counts(session: Session) -> dict[str, int]:
    """How many tasks are open, by urgency."""
    query = select(Task.urgency, func.count()).where(Task.done_at.is_(None)).group_by(Task.urgency)
    return dict(session.execute(query).all())


def close_tasks(
    session: Session, appointment_id: int, reasons: Collection[str], now: dt.datetime
) -> None:
    """Close the open requests to phone about an appointment that were made for these reasons: the
    message has reached the patient after all."""
    session.execute(
        update(Task)
        .where(
            Task.appointment_id == appointment_id,
            Task.kind == "unreachable",
            Task.done_at.is_(None),
            Task.reason.in_(reasons),
        )
        .values(done_at=now, updated_at=now)
        .execution_options(synchronize_session=False)
    )

"""Reminder rows one by one: locked, settled, noted down, counted and listed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session, joinedload

from db.contacts import lock_contact
from db.models import Appointment, Patient, Reconciliation, Reminder, ReminderEvent


def lock_with_contact(session: Session, reminder_id: int, now: dt.datetime) -> Reminder | None:
    """One reminder with its appointment and patient, locked, and before it the contact it went to.

    Both stay locked for the rest of the transaction; in this order, as everywhere.
    """
    to = session.execute(
        select(Appointment.clinic_id, Reminder.to, Patient.phone)
        .join(Reminder.appointment)
        .join(Appointment.patient)
        .where(Reminder.id == reminder_id)
    ).one_or_none()
    if to is None:
        return None
    lock_contact(session, to.clinic_id, to.to or to.phone, now)
    query = (
        select(Reminder)
        .where(Reminder.id == reminder_id)
        .options(joinedload(Reminder.appointment).joinedload(Appointment.patient))
        .with_for_update(of=Reminder)
    )
    return session.scalar(query)


def reminder_id_of_sid(session: Session, sid: str) -> int | None:
    """The reminder that went out as the carrier's message `sid`."""
    return session.scalar(select(Reminder.id).where(Reminder.sid == sid))


def settle(reminder: Reminder, status: str, reason: str | None, now: dt.datetime) -> None:
    """Bring a reminder to a state in which no worker needs to look at it again."""
    reminder.status = status
    reminder.reason = reason
    reminder.next_at = None
    reminder.token = None
    reminder.settled_at = now


def note(
    session: Session,
    reminder_id: int,
    what: str,
    now: dt.datetime,
    detail: str | None = None,
    error_code: int | None = None,
) -> None:
    """Write down one thing that happened to a reminder; `detail` holds nothing personal."""
    session.add(
        ReminderEvent(
            reminder_id=reminder_id, at=now, what=what, detail=detail, error_code=error_code
        )
    )


def counts_by_status(session: Session) -> dict[str, int]:
    """How many reminders are in each state."""
    rows = session.execute(select(Reminder.status, func.count()).group_by(Reminder.status))
    return dict(rows.all())


def oldest_overdue(session: Session, now: dt.datetime) -> dt.datetime | None:
    """Since when the longest-waiting reminder that is due has been due; `None` if none is."""
    return session.scalar(
        select(func.min(Reminder.next_at)).where(
            Reminder.next_at <= now, Reminder.status.in_(("planned", "sending", "in_doubt"))
        )
    )


def newest_look_backs(session: Session) -> Sequence[Reconciliation]:
    """For each clinic the newest day that was looked back on."""
    newest = (
        select(Reconciliation.clinic_id, func.max(Reconciliation.day).label("day"))
        .group_by(Reconciliation.clinic_id)
        .subquery()
    )
    query = select(Reconciliation).join(
        newest,
        and_(Reconciliation.clinic_id == newest.c.clinic_id, Reconciliation.day == newest.c.day),
    )
    return session.scalars(query).all()


def events_of(session: Session, reminder_ids: Sequence[int]) -> Sequence[ReminderEvent]:
    """What happened to some reminders, in order."""
    query = (
        select(ReminderEvent)
        .where(ReminderEvent.reminder_id.in_(reminder_ids))
        .order_by(ReminderEvent.at, ReminderEvent.id)
    )
    return session.scalars(query).all()


def listed(
    session: Session, external_id: str | None, due_by: dt.datetime | None = None
) -> Sequence[Reminder]:
    """All reminders, or those of one appointment, by appointment, version and time; with `due_by`
    only those that a worker must look at by that moment."""
    notice_last = case((Reminder.kind == "cancelled", 1), else_=0)
    query = (
        select(Reminder)
        .join(Reminder.appointment)
        .options(joinedload(Reminder.appointment).joinedload(Appointment.patient))
        .order_by(Reminder.appointment_id, Reminder.version, Reminder.due_at, notice_last)
    )
    if due_by is not None:
        query = query.where(Reminder.next_at <= due_by)
    if external_id is not None:
        query = query.where(Appointment.external_id == external_id)
    return session.scalars(query).all()


def all_of(session: Session, appointment_id: int) -> Sequence[Reminder]:
    """Every reminder of an appointment, the newest date first, then by time."""
    query = (
        select(Reminder)
        .where(Reminder.appointment_id == appointment_id)
        .order_by(Reminder.version.desc(), Reminder.due_at, Reminder.id)
    )
    return session.scalars(query).all()

"""Reminder rows: claiming what is due, and writing down what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session, joinedload

from db.contacts import lock_contact
from db.models import Appointment, Patient, Reminder, ReminderEvent


def claim_due(
    session: Session, now: dt.datetime, lease_until: dt.datetime, token: str, limit: int
) -> Sequence[Reminder]:
    """Take up to `limit` due reminders; they are `sending` until `lease_until`, ours by `token`.

    What another worker is claiming at the same moment is passed over, so that any number of
    workers share the work. The earliest `send_by` comes first. The rows come with their
    appointment and patient.
    """
    due = (
        select(Reminder.id)
        .where(Reminder.next_at <= now, Reminder.status == "planned")
        .order_by(Reminder.send_by, Reminder.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    ids = session.scalars(
        update(Reminder)
        .where(Reminder.id.in_(select(due.c.id)))
        .values(status="sending", next_at=lease_until, token=token, attempts=Reminder.attempts + 1)
        .returning(Reminder.id)
        .execution_options(synchronize_session=False)
    ).all()
    return _with_patients(session, ids)


def expired_leases(session: Session, now: dt.datetime, limit: int) -> Sequence[Reminder]:
    """Rows whose worker died while it was sending them, locked."""
    ids = session.scalars(
        select(Reminder.id)
        .where(Reminder.next_at <= now, Reminder.status == "sending")
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return _with_patients(session, ids)


def _with_patients(session: Session, ids: Sequence[int]) -> Sequence[Reminder]:
    query = (
        select(Reminder)
        .where(Reminder.id.in_(ids))
        .options(joinedload(Reminder.appointment).joinedload(Appointment.patient))
        .order_by(Reminder.send_by, Reminder.id)
    )
    return session.scalars(query).all()


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


def listed(session: Session, external_id: str | None) -> Sequence[Reminder]:
    """All reminders, or those of one appointment, by appointment, version and time."""
    notice_last = case((Reminder.kind == "cancelled", 1), else_=0)
    query = (
        select(Reminder)
        .join(Reminder.appointment)
        .options(joinedload(Reminder.appointment).joinedload(Appointment.patient))
        .order_by(Reminder.appointment_id, Reminder.version, Reminder.due_at, notice_last)
    )
    if external_id is not None:
        query = query.where(Appointment.external_id == external_id)
    return session.scalars(query).all()

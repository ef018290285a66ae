"""Planning again what was skipped because a patient could not be reached, once they can be.

Consent is given, a number or channel is corrected, messages are switched on again: whoever stores
that calls this in the same transaction, with the contact locked. Only messages that never were an
attempt at the carrier come back, so none goes out twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.models import Appointment, Contact, Patient, Reminder
from db.reminders import note
from db.tasks import close_tasks
from scheduler.channel import choose_channel
from scheduler.planning import reachability
from scheduler.policy import Kind, Reason

CORRECTABLE: Final = frozenset(
    {Reason.NO_CONSENT, Reason.OPTED_OUT, Reason.BAD_NUMBER, Reason.NOT_TEXTABLE}
)
"""Why a message was skipped that can go out once something about the patient is corrected."""
EVENT: Final = "planned_again"
"""What is noted of such a message, with the reason that it had been skipped for."""
_LOST: Final = ("failed", "missed", "in_doubt")


def plan_again(session: Session, patients: Collection[int], now: dt.datetime) -> int:
    """Plan again the skipped messages of these patients that are of use and have a way now; returns
    how many. `now` is UTC.

    One whose moment has passed is due at once. The request to phone about an appointment is closed
    unless another of its messages stays lost.
    """
    revived: set[int] = set()
    count = 0
    for row, appointment, patient, contact in _candidates(session, patients, now):
        channel, obstacle = choose_channel(reachability(patient, contact))
        if obstacle is not None or not can_come_back(row):
            continue
        if appointment.status != ("cancelled" if row.kind == Kind.CANCELLED else "scheduled"):
            continue
        note(session, row.id, EVENT, now, row.reason)
        row.status, row.reason, row.settled_at = "planned", None, None
        row.channel = channel.value
        row.next_at = row.due_at = max(row.due_at, now)
        revived.add(appointment.id)
        count += 1
    session.flush()
    for appointment_id in revived - _still_lost(session, revived):
        close_tasks(session, appointment_id, CORRECTABLE, now)
    return count


def can_come_back(row: Reminder) -> bool:
    """Whether a message was skipped for what can be corrected, and never was an attempt."""
    return row.status == "skipped" and row.reason in CORRECTABLE and row.attempts == 0


def plan_again_on(session: Session, clinic_id: str, phone: str, now: dt.datetime) -> int:
    """As `plan_again`, for everyone who has this phone (E.164) on file."""
    query = select(Patient.id).where(Patient.clinic_id == clinic_id, Patient.phone == phone)
    return plan_again(session, session.scalars(query).all(), now)


def _candidates(
    session: Session, patients: Collection[int], now: dt.datetime
) -> Sequence[tuple[Reminder, Appointment, Patient, Contact | None]]:
    """Their messages that were never an attempt and still are of use, locked.

    Planned ones are among them: a worker that skips one of them at this moment, for what it read
    before the correction, is waited for.
    """
    if not patients:
        return ()
    query = (
        select(Reminder, Appointment, Patient, Contact)
        .join(Appointment, Appointment.id == Reminder.appointment_id)
        .join(Patient, Patient.id == Appointment.patient_id)
        .outerjoin(
            Contact, (Contact.clinic_id == Patient.clinic_id) & (Contact.phone == Patient.phone)
        )
        .where(
            Patient.id.in_(patients),
            Reminder.version == Appointment.version,
            Reminder.status.in_(("planned", "skipped")),
            Reminder.attempts == 0,
            Reminder.send_by > now,
            Appointment.starts_at > now,
        )
        .order_by(Reminder.id)
        .with_for_update(of=Reminder)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def _still_lost(session: Session, appointments: Collection[int]) -> set[int]:
    """Which of these appointments have a message that did not reach the patient and will not."""
    query = (
        select(Reminder.appointment_id)
        .join(Appointment, Appointment.id == Reminder.appointment_id)
        .where(
            Reminder.appointment_id.in_(appointments),
            Reminder.version == Appointment.version,
            or_(
                Reminder.status.in_(_LOST),
                (Reminder.status == "skipped") & Reminder.reason.in_(CORRECTABLE),
            ),
        )
    )
    return set(session.scalars(query))

"""What was said between a clinic and a phone, source by source, the newest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Contact, InboundText, OptChange, Patient, Reminder, StaffText, Task


def contact_by_key(session: Session, contact_id: int) -> Contact | None:
    """A contact, not locked."""
    return session.get(Contact, contact_id)


def patients_on(session: Session, contact: Contact) -> Sequence[Patient]:
    """The patients who have this phone on file."""
    query = select(Patient).where(
        Patient.clinic_id == contact.clinic_id, Patient.phone == contact.phone
    )
    return session.scalars(query.order_by(Patient.id)).all()


def texts_in(
    session: Session, contact: Contact, before: dt.datetime, limit: int
) -> Sequence[InboundText]:
    """Texts that came in, each with the answer that it got."""
    query = select(InboundText).where(InboundText.contact_id == contact.id, InboundText.at < before)
    return session.scalars(query.order_by(InboundText.at.desc()).limit(limit)).all()


def reminders_out(
    session: Session, contact: Contact, before: dt.datetime, limit: int
) -> Sequence[Reminder]:
    """Reminders and notices that went to this phone, also those in doubt."""
    began = func.coalesce(Reminder.sent_at, Reminder.started_at)
    query = select(Reminder).where(
        Reminder.clinic_id == contact.clinic_id,
        Reminder.to == contact.phone,
        Reminder.attempts > 0,
        began < before,
    )
    return session.scalars(query.order_by(began.desc()).limit(limit)).all()


def texts_by_staff(
    session: Session, contact: Contact, before: dt.datetime, limit: int
) -> Sequence[StaffText]:
    """Texts that staff wrote."""
    query = select(StaffText).where(
        StaffText.contact_id == contact.id, StaffText.created_at < before
    )
    return session.scalars(query.order_by(StaffText.created_at.desc()).limit(limit)).all()


def opt_changes(
    session: Session, contact: Contact, before: dt.datetime, limit: int
) -> Sequence[OptChange]:
    """Opt-outs and opt-ins."""
    query = select(OptChange).where(OptChange.contact_id == contact.id, OptChange.at < before)
    return session.scalars(query.order_by(OptChange.at.desc()).limit(limit)).all()


def newest_opt_out(session: Session, contact: Contact) -> OptChange | None:
    """The opt-out that holds now, with its words; `None` while messages are switched on."""
    if contact.opted_out_at is None:
        return None
    query = select(OptChange).where(
        OptChange.contact_id == contact.id, OptChange.change == "opt_out"
    )
    return session.scalar(query.order_by(OptChange.at.desc(), OptChange.id.desc()).limit(1))


def wrote_last_at(session: Session, contact: Contact) -> dt.datetime | None:
    """When the patient last texted; `None` if never."""
    query = select(InboundText.at).where(InboundText.contact_id == contact.id)
    return session.scalar(query.order_by(InboundText.at.desc()).limit(1))


def open_tasks_of(session: Session, contact: Contact) -> Sequence[Task]:
    """Open tasks about a contact, the oldest first."""
    query = select(Task).where(Task.contact_id == contact.id, Task.done_at.is_(None))
    return session.scalars(query.order_by(Task.created_at, Task.id)).all()


def open_answer_tasks(session: Session, contact: Contact, kind: str) -> Sequence[Task]:
    """As `open_tasks_of`, of one kind and locked."""
    query = select(Task).where(
        Task.contact_id == contact.id, Task.kind == kind, Task.done_at.is_(None)
    )
    return session.scalars(query.with_for_update()).all()

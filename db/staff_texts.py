"""Texts that staff write to patients: stored once, claimed by a worker, followed to their end.

Whoever changes one of them locks the contact first, as for reminders; a claim passes over what
another worker is claiming.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.claims import Lease
from db.contacts import lock_known_contact
from db.models import Contact, Reminder, StaffText

USEFUL: Final = dt.timedelta(hours=1)
"""How long an answer is worth sending: later it could be misleading."""


@dataclass(frozen=True, slots=True)
class NewText:
    """A text to a (locked) contact; `form_key` is that of the form it was written in."""

    contact: Contact
    staff_id: int
    form_key: str
    body: str


def write(session: Session, new: NewText, now: dt.datetime) -> StaffText | None:
    """Store a text for a worker to send at once; `None` if this form was sent before."""
    if is_written(session, new.form_key):
        return None
    text = StaffText(
        clinic_id=new.contact.clinic_id,
        contact_id=new.contact.id,
        staff_id=new.staff_id,
        form_key=new.form_key,
        to=new.contact.phone,
        body=new.body,
        status="planned",
        send_by=now + USEFUL,
        next_at=now,
        created_at=now,
    )
    session.add(text)
    session.flush()
    return text


def is_written(session: Session, form_key: str) -> bool:
    """Whether a form was sent before."""
    known = select(StaffText.id).where(StaffText.form_key == form_key)
    return session.scalar(known) is not None


def claim_due(
    session: Session, now: dt.datetime, lease: Lease, real: dt.datetime
) -> tuple[StaffText, Contact] | None:
    """Take the oldest text that is to go out now, as one whose request begins at `real`."""
    row = _take(session, now, ("planned",))
    if row is None:
        return None
    row.status, row.token, row.next_at = "sending", lease.token, lease.until
    row.started_at = real
    row.attempts += 1
    return row, session.get_one(Contact, row.contact_id)


def claim_unsettled(session: Session, now: dt.datetime, lease: Lease) -> StaffText | None:
    """Take a text whose fate must be looked up; its state stays as it is."""
    row = _take(session, now, ("sending", "in_doubt", "sent"))
    if row is not None:
        row.token, row.next_at = lease.token, lease.until
    return row


def _take(session: Session, now: dt.datetime, states: Collection[str]) -> StaffText | None:
    query = (
        select(StaffText)
        .where(StaffText.next_at <= now, StaffText.status.in_(states))
        .order_by(StaffText.next_at, StaffText.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalar(query)


def lock_staff_text(session: Session, text_id: int) -> StaffText | None:
    """One text as it is now, locked, and its contact before it."""
    contact_id = session.scalar(select(StaffText.contact_id).where(StaffText.id == text_id))
    if contact_id is None:
        return None
    lock_known_contact(session, contact_id)
    query = select(StaffText).where(StaffText.id == text_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def sids_in_use(session: Session, sids: Collection[str]) -> set[str]:
    """Which of these messages of the carrier belong to something that is known."""
    of_texts = session.scalars(select(StaffText.sid).where(StaffText.sid.in_(sids)))
    of_reminders = session.scalars(select(Reminder.sid).where(Reminder.sid.in_(sids)))
    return {sid for sid in (*of_texts, *of_reminders) if sid is not None}

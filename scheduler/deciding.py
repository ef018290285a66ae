"""The last look at a claimed reminder: may it still be sent, and what exactly."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from db.contacts import ContactState, contact_of
from db.models import Reminder
from db.reminders import settle
from flows.library import Library
from flows.model import Subject
from profiles import Profile
from scheduler.bodies import body_of
from scheduler.channel import Channel, choose_channel
from scheduler.clock_words import day_words
from scheduler.planning import ask_to_phone, reachability
from scheduler.policy import Kind, Reason, closing, next_opening


@dataclass(frozen=True, slots=True)
class Send:
    """One request to make: whom, what, and how many seconds the carrier may take over it."""

    reminder_id: int
    token: str
    kind: Kind
    to: str = field(repr=False)
    body: str = field(repr=False)
    from_number: str | None
    validity_seconds: int
    subject: Subject = field(repr=False)


def decide(
    session: Session, library: Library, profile: Profile, row: Reminder, now: dt.datetime
) -> Send | None:
    """Look at a claimed row once more; `None` if it is not to be sent now.

    Everything may have changed since it was planned: the appointment, the patient's number, wishes
    and language, the hour. A row that can't be sent any more gets its final state and, where the
    patient would otherwise hear nothing, a task.
    """
    appointment = row.appointment
    contact = contact_of(session, profile.id, appointment.patient.phone)
    if _is_outdated(row):
        moved = appointment.version != row.version
        settle(row, "cancelled", Reason.MOVED if moved else Reason.CANCELLED, now)
        return None
    channel, obstacle = choose_channel(reachability(appointment.patient, contact))
    row.channel = channel.value
    if obstacle is not None:
        _give_up(session, row, contact, "skipped", obstacle, now)
        return None
    if now >= row.send_by:
        _give_up(session, row, contact, "missed", Reason.TOO_LATE, now)
        return None
    later = _not_before(profile, row, contact, now)
    if later is not None:
        _put_off(row, *later)
        return None
    if channel is Channel.VOICE:
        _give_up(session, row, contact, "missed", Reason.CALLS_UNAVAILABLE, now)
        return None
    return _prepared(library, profile, row, now)


def _is_outdated(row: Reminder) -> bool:
    appointment = row.appointment
    wanted = "cancelled" if row.kind == Kind.CANCELLED else "scheduled"
    return appointment.version != row.version or appointment.status != wanted


def _give_up(
    session: Session,
    row: Reminder,
    contact: ContactState | None,
    status: str,
    reason: Reason,
    now: dt.datetime,
) -> None:
    settle(row, status, reason, now)
    ask_to_phone(session, row.appointment, contact.id if contact else None, reason, now)


def _not_before(
    profile: Profile, row: Reminder, contact: ContactState | None, now: dt.datetime
) -> tuple[dt.datetime, Reason | None] | None:
    """Until when the row must wait, and why: a hold after a red flag, or the night.

    It is looked at again at `send_by` at the latest, so that a task is opened in time.
    """
    if contact and contact.held_until is not None and contact.held_until > now:
        return min(contact.held_until, row.send_by), Reason.HELD
    opening = next_opening(profile, now)
    if opening > now:
        return min(opening, row.send_by), None
    return None


def _put_off(row: Reminder, until: dt.datetime, reason: Reason | None) -> None:
    """Give a row back unsent; it was not an attempt."""
    row.status = "planned"
    row.reason = reason
    row.next_at = until
    row.token = None
    row.attempts -= 1


def _prepared(library: Library, profile: Profile, row: Reminder, now: dt.datetime) -> Send:
    appointment = row.appointment
    patient = appointment.patient
    kind = Kind(row.kind)
    row.reason = None
    row.to = patient.phone
    row.body = body_of(library, profile, appointment, kind, now)
    latest = min(row.send_by, closing(profile, now))
    return Send(
        reminder_id=row.id,
        token=row.token or "",
        kind=kind,
        to=row.to,
        body=row.body,
        from_number=profile.texting_number,
        validity_seconds=int((latest - now).total_seconds()),
        subject=subject_of(row, profile),
    )


def subject_of(row: Reminder, profile: Profile) -> Subject:
    """What a reminder asks about, in the words that it uses itself."""
    appointment = row.appointment
    local = appointment.starts_at.astimezone(profile.zone)
    return Subject(
        appointment.id,
        row.version,
        appointment.patient.first_name,
        day_words(local.date(), appointment.patient.language),
        appointment.starts_at,
    )

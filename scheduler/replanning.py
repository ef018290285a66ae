"""Bringing a clinic's reminders in line with changed rules, a few appointments at a time.

How far that is stands in the clinic's row, so whoever is interrupted, a worker or a command, leaves
the rest to the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from db.contacts import lock_contacts
from db.models import Appointment, Clinic, Reminder
from db.session import Database
from profiles import Profile, profile_from_json
from scheduler.planning import replan

_PIECE: Final = 50


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step did: how many reminders got another moment, were added or were cancelled, and
    whether it was the last one."""

    changed: int
    is_last: bool


def clinics_to_replan(session: Session) -> Sequence[str]:
    """The clinics whose reminders are not in line with their rules yet."""
    waiting = select(Clinic.id).where(Clinic.replan_after.is_not(None))
    return session.scalars(waiting.order_by(Clinic.id)).all()


def replan_piece(database: Database, clinic_id: str, now: dt.datetime) -> Piece:
    """Bring the next appointments of a clinic in line, by the profile as it is now; `now` is UTC.

    The clinic is locked first, then the contacts, then the reminders: neither an import, nor a
    text of a patient, nor a worker that takes a reminder up is in between.
    """
    with database.transaction() as session:
        clinic = session.get(
            Clinic, clinic_id, with_for_update={"key_share": True}, populate_existing=True
        )
        if clinic is None or clinic.replan_after is None:
            return Piece(0, is_last=True)
        profile = profile_from_json(clinic.profile)
        visits = _coming(session, clinic_id, clinic.replan_after, now)
        clinic.replan_after = visits[-1].id if len(visits) == _PIECE else None
        changed = _replanned(session, profile, visits, now) if visits else 0
        return Piece(changed, is_last=clinic.replan_after is None)


def _coming(
    session: Session, clinic_id: str, after: int, now: dt.datetime
) -> Sequence[Appointment]:
    query = select(Appointment).where(
        Appointment.clinic_id == clinic_id,
        Appointment.status == "scheduled",
        Appointment.starts_at > now,
        Appointment.id > after,
    )
    query = query.order_by(Appointment.id).limit(_PIECE)
    return session.scalars(query.options(joinedload(Appointment.patient))).all()


def _replanned(
    session: Session, profile: Profile, visits: Sequence[Appointment], now: dt.datetime
) -> int:
    phones = {visit.patient.phone for visit in visits}
    contacts = lock_contacts(session, profile.id, phones, now)
    keys = [visit.id for visit in visits]
    rows: dict[int, list[Reminder]] = {key: [] for key in keys}
    # What was cancelled or claimed until the locks were held is read again.
    fresh = select(Appointment).where(Appointment.id.in_(keys)).order_by(Appointment.id)
    again = {"populate_existing": True}
    visits = session.scalars(
        fresh.options(joinedload(Appointment.patient)).execution_options(**again)
    ).all()
    theirs = select(Reminder).where(Reminder.appointment_id.in_(keys)).order_by(Reminder.id)
    locking = theirs.with_for_update(key_share=True, of=Reminder).execution_options(**again)
    for row in session.scalars(locking):
        rows[row.appointment_id].append(row)
    return sum(
        replan(session, profile, visit, contacts.get(visit.patient.phone), rows[visit.id], now)
        for visit in visits
        if visit.status == "scheduled" and visit.starts_at > now
    )

"""Who has shown who they are: the patients behind a phone number, and dates of birth that missed.

All of it happens while the contact is locked, so that guesses that come in at the same time, by
text and by call, are counted one after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import and_, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from db.contacts import ContactState, set_contact
from db.models import Appointment, Identity, Patient
from db.upsert import insert_for

VERIFIED_FOR: Final = dt.timedelta(days=30)

_BEHIND: Final = (
    select(
        Patient.id.label("patient"),
        Patient.first_name,
        Patient.date_of_birth,
        Identity.verified_until,
        Appointment.id.label("appointment"),
        Appointment.version,
        Appointment.procedure,
        Appointment.starts_at,
    )
    .outerjoin(
        Identity,
        and_(Identity.patient_id == Patient.id, Identity.contact_id == bindparam("contact")),
    )
    .outerjoin(
        Appointment,
        and_(
            Appointment.patient_id == Patient.id,
            Appointment.status == "scheduled",
            Appointment.starts_at > bindparam("now"),
        ),
    )
    .where(Patient.clinic_id == bindparam("clinic"), Patient.phone == bindparam("phone"))
    .order_by(Patient.id, Appointment.starts_at, Appointment.id)
)


@dataclass(frozen=True, slots=True)
class Booked:
    """A coming visit as it is stored."""

    id: int
    version: int
    procedure: str
    starts_at: dt.datetime


@dataclass(slots=True)
class Behind:
    """A patient with the number on file; `is_verified` if their date of birth was given lately."""

    patient: int
    first_name: str = field(repr=False)
    date_of_birth: dt.date = field(repr=False)
    is_verified: bool
    coming: list[Booked]


def patients_behind(
    connection: Connection, contact: ContactState, now: dt.datetime
) -> list[Behind]:
    """Everyone who has a number on file, with the visits that lie ahead of `now` (UTC)."""
    values = {
        "contact": contact.id,
        "clinic": contact.clinic_id,
        "phone": contact.phone,
        "now": now,
    }
    found: dict[int, Behind] = {}
    for row in connection.execute(_BEHIND, values):
        behind = found.get(row.patient)
        if behind is None:
            is_verified = row.verified_until is not None and row.verified_until > now
            behind = Behind(row.patient, row.first_name, row.date_of_birth, is_verified, [])
            found[row.patient] = behind
        if row.appointment is not None:
            behind.coming.append(Booked(row.appointment, row.version, row.procedure, row.starts_at))
    return list(found.values())


def record_verified(
    session: Session, contact: ContactState, patients: Collection[int], now: dt.datetime
) -> None:
    """These patients' date of birth was given: that counts for 30 days from `now` (UTC)."""
    until = now + VERIFIED_FOR
    for patient in patients:
        making = insert_for(session.connection(), Identity).values(
            contact_id=contact.id, patient_id=patient, verified_until=until
        )
        session.execute(
            making.on_conflict_do_update(
                index_elements=["contact_id", "patient_id"], set_={"verified_until": until}
            )
        )
    set_contact(session, contact.id, identity_misses=0)


def record_miss(session: Session, contact: ContactState) -> None:
    """A date of birth was given that no patient of the (locked) contact's number has."""
    set_contact(session, contact.id, identity_misses=contact.identity_misses + 1)


def record_lock(session: Session, contact: ContactState, until: dt.datetime) -> None:
    """No more dates of birth are taken from this number before `until` (UTC)."""
    set_contact(session, contact.id, identity_misses=0, identity_locked_until=until)

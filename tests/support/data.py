"""What most tests of the data side start from: a stored clinic and an appointment in it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from sqlalchemy import select

from appointment_csv import AppointmentRow, Channel, RowStatus
from appointments import upsert
from db.clinics import store_profile
from db.models import Appointment
from db.session import Database
from profiles import Profile
from tests.support.csv_files import NOW, sample_profiles
from tests.support.visits import local

CLINIC: Final = "ara-health"
STARTS_AT: Final = local("2026-12-01T08:30")
"""The usual appointment: far enough after `NOW` for every reminder to lie ahead."""


def stored_clinic(database: Database, **changes: object) -> Profile:
    """ARA Health, with these fields of its profile changed, stored in a migrated database."""
    profile: Profile = msgspec.structs.replace(sample_profiles()[CLINIC], **changes)
    with database.transaction() as session:
        store_profile(session, profile, NOW)
    return profile


def row(**changes: object) -> AppointmentRow:
    """One good row of a file: kyphoplasty at ARA Health at `STARTS_AT`, texts agreed to."""
    values: dict[str, Any] = {
        "row": 2,
        "external_id": "A-1001",
        "clinic": CLINIC,
        "first_name": "Rosalind",
        "last_name": "Quackenbush",
        "date_of_birth": dt.date(1944, 5, 17),
        "phone": "+18285550173",
        "language": "en",
        "procedure": "kyphoplasty",
        "starts_at": STARTS_AT,
        "channel": Channel.SMS,
        "status": RowStatus.SCHEDULED,
        "sms_consent": True,
        "voice_consent": False,
        **changes,
    }
    return AppointmentRow(**values)


def booked(database: Database, profile: Profile, now: dt.datetime, **changes: object) -> int:
    """Book what `row` describes, in a transaction of its own; the appointment's id."""
    wanted = row(clinic=profile.id, **changes)
    with database.transaction() as session:
        upsert(session, profile, wanted, now)
        return session.scalars(
            select(Appointment.id).where(
                Appointment.clinic_id == profile.id,
                Appointment.external_id == wanted.external_id,
            )
        ).one()

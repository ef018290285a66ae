"""Clinics as they are stored, and which of them a text is for."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from db.models import Appointment, Clinic, Patient
from profiles import Profile, profile_from_json, profile_to_json


class NumberTakenError(Exception):
    """Another clinic has this texting number already; nothing was changed."""


class Clinics:
    """The stored profiles, read again only when they have changed."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Profile] = {}

    def read(self, connection: Connection, clinic_id: str, fingerprint: str) -> Profile:
        """The profile of a clinic that is stored with this fingerprint."""
        key = (clinic_id, fingerprint)
        if key not in self._read:
            stored = connection.execute(select(Clinic.profile).where(Clinic.id == clinic_id))
            self._read[key] = profile_from_json(stored.scalar_one())
        return self._read[key]

    def get(self, session: Session, clinic_id: str) -> Profile | None:
        """A clinic's profile; `None` if there is no such clinic."""
        query = select(Clinic.fingerprint).where(Clinic.id == clinic_id)
        fingerprint = session.scalar(query)
        return None if fingerprint is None else self._profile(session, clinic_id, fingerprint)

    def all(self, session: Session) -> dict[str, Profile]:
        """Every clinic's profile by its id."""
        rows = session.execute(select(Clinic.id, Clinic.fingerprint).order_by(Clinic.id)).all()
        return {row.id: self._profile(session, row.id, row.fingerprint) for row in rows}

    def _profile(self, session: Session, clinic_id: str, fingerprint: str) -> Profile:
        return self.read(session.connection(), clinic_id, fingerprint)


def clinic_without_own_number(connection: Connection, sender: str) -> str | None:
    """The clinic that a text is for which went to a number that is no clinic's own.

    It is the one where the sender is a patient; else the only one, or the first by id; `None` if
    there is none.
    """
    of_patient = (
        select(Clinic.id)
        .join(Patient, Patient.clinic_id == Clinic.id)
        .outerjoin(Appointment, Appointment.patient_id == Patient.id)
        .where(Patient.phone == sender)
        .order_by(Appointment.starts_at.desc().nulls_last(), Clinic.id)
        .limit(1)
    )
    first = select(Clinic.id).order_by(Clinic.id).limit(1)
    return connection.scalar(of_patient) or connection.scalar(first)


def profile_now(session: Session, read_before: Profile) -> Profile:
    """The profile as it is stored now, its clinic's row locked: what was read before may have been
    changed until the lock was held."""
    query = select(Clinic.profile, Clinic.fingerprint).where(Clinic.id == read_before.id)
    stored = session.execute(query).one_or_none()
    if stored is None or stored.fingerprint == read_before.fingerprint():
        return read_before
    return profile_from_json(stored.profile)


def store_profile(session: Session, profile: Profile, now: dt.datetime) -> str:
    """Store a profile; returns `new`, `changed` or `unchanged`.

    Raises `NumberTakenError` if another clinic has its texting number.
    """
    taken = profile.texting_number is not None and session.scalar(
        select(Clinic.id).where(
            Clinic.texting_number == profile.texting_number, Clinic.id != profile.id
        )
    )
    if taken:
        raise NumberTakenError(
            f"The texting number of {profile.id} belongs to the clinic {taken} already. "
            "Give each clinic a number of its own; nothing was changed."
        )
    clinic = session.get(Clinic, profile.id)
    values = {
        "texting_number": profile.texting_number,
        "profile": profile_to_json(profile),
        "fingerprint": profile.fingerprint(),
        "loaded_at": now,
    }
    if clinic is None:
        session.add(Clinic(id=profile.id, **values))
        return "new"
    if clinic.fingerprint == values["fingerprint"]:
        return "unchanged"
    for name, value in values.items():
        setattr(clinic, name, value)
    return "changed"

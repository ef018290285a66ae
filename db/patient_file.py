"""All that is stored about one patient but their consents: wishes, a caregiver, what happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from db.contacts import lock_contact
from db.models import (
    Appointment,
    Audit,
    Caregiver,
    Contact,
    Patient,
    Reminder,
    Task,
)


@dataclass(frozen=True, slots=True)
class PatientFile:
    """A patient and the contact of their phone, which is `None` before its first message."""

    patient: Patient
    contact: Contact | None


def patient_file(session: Session, patient_id: int) -> PatientFile | None:
    """A patient, not locked."""
    row = session.execute(
        select(Patient, Contact)
        .outerjoin(
            Contact, (Contact.clinic_id == Patient.clinic_id) & (Contact.phone == Patient.phone)
        )
        .where(Patient.id == patient_id)
    ).one_or_none()
    return None if row is None else PatientFile(row[0], row[1])


def locked_patient(session: Session, patient_id: int, now: dt.datetime) -> Patient | None:
    """A patient as they are stored now, locked, and the contact of their phone before them."""
    found = session.execute(
        select(Patient.clinic_id, Patient.phone).where(Patient.id == patient_id)
    ).one_or_none()
    if found is None:
        return None
    lock_contact(session, found.clinic_id, found.phone, now)
    query = select(Patient).where(Patient.id == patient_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def sharing(session: Session, patient: Patient) -> Sequence[Patient]:
    """The other patients of the clinic who have the same phone on file."""
    query = select(Patient).where(
        Patient.clinic_id == patient.clinic_id,
        Patient.phone == patient.phone,
        Patient.id != patient.id,
    )
    return session.scalars(query.order_by(Patient.id)).all()


def caregiver_of(session: Session, patient_id: int) -> Caregiver | None:
    """Who else may be told, if anybody."""
    return session.get(Caregiver, patient_id)


def visits(
    session: Session, patient_id: int, before: dt.datetime, limit: int
) -> Sequence[Appointment]:
    """Appointments that anything happened with before a moment, the latest change first."""
    query = select(Appointment).where(
        Appointment.patient_id == patient_id, Appointment.created_at < before
    )
    return session.scalars(query.order_by(Appointment.updated_at.desc()).limit(limit)).all()


def reminders(
    session: Session, patient_id: int, before: dt.datetime, limit: int
) -> Sequence[Reminder]:
    """Every reminder and notice, planned ones as well, the latest first."""
    moment = func.coalesce(Reminder.sent_at, Reminder.settled_at, Reminder.due_at)
    query = (
        select(Reminder)
        .join(Reminder.appointment)
        .where(Appointment.patient_id == patient_id, moment < before)
        .options(joinedload(Reminder.appointment))
        .order_by(moment.desc(), Reminder.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def tasks(session: Session, file: PatientFile, before: dt.datetime, limit: int) -> Sequence[Task]:
    """Tasks about the patient's phone or appointments, the newest first."""
    mine = select(Appointment.id).where(Appointment.patient_id == file.patient.id)
    about: list[ColumnElement[bool]] = [Task.appointment_id.in_(mine)]
    if file.contact is not None:
        about.append((Task.contact_id == file.contact.id) & Task.appointment_id.is_(None))
    query = select(Task).where(or_(*about), Task.created_at < before)
    return session.scalars(query.order_by(Task.created_at.desc()).limit(limit)).all()


def staff_actions(
    session: Session, file: PatientFile, before: dt.datetime, limit: int
) -> Sequence[Audit]:
    """What staff changed about the patient or their phone, the newest first; not who looked."""
    about = [(Audit.entity_kind == "patient") & (Audit.entity_id == str(file.patient.id))]
    if file.contact is not None:
        about.append((Audit.entity_kind == "contact") & (Audit.entity_id == str(file.contact.id)))
    query = select(Audit).where(
        or_(*about), Audit.at < before, Audit.action.not_in(("patient_viewed", "thread_viewed"))
    )
    return session.scalars(query.order_by(Audit.at.desc()).limit(limit)).all()

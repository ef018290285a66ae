"""What a patient wishes and agrees to, changed by staff; what is still to be sent follows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.consents import set_consent
from db.contacts import lock_contact, set_contact
from db.models import ConsentChange, Patient
from scheduler.planning_again import plan_again


@dataclass(frozen=True, slots=True)
class Wishes:
    """The language that a patient is spoken to in, and how they want to be reached: sms, voice or
    auto."""

    language: str
    channel: str


def wishes_of(patient: Patient) -> Wishes:
    """What is stored of a patient's wishes."""
    return Wishes(patient.language, patient.channel)


def change_wishes(session: Session, patient: Patient, wishes: Wishes, now: dt.datetime) -> int:
    """Store the wishes of a patient who is locked (`db.patient_file.locked_patient`); `now` is UTC.

    Messages that have not gone out yet follow: they are worded and sent by what is stored when they
    are due, and those that had been skipped for want of a way come back; returns how many. A
    language that the patient has chosen by text gives way to this one.
    """
    if patient.language != wishes.language:
        contact = lock_contact(session, patient.clinic_id, patient.phone, now)
        if contact.language is not None:
            set_contact(session, contact.id, language=wishes.language)
    patient.language, patient.channel = wishes.language, wishes.channel
    session.flush()
    return plan_again(session, [patient.id], now)


def change_consent(
    session: Session, patient: Patient, change: ConsentChange, now: dt.datetime
) -> int:
    """Give or withdraw a locked patient's consent to a channel; returns how many messages that had
    been skipped come back."""
    set_consent(session, patient, change)
    return plan_again(session, [patient.id], now)

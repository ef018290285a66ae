"""What patients agree to, its history, and who said so last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ConsentChange, Patient

FILE: Final = "import"
"""The source of a consent that an imported file told of."""
OWN_WORDS: Final = frozenset({"text", "call"})
"""The sources of a consent that the patient gave or took back by text or in a call."""


def set_consent(session: Session, patient: Patient, change: ConsentChange) -> None:
    """Give or withdraw a (locked) patient's consent to a channel, and keep when and by whom."""
    if change.channel == "sms":
        patient.sms_consent = change.granted
    else:
        patient.voice_consent = change.granted
    session.add(change)
    session.flush()


def consent_history(
    session: Session, patient_id: int, before: dt.datetime, limit: int
) -> Sequence[ConsentChange]:
    """Changes of consent, the newest first."""
    query = select(ConsentChange).where(
        ConsentChange.patient_id == patient_id, ConsentChange.at < before
    )
    newest_first = query.order_by(ConsentChange.at.desc(), ConsentChange.id.desc())
    return session.scalars(newest_first.limit(limit)).all()


def said_to_us(session: Session, patients: Collection[int]) -> dict[tuple[int, str], bool]:
    """By patient and channel (sms, voice): the consents of these patients that they or staff, and
    no file, settled last."""
    change = ConsentChange
    talked_with = select(change.patient_id).where(
        change.patient_id.in_(patients), change.source != FILE
    )
    history = (
        select(change.patient_id, change.channel, change.granted, change.source)
        .where(change.patient_id.in_(talked_with))
        .order_by(change.id)
    )
    last = {
        (patient_id, channel): (granted, source)
        for patient_id, channel, granted, source in session.execute(history)
    }
    return {key: granted for key, (granted, source) in last.items() if source != FILE}


def took_texts_back(session: Session, clinic_id: str, phone: str) -> Sequence[Patient]:
    """Everyone with this phone (E.164) who said by text or in a call that they want no texts, which
    nobody has changed since."""
    query = select(Patient).where(
        Patient.clinic_id == clinic_id, Patient.phone == phone, ~Patient.sms_consent
    )
    latest = (
        select(ConsentChange.source)
        .where(ConsentChange.patient_id == Patient.id, ConsentChange.channel == "sms")
        .order_by(ConsentChange.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return session.scalars(query.where(latest.in_(OWN_WORDS)).order_by(Patient.id)).all()

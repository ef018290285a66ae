"""What patients agree to, and its history: who said so last, and what a file said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ConsentChange, Patient

FILE: Final = "import"
"""The source of a consent that an imported file told of."""
OWN_WORDS: Final = frozenset({"text", "call"})
"""The sources of a consent that the patient gave or took back by text or in a call."""


@dataclass(frozen=True, slots=True)
class SaidToUs:
    """A consent that the patient or staff settled last, and what a file said of it before that;
    `None` if none ever did."""

    granted: bool
    file_said: bool | None


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


def said_to_us(session: Session, patients: Collection[int]) -> dict[tuple[int, str], SaidToUs]:
    """By patient and channel (sms, voice): the consents of these patients that no file settled."""
    change = ConsentChange
    talked_with = select(change.patient_id).where(
        change.patient_id.in_(patients), change.source != FILE
    )
    history = (
        select(change.patient_id, change.channel, change.granted, change.source)
        .where(change.patient_id.in_(talked_with))
        .order_by(change.id)
    )
    file_said: dict[tuple[int, str], bool] = {}
    said: dict[tuple[int, str], SaidToUs] = {}
    for patient_id, channel, granted, source in session.execute(history):
        key = (patient_id, channel)
        if source == FILE:
            file_said[key] = granted
            said.pop(key, None)
        else:
            said[key] = SaidToUs(granted, file_said.get(key))
    return said


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

"""What patients agree to, as their history tells it: who said so last, and what a file says."""

from __future__ import annotations

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

    def yields_to(self, file_says: bool) -> bool:
        """Whether a file counts against it: only one that takes back what a file had granted.

        The same file comes every night. Its "yes" is older than the patient's "no", and its "no",
        which is also what it says of a column that it doesn't have, is no news.
        """
        return self.granted and self.file_said is True and not file_says


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

"""Findings that somebody looked at and found to be fine: kept, listed, taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.data_models import CheckedFinding
from db.findings import Finding, mark_of, of_contact, seen_in
from db.models import Contact, Patient
from db.staff_models import Staff
from db.upsert import insert_for


@dataclass(frozen=True, slots=True)
class Check:
    """Somebody's word that a finding is fine; `mark` names the data that they looked at."""

    patient_id: int
    finding: Finding
    mark: str
    staff_id: int
    at: dt.datetime


def check(session: Session, new: Check) -> str | None:
    """Keep a check; the patient's clinic, or `None` if there is no such patient or the data is not
    what was looked at any more."""
    query = (
        select(Patient.clinic_id, seen_in()[new.finding])
        .outerjoin(Contact, of_contact())
        .where(Patient.id == new.patient_id)
        .with_for_update(of=Patient)
    )
    row = session.execute(query).one_or_none()
    if row is None or row[1] is None or mark_of(row[1]) != new.mark:
        return None
    values = {"seen": row[1], "staff_id": new.staff_id, "checked_at": new.at}
    key = {"patient_id": new.patient_id, "finding": new.finding.value}
    adding = insert_for(session.connection(), CheckedFinding)
    adding = adding.values(clinic_id=row[0], **key, **values)
    session.execute(adding.on_conflict_do_update(index_elements=list(key), set_=values))
    return str(row[0])


@dataclass(frozen=True, slots=True)
class Checked:
    """A check as it is listed: about whom, by whom, when (UTC)."""

    id: int
    clinic_id: str
    patient_id: int
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    finding: str
    who: str
    at: dt.datetime


def list_checked(session: Session, clinic_ids: Collection[str], limit: int) -> Sequence[Checked]:
    """The newest checks of these clinics."""
    query = (
        select(
            *(CheckedFinding.id, CheckedFinding.clinic_id, CheckedFinding.patient_id),
            *(Patient.first_name, Patient.last_name, CheckedFinding.finding),
            *(Staff.name, CheckedFinding.checked_at),
        )
        .join(Patient, Patient.id == CheckedFinding.patient_id)
        .join(Staff, Staff.id == CheckedFinding.staff_id)
        .where(CheckedFinding.clinic_id.in_(clinic_ids))
        .order_by(CheckedFinding.checked_at.desc(), CheckedFinding.id.desc())
        .limit(limit)
    )
    rows: Iterable[Any] = session.execute(query)
    return [Checked(*row) for row in rows]


def reopen(session: Session, check_id: int) -> tuple[int, str, str] | None:
    """Take a check back: the patient, the finding and the clinic it was about."""
    query = (
        delete(CheckedFinding)
        .where(CheckedFinding.id == check_id)
        .returning(CheckedFinding.patient_id, CheckedFinding.finding, CheckedFinding.clinic_id)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1], row[2])

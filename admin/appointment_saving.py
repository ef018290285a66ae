"""Storing what was typed, by the one way in, unless somebody else was there in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import request
from sqlalchemy.orm import Session

from admin import audit, sessions
from admin.appointment_form import (
    VISIT_FIELDS,
    AppointmentForm,
    Values,
    patient_values,
    read_base,
    sent_values,
    stored_values,
)
from admin.appointment_preview import coming_messages, is_language_changed, open_reminders
from admin.appointment_words import Difference, Saved, differences, merged
from admin.forms import row_key
from admin.site import now
from appointment_csv import AppointmentRow
from appointments import Change, name_key, upsert
from db.audit import Action, Search, entries
from db.contacts import lock_contacts, set_contact
from db.models import Appointment, Patient
from db.visits import known_patient, visit_by_external_id, visit_with_patient
from profiles import Profile

SOURCE: Final = "staff"
_CHANGES: Final = ("appointment_changed", "appointment_cancelled", "appointment_marked")


@dataclass(frozen=True, slots=True)
class Done:
    """What was stored, and of which appointment."""

    visit_id: int
    saved: Saved


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why nothing was stored: somebody (`who`, where that is known) changed something meanwhile,
    or the patient turned out to be known. `values` are what the form shows next."""

    values: Values
    differences: Sequence[Difference] = ()
    who: str = ""
    patient: Patient | None = None


def book(
    db: Session,
    profile: Profile,
    row: AppointmentRow,
    form: AppointmentForm,
) -> Done | Conflict:
    """Book a new appointment, in a transaction that holds the clinic's lock."""
    patient_id = row_key(request.form.get("patient"))
    lock_contacts(db, profile.id, {row.phone}, now())
    key = name_key(row.first_name, row.last_name)
    known = known_patient(db, profile.id, key, row.date_of_birth)
    if known is not None and known.id != patient_id:
        return Conflict(_with_what_is_known(known), patient=known)
    if known is not None:
        base = read_base(request.form.get("base", ""))
        empty = dict.fromkeys(VISIT_FIELDS, "")
        stored = {**patient_values(known), **empty, "status": ""}
        if base != stored:
            return _conflict(form, base, stored, known)
    coming = coming_messages(db, profile, row, None, now())
    change = upsert(db, profile, row, now(), SOURCE)
    visit = visit_by_external_id(db, profile.id, row.external_id)
    if visit is None:
        raise LookupError("the appointment that was just booked is not there")
    entity = audit.Entity("appointment", str(visit.id))
    audit.record(db, Action.APPOINTMENT_BOOKED, entity, clinic_id=profile.id)
    return Done(visit.id, Saved(change, 0, row.starts_at, coming))


def save(
    db: Session,
    profile: Profile,
    seen: Appointment,
    row: AppointmentRow,
    form: AppointmentForm,
) -> Done | Conflict:
    """Change an appointment, in a transaction that holds the clinic's lock; `seen` was read before
    it and may be out of date."""
    patient_id = row_key(request.form.get("patient"))
    contacts = lock_contacts(db, profile.id, {seen.patient.phone, row.phone}, now())
    visit = visit_with_patient(db, seen.id)
    if visit is None:
        raise LookupError("an appointment is gone, though none is ever deleted")
    stored = {**stored_values(visit, profile), "status": visit.status}
    base = read_base(request.form.get("base", ""))
    if base != stored:
        who = _who_changed(db, visit)
        return _conflict(form, base, stored, None, who)
    key = name_key(row.first_name, row.last_name)
    known = known_patient(db, profile.id, key, row.date_of_birth)
    if known is not None and known.id not in (visit.patient_id, patient_id):
        return Conflict(_with_what_is_known(known), patient=known)
    old_start, open_before = visit.starts_at, len(open_reminders(db, visit))
    coming = coming_messages(db, profile, row, visit, now())
    if is_language_changed(row, visit) and contacts[row.phone].language is not None:
        set_contact(db, contacts[row.phone].id, language=row.language)
    change = upsert(db, profile, row, now(), SOURCE)
    taken_back = open_before if change is Change.MOVED else 0
    if change is not Change.UNCHANGED:
        entity = audit.Entity("appointment", str(visit.id))
        detail = {"what": change.value, "fields": ", ".join(_changed(base))}
        audit.record(db, Action.APPOINTMENT_CHANGED, entity, clinic_id=profile.id, detail=detail)
    return Done(visit.id, Saved(change, taken_back, old_start, coming))


def _conflict(
    form: AppointmentForm,
    base: Values,
    stored: Values,
    patient: Patient | None,
    who: str = "",
) -> Conflict:
    typed = sent_values()
    base = base or stored
    return Conflict(
        merged(base, stored, typed), differences(form, base, stored, typed), who, patient
    )


def _with_what_is_known(known: Patient) -> dict[str, str]:
    """What was typed, and for what a new form fills in by itself, what is stored of the patient."""
    stored = patient_values(known)
    kept = ("language", "channel", "sms_consent", "voice_consent")
    return sent_values() | {name: stored[name] for name in kept}


def _changed(base: Values) -> list[str]:
    typed = sent_values()
    return [name for name in typed if typed[name] != base[name]]


def _who_changed(db: Session, visit: Appointment) -> str:
    """Who else changed an appointment last, if it was somebody of the staff."""
    search = Search(entity_kind="appointment", entity_id=str(visit.id))
    for entry in entries(db, search, 50):
        if entry.action in _CHANGES and entry.staff_id != sessions.member().id:
            return entry.staff_email
    return ""

"""Finding patients and appointments by name, phone or id; what is sought enters no address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import access, audit
from admin.clinic_choice import shown_clinics
from admin.pages import render, render_part, wants_part
from admin.site import site
from admin.times import day_words, moment_words
from admin.visit_words import Badge, state_of
from carrier.phones import PhoneError, parse_us, pretty
from db.audit import Action
from db.models import Appointment, Patient
from db.visit_search import Sought, find_by_external_id, find_patients, visits_of_patients
from profiles import Profile

pages = Blueprint("search", __name__)
_MOST_PATIENTS: Final = 25
_MOST_VISITS: Final = 100
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class FoundVisit:
    """An appointment of a patient that was found."""

    id: int
    when: str
    state: Badge


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A patient that was found, with their appointments, the latest first."""

    id: int
    name: str
    born: str
    phone: str
    clinic: str
    visits: Sequence[FoundVisit]


@pages.get("/search")
@access.for_staff
def start() -> Response:
    """There is nothing to see here without something to look for: back to where it is asked."""
    return redirect(url_for("admin.today.index"), 303)


@pages.post("/search")
@access.for_staff
def find() -> str:
    """Patients and their appointments that fit what was typed."""
    typed = " ".join(request.form.get("q", "").split())[:_LONGEST]
    clinics = {clinic.id: clinic for clinic in shown_clinics()}
    found: list[FoundPatient] = []
    goes_on = False
    if typed:
        with site().database.reading() as db:
            patients = _patients(db, typed, list(clinics))
            goes_on, patients = len(patients) > _MOST_PATIENTS, patients[:_MOST_PATIENTS]
            visits = visits_of_patients(db, patients, _MOST_VISITS)
        found = [_found(each, visits, clinics[each.clinic_id]) for each in patients]
        audit.note(Action.PATIENTS_SEARCHED, detail={"found": len(found)})
    context = {"typed": typed, "found": found, "goes_on": goes_on}
    if wants_part():
        return render_part("admin/_found.html", **context)
    return render("admin/search.html", **context)


def _patients(db: Session, typed: str, clinic_ids: Sequence[str]) -> list[Patient]:
    """Whoever has an appointment with this id, then whoever has this number or name."""
    by_id = find_by_external_id(db, clinic_ids, typed, _MOST_PATIENTS)
    others = find_patients(db, clinic_ids, sought_by(typed), _MOST_PATIENTS + 1)
    return list({each.id: each for each in [*(visit.patient for visit in by_id), *others]}.values())


def sought_by(typed: str) -> Sought:
    """What somebody means who types this: a phone number in any spelling or at least its last four
    digits, or else the words of a name (`Ann Smith`, `Smith, Ann`). Letters and digits together
    are neither."""
    digits = re.sub(r"\D", "", typed)
    if digits and any(character.isalpha() for character in typed):
        return Sought()
    if any(character.isalpha() for character in typed):
        return Sought(words=typed.replace(",", " ").split())
    if len(digits) < 4:
        return Sought()
    try:
        return Sought(phone=parse_us(typed))
    except PhoneError:
        return Sought(phone_end=digits)


def _found(patient: Patient, visits: Sequence[Appointment], clinic: Profile) -> FoundPatient:
    return FoundPatient(
        id=patient.id,
        name=f"{patient.first_name} {patient.last_name}",
        born=day_words(patient.date_of_birth).partition(", ")[2],
        phone=pretty(patient.phone),
        clinic=clinic.name,
        visits=[
            FoundVisit(
                visit.id,
                moment_words(visit.starts_at, clinic.zone),
                state_of(visit),
            )
            for visit in visits
            if visit.patient_id == patient.id
        ],
    )

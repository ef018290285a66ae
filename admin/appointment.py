"""One appointment: entered, looked at, corrected, moved, cancelled, marked."""

from __future__ import annotations

import re
import secrets
from typing import Final

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import appointments
from admin import access, audit
from admin.appointment_form import (
    VISIT_FIELDS,
    AppointmentForm,
    base_of,
    patient_values,
)
from admin.appointment_preview import cancelling, open_reminders, typed_preview
from admin.appointment_saving import Conflict, book, save
from admin.appointment_show import existing_page
from admin.appointment_words import Saved, is_all_well, saved_words
from admin.clinic_choice import all_clinics, shown_clinics
from admin.forms import row_key
from admin.pages import render, render_part, wants_part
from admin.site import now, site
from admin.words import gettext as _
from appointments import Change, Outcome
from db.audit import Action
from db.contacts import lock_contact
from db.models import Appointment, Patient
from db.visits import visit_by_external_id, visit_with_patient
from profiles import Profile

pages = Blueprint("appointment", __name__)
Page = str | tuple[str, int] | Response
_BY_HAND: Final = re.compile(r"hand-[0-9a-f]{16}")


@pages.get("/appointments/new")
@access.for_staff
def new() -> Page:
    """An empty form, or one for a patient who is known; with several clinics it is asked which."""
    key = row_key(request.args.get("patient"))
    with site().database.reading() as db:
        patient = db.get(Patient, key) if key else None
    if key and patient is None:
        abort(404)
    wanted = patient.clinic_id if patient else request.args.get("clinic")
    clinics = [each for each in all_clinics() if each.id == wanted] or shown_clinics()
    if not clinics:
        abort(404)
    if len(clinics) > 1:
        return render("admin/appointment_clinic.html")
    profile = clinics[0]
    values = {"language": profile.language, "channel": "auto"}
    if patient:
        audit.note(Action.PATIENT_VIEWED, _entity("patient", patient.id), clinic_id=profile.id)
        values = patient_values(patient)
    return _new_page(profile, AppointmentForm.for_clinic(profile, values), patient)


def _new_page(
    profile: Profile,
    form: AppointmentForm,
    patient: Patient | None,
    **context: object,
) -> str:
    with site().database.reading() as db:
        shown = typed_preview(db, profile, form, None, now())
    if "conflict" not in context and not context.pop("is_checked", False):
        _forget_mistakes(form)
    empty = dict.fromkeys(VISIT_FIELDS, "")
    base = base_of({**patient_values(patient), **empty}, "") if patient else ""
    return render(
        "admin/appointment_new.html",
        form=form,
        profile=profile,
        patient=patient,
        base=base,
        preview=shown,
        is_twice=len(form.moments(profile)) == 2,
        external_id=request.form.get("external_id") or f"hand-{secrets.token_hex(8)}",
        **context,
    )


def _forget_mistakes(form: AppointmentForm) -> None:
    """A form that nobody has sent yet has no mistakes, though the preview looked for them."""
    for field in form:
        field.errors = []


@pages.post("/appointments/new")
@access.for_staff
def add() -> Page:
    """Book what was typed. The same form sent twice books once."""
    profile = _clinic_of_form()
    external_id = request.form.get("external_id", "")
    if not _BY_HAND.fullmatch(external_id):
        abort(400)
    form = AppointmentForm.for_clinic(profile)
    row = form.row(profile, external_id)
    key = row_key(request.form.get("patient"))
    with site().database.reading() as db:
        twin = visit_by_external_id(db, profile.id, external_id)
        patient = db.get(Patient, key) if key else None
    if twin is not None:
        flash(_("This appointment was booked already; nothing was done twice."), "good")
        return redirect(url_for("admin.appointment.show", visit_id=twin.id), 303)
    if row is None:
        return _new_page(profile, form, patient, is_checked=True), 422
    with site().database.transaction() as db:
        result = book(db, profile, row, form)
    if isinstance(result, Conflict):
        fresh = AppointmentForm.for_clinic(profile, result.values)
        return _new_page(profile, fresh, result.patient, conflict=result), 409
    _tell(result.saved, profile)
    return redirect(url_for("admin.appointment.show", visit_id=result.visit_id), 303)


@pages.get("/appointments/<int:visit_id>")
@access.for_staff
def show(visit_id: int) -> Page:
    """The appointment, its form, what is to come, and what became of each message."""
    with site().database.reading() as db:
        visit, profile = _visit(db, visit_id)
    audit.note(Action.APPOINTMENT_VIEWED, _entity("appointment", visit_id), clinic_id=profile.id)
    return existing_page(visit, profile, None)


@pages.post("/appointments/<int:visit_id>")
@access.for_staff
def change(visit_id: int) -> Page:
    """Store what was typed, unless somebody else has changed the same appointment meanwhile."""
    with site().database.reading() as db:
        visit, profile = _visit(db, visit_id)
    form = AppointmentForm.for_clinic(profile, extra=visit.procedure)
    row = form.row(profile, visit.external_id)
    if row is None:
        return existing_page(visit, profile, form, base=request.form.get("base", "")), 422
    with site().database.transaction() as db:
        result = save(db, profile, visit, row, form)
    if isinstance(result, Conflict):
        with site().database.reading() as db:
            visit, profile = _visit(db, visit_id)
        fresh = AppointmentForm.for_clinic(profile, result.values, extra=visit.procedure)
        return existing_page(visit, profile, fresh, conflict=result), 409
    _tell(result.saved, profile)
    return redirect(url_for("admin.appointment.show", visit_id=visit_id), 303)


@pages.post("/appointments/preview")
@access.for_staff
def preview() -> Page:
    """What saving the form would send, as it is typed."""
    profile = _clinic_of_form()
    key = row_key(request.form.get("id"))
    with site().database.reading() as db:
        visit = visit_with_patient(db, key) if key else None
        if key and (visit is None or visit.clinic_id != profile.id):
            abort(404)
        form = AppointmentForm.for_clinic(profile, extra=visit.procedure if visit else "")
        shown = typed_preview(db, profile, form, visit, now())
    if wants_part():
        is_twice = len(form.moments(profile)) == 2
        return render_part(
            "admin/_preview_live.html",
            preview=shown,
            form=form,
            is_twice=is_twice,
            asks_anew=is_twice != ("which" in request.form),
        )
    _forget_mistakes(form)
    if visit is not None:
        return existing_page(visit, profile, form, base=request.form.get("base", ""))
    return _new_page(profile, form, None)


@pages.post("/appointments/<int:visit_id>/cancel")
@access.for_staff
def cancel(visit_id: int) -> Response:
    """Cancel the appointment; the patient is told."""
    with site().database.transaction() as db:
        visit, profile = _locked(db, visit_id)
        if visit.status != "scheduled":
            abort(409)
        coming = cancelling(db, profile, visit, now())
        taken_back = len(open_reminders(db, visit))
        contact = lock_contact(db, profile.id, visit.patient.phone, now())
        done = appointments.cancel(db, profile, visit, contact, now())
        audit.record(
            db, Action.APPOINTMENT_CANCELLED, _entity("appointment", visit_id), clinic_id=profile.id
        )
        saved = Saved(done, taken_back, visit.starts_at, coming)
    _tell(saved, profile)
    return redirect(url_for("admin.appointment.show", visit_id=visit_id), 303)


@pages.post("/appointments/<int:visit_id>/mark")
@access.for_staff
def mark(visit_id: int) -> Response:
    """Record that the patient came or did not, or take that back."""
    wanted = request.form.get("outcome", "")
    if wanted not in {*Outcome, ""}:
        abort(400)
    with site().database.transaction() as db:
        visit, profile = _locked(db, visit_id)
        if not wanted:
            appointments.unmark(visit, now())
        elif visit.status != "scheduled":
            abort(409)
        else:
            appointments.mark(db, visit, Outcome(wanted), now())
        audit.record(
            db,
            Action.APPOINTMENT_MARKED,
            _entity("appointment", visit_id),
            clinic_id=profile.id,
            detail={"status": visit.status},
        )
    said = {
        Outcome.ARRIVED.value: _("Marked as arrived."),
        Outcome.NO_SHOW.value: _("Marked as not come."),
        "": _("The mark was taken back."),
    }
    flash(said[wanted], "good")
    return redirect(url_for("admin.appointment.show", visit_id=visit_id), 303)


def _locked(db: Session, key: int) -> tuple[Appointment, Profile]:
    """The appointment with its patient's contact locked, if it still is as the form showed it."""
    visit, profile = _visit(db, key)
    lock_contact(db, profile.id, visit.patient.phone, now())
    fresh = visit_with_patient(db, key)
    if fresh is None or request.form.get("seen") != f"{fresh.version} {fresh.status}":
        abort(409)
    return fresh, profile


def _visit(db: Session, key: int) -> tuple[Appointment, Profile]:
    visit = visit_with_patient(db, key)
    profile = site().clinics.get(db, visit.clinic_id) if visit else None
    if visit is None or profile is None:
        abort(404)
    return visit, profile


def _clinic_of_form() -> Profile:
    wanted = request.form.get("clinic", "")
    found = [each for each in all_clinics() if each.id == wanted]
    if not found:
        abort(400)
    return found[0]


def _tell(saved: Saved, profile: Profile) -> None:
    is_well = is_all_well(saved) or saved.change is Change.UNCHANGED
    flash(saved_words(saved, profile, now()), "good" if is_well else "warning")


def _entity(kind: str, key: int) -> audit.Entity:
    return audit.Entity(kind, str(key))

"""One patient: phone, consent, wishes, who else may be told, and everything that happened."""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Length, Optional

from admin import access, audit, sessions, timeline
from admin.appointment_saving import Conflict
from admin.forms import Form, text_field
from admin.pages import render
from admin.patient_timeline import CHANNEL_WORDS, OF_PATIENT, SOURCE_WORDS
from admin.patient_wishes import WishesForm, base_of, come_back_words, store
from admin.site import now, site
from admin.task_cards import phone_of
from admin.times import from_micros, micros
from admin.words import gettext as _
from carrier.phones import PhoneError, parse_us
from db import patient_file as files
from db import threads
from db.audit import Action, Detail
from db.models import Caregiver, ConsentChange, Patient
from db.staff import all_staff
from patients import change_consent

pages = Blueprint("patient", __name__)
PAGE_SIZE: Final = 40
_HOW: Final = {name: SOURCE_WORDS[name] for name in ("phone", "person", "form")}


class CaregiverForm(Form):
    """Somebody else who may be told about the patient's appointments."""

    name = text_field(_("Name"), _("Enter the person's name."), longest=100)
    phone = text_field(_("Phone"), _("Enter the person's phone number."), longest=40)
    relation = StringField(
        _("What they are to the patient"),
        [Optional(), Length(max=40, message=_("Use at most 40 characters."))],
    )


@pages.get("/patients/<int:patient_id>")
@access.for_staff
def show(patient_id: int) -> str:
    """The patient's page."""
    return _page(patient_id)


@pages.post("/patients/<int:patient_id>/consent")
@access.for_staff
def consent(patient_id: int) -> Response:
    """Enter that the patient agrees to a channel, or does not any more."""
    channel, how = request.form.get("channel", ""), request.form.get("how", "")
    answer, seen = request.form.get("granted", ""), request.form.get("seen", "")
    if channel not in CHANNEL_WORDS or how not in _HOW or {answer, seen} - {"yes", "no"}:
        abort(400)
    granted = answer == "yes"
    count = 0
    with site().database.transaction() as db:
        patient = _locked(db, patient_id)
        stored = patient.sms_consent if channel == "sms" else patient.voice_consent
        if stored != (seen == "yes"):
            abort(409)
        if stored != granted:
            change = ConsentChange(
                patient_id=patient_id,
                channel=channel,
                granted=granted,
                source=how,
                at=now(),
                staff_id=sessions.member().id,
            )
            count = change_consent(db, patient, change, now())
            detail: Detail = {"channel": channel, "granted": granted, "how": how}
            entity = _entity(patient)
            audit.record(
                db, Action.CONSENT_CHANGED, entity, clinic_id=patient.clinic_id, detail=detail
            )
    words = _("The consent is stored. It counts from the next message on.")
    flash(words + come_back_words(count), "good")
    return _back(patient_id)


@pages.post("/patients/<int:patient_id>/wishes")
@access.for_staff
def wishes(patient_id: int) -> Response | tuple[str, int]:
    """Store language and channel, unless somebody else has changed them meanwhile."""
    form = WishesForm.of_request()
    if not form.is_sent():
        return _page(patient_id, wishes=form), 422
    with site().database.transaction() as db:
        done = store(db, _locked(db, patient_id), form)
    if isinstance(done, Conflict):
        fresh = WishesForm(data=done.values)
        return _page(patient_id, wishes=fresh, conflict=done), 409
    words = _("Language and channel are stored. They count from the next message on.")
    flash(words + come_back_words(done), "good")
    return _back(patient_id)


@pages.post("/patients/<int:patient_id>/caregiver")
@access.for_staff
def caregiver(patient_id: int) -> Response | tuple[str, int]:
    """Enter or change who else may be told."""
    form = CaregiverForm.of_request()
    phone = ""
    if form.is_sent():
        try:
            phone = parse_us(form.data["phone"])
        except PhoneError as error:
            form["phone"].errors = [_(str(error))]
    if not phone:
        return _page(patient_id, form), 422
    with site().database.transaction() as db:
        patient, known = _with_caregiver(db, patient_id)
        if known is None:
            known = Caregiver(patient_id=patient_id)
            db.add(known)
        known.name, known.phone = form.data["name"], phone
        known.relation = (form.data["relation"] or "").strip()
        known.updated_at, known.updated_by = now(), sessions.member().id
        db.flush()
        entity = _entity(patient)
        audit.record(db, Action.CAREGIVER_CHANGED, entity, clinic_id=patient.clinic_id)
    flash(_("The caregiver is stored."), "good")
    return _back(patient_id)


@pages.post("/patients/<int:patient_id>/caregiver/remove")
@access.for_staff
def remove_caregiver(patient_id: int) -> Response:
    """Nobody else may be told any more."""
    with site().database.transaction() as db:
        patient, known = _with_caregiver(db, patient_id)
        if known is not None:
            db.delete(known)
            entity = _entity(patient)
            audit.record(db, Action.CAREGIVER_REMOVED, entity, clinic_id=patient.clinic_id)
    flash(_("The caregiver is removed."), "good")
    return _back(patient_id)


def _with_caregiver(db: Session, patient_id: int) -> tuple[Patient, Caregiver | None]:
    """The locked patient and their caregiver, if that is still the one whom the page showed."""
    patient = _locked(db, patient_id)
    known = files.caregiver_of(db, patient_id)
    if request.form.get("seen", "0") != _seen(known):
        abort(409)
    return patient, known


def _locked(db: Session, patient_id: int) -> Patient:
    patient = files.locked_patient(db, patient_id, now())
    if patient is None:
        abort(404)
    return patient


def _seen(known: Caregiver | None) -> str:
    return str(micros(known.updated_at)) if known is not None else "0"


def _page(
    patient_id: int,
    form: CaregiverForm | None = None,
    wishes: WishesForm | None = None,
    conflict: Conflict | None = None,
) -> str:
    before = request.args.get("before")
    until = from_micros(before) if before else dt.datetime.max.replace(tzinfo=dt.UTC)
    with site().database.reading() as db:
        file = files.patient_file(db, patient_id)
        if file is None:
            abort(404)
        patient, contact = file.patient, file.contact
        profile = site().clinics.get(db, patient.clinic_id)
        if profile is None:
            abort(404)
        names = {person.id: person.name for person in all_staff(db)}
        wanted = timeline.Wanted(until, now(), PAGE_SIZE, names, profile)
        entries, older = timeline.newest(db, file, OF_PATIENT, wanted)
        others = files.sharing(db, patient)
        known = files.caregiver_of(db, patient_id)
        opt_out = threads.newest_opt_out(db, contact) if contact is not None else None
    audit.note(Action.PATIENT_VIEWED, _entity(patient), clinic_id=patient.clinic_id)
    return render(
        "admin/patient.html",
        patient=patient,
        contact=contact,
        phone=phone_of(patient.phone),
        others=others,
        opt_out=opt_out,
        caregiver=known,
        caregiver_phone=phone_of(known.phone) if known is not None else None,
        seen=request.form.get("seen", "0") if form else _seen(known),
        form=form or CaregiverForm(obj=known),
        names=names,
        entries=entries[::-1],
        older=_address(patient_id, older),
        clinic_zone=profile.zone,
        channels=CHANNEL_WORDS,
        consents={"sms": patient.sms_consent, "voice": patient.voice_consent},
        how=_HOW,
        wishes=wishes or WishesForm(obj=patient),
        base=base_of(patient),
        conflict=conflict,
    )


def _address(patient_id: int, older: dt.datetime | None) -> str:
    if older is None:
        return ""
    return url_for("admin.patient.show", patient_id=patient_id, before=micros(older))


def _entity(patient: Patient) -> audit.Entity:
    return audit.Entity("patient", str(patient.id))


def _back(patient_id: int) -> Response:
    return redirect(url_for("admin.patient.show", patient_id=patient_id), 303)

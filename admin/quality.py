"""Data quality: what would keep messages from reaching patients, found before it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField

from admin import access, audit, sessions
from admin.audit import Action, Entity
from admin.clinic_choice import shown_clinics, zone_of
from admin.csv_out import csv_response
from admin.forms import Form, row_key
from admin.links import page_link
from admin.pages import render
from admin.site import now, site
from admin.words import gettext as _
from carrier.phones import pretty
from db.finding_checks import Check, check, list_checked, reopen
from db.findings import Finding, Period, Place, findings_of, next_appointments, survey
from db.session import Database
from profiles import Profile

pages = Blueprint("quality", __name__)
PAGE_SIZE: Final = 50
_CHUNK: Final = 500
_YOUNGEST: Final = 18
_OLDEST: Final = 110
_DAYS: Final = {
    "2": _("2 days"),
    "8": _("8 days"),
    "30": _("30 days"),
    "60": _("60 days"),
}
_HEADS: Final = (
    *("clinic", "last_name", "first_name", "date_of_birth", "phone", "language", "channel"),
    *("first_appointment", "findings"),
)
FINDING_WORDS: Final = {
    Finding.PHONE_MISSING: _("No phone number"),
    Finding.PHONE_INVALID: _("Phone number is not valid"),
    Finding.UNREACHABLE: _("Phone number does not work"),
    Finding.NOT_TEXTABLE: _("Landline or not textable"),
    Finding.SHARED: _("Phone shared by several patients"),
    Finding.OPTED_OUT: _("Opted out"),
    Finding.NO_SMS_CONSENT: _("No consent to texts"),
    Finding.NO_VOICE_CONSENT: _("Needs calls, no consent to them"),
    Finding.BIRTH_DATE: _("Birth date missing or not plausible"),
    Finding.LANGUAGE: _("Language not served"),
}


class PeriodForm(Form):
    """How far ahead to look."""

    days = SelectField(_("Appointments of the next"), choices=_DAYS, default="30")


@pages.get("/quality")
@access.for_staff
def index() -> str:
    """Findings counted, and the patients of one or all of them."""
    clinics, form = shown_clinics(), _form()
    period, wanted = _period(clinics, form), _wanted()
    after = _place()
    with site().database.reading() as db:
        surveyed = survey(db, period)
        places = [each for each in surveyed.places(wanted) if after is None or each > after]
        rows = findings_of(db, period, places[:PAGE_SIZE])
        visits = next_appointments(db, period, [each.patient_id for each in rows])
        checked = list_checked(db, period.clinic_ids, PAGE_SIZE)
    if rows or checked:
        shown = {each.patient_id for each in rows} | {each.patient_id for each in checked}
        about = {"patients": len(shown), "finding": wanted or "any"}
        audit.note(Action.FINDINGS_VIEWED, detail=about)
    return render(
        "admin/quality.html",
        form=form,
        days=form.days.data,
        patients=surveyed.patients,
        counts=surveyed.counts(),
        wanted=wanted,
        words=FINDING_WORDS,
        rows=rows,
        visits=visits,
        checked=checked,
        older=_older(places, form, wanted),
        newest=_address(form, wanted) if after else "",
        zones={clinic.id: zone_of(clinic.id, clinics) for clinic in clinics},
        page_link=page_link,
        pretty=pretty,
    )


@pages.get("/quality/findings.csv")
@access.for_staff
def export() -> Response:
    """The patients with findings, as CSV."""
    clinics, form, wanted = shown_clinics(), _form(), _wanted()
    period = _period(clinics, form)
    with site().database.reading() as db:
        surveyed = survey(db, period)
    counts = surveyed.counts()
    about = {"findings": counts[wanted] if wanted else sum(counts.values())}
    audit.note(Action.FINDINGS_EXPORTED, detail={**about, "finding": wanted or "any"})
    rows = _cells(site().database, period, surveyed.places(wanted), clinics)
    return csv_response("prepline-data-quality.csv", _HEADS, rows)


@pages.post("/quality/checked")
@access.for_staff
def mark_checked() -> AnyResponse:
    """Keep that a finding is fine, if its data still is what was looked at."""
    patient, finding = row_key(request.form.get("patient")), request.form.get("finding", "")
    if patient is None or finding not in set(Finding):
        abort(400)
    new = Check(
        patient, Finding(finding), request.form.get("mark", ""), sessions.member().id, now()
    )
    with site().database.transaction() as db:
        clinic = check(db, new)
        if clinic is None:
            abort(409)
        entity = Entity("patient", str(patient))
        detail = {"finding": finding}
        audit.record(db, Action.FINDING_CHECKED, entity, clinic_id=clinic, detail=detail)
    flash(_("Kept as checked. It comes back if the data changes."), "good")
    return _back()


@pages.post("/quality/reopen")
@access.for_staff
def bring_back() -> AnyResponse:
    """Take a check back."""
    key = row_key(request.form.get("id"))
    if key is None:
        abort(400)
    with site().database.transaction() as db:
        found = reopen(db, key)
        if found is None:
            abort(409)
        patient, finding, clinic = found
        entity = Entity("patient", str(patient))
        detail = {"finding": finding}
        audit.record(db, Action.FINDING_REOPENED, entity, clinic_id=clinic, detail=detail)
    flash(_("It is among the findings again."), "good")
    return _back()


def _back() -> AnyResponse:
    form = PeriodForm(request.form)
    return redirect(_address(form, _finding(request.form.get("shown"))), 303)


def _form() -> PeriodForm:
    form = PeriodForm(request.args)
    if form.days.data not in _DAYS:
        form.days.data = "30"
    return form


def _wanted() -> Finding | None:
    return _finding(request.args.get("finding"))


def _finding(name: str | None) -> Finding | None:
    return Finding(name) if name in set(Finding) else None


def _period(clinics: Sequence[Profile], form: PeriodForm) -> Period:
    today = now().astimezone(zone_of(None, list(clinics))).date()
    return Period(
        clinic_ids=tuple(clinic.id for clinic in clinics),
        since=now(),
        until=now() + dt.timedelta(days=int(form.days.data)),
        oldest=today - dt.timedelta(days=round(_OLDEST * 365.25)),
        youngest=today - dt.timedelta(days=round(_YOUNGEST * 365.25)),
    )


def _place() -> Place | None:
    """Where the list goes on: seconds since 1970 and a patient's key."""
    seconds, key = _moment_key(request.args.get("since")), row_key(request.args.get("after"))
    if seconds is None or key is None:
        return None
    return Place(dt.datetime.fromtimestamp(seconds, dt.UTC), key)


def _moment_key(text: str | None) -> int | None:
    """A moment in an address, in whole seconds since 1970."""
    is_moment = text is not None and text.isascii() and text.isdecimal() and len(text) < 11
    return int(text) if text is not None and is_moment else None


def _older(places: Sequence[Place], form: PeriodForm, wanted: Finding | None) -> str:
    if len(places) <= PAGE_SIZE:
        return ""
    last = places[PAGE_SIZE - 1]
    return _address(form, wanted, since=int(last.starts_at.timestamp()), after=last.patient_id)


def _address(
    form: PeriodForm, wanted: Finding | None, since: int | None = None, after: int | None = None
) -> str:
    days = form.days.data if form.days.data in _DAYS and form.days.data != "30" else None
    return url_for("admin.quality.index", finding=wanted, days=days, since=since, after=after)


def _cells(
    database: Database, period: Period, places: Sequence[Place], clinics: list[Profile]
) -> Iterator[Sequence[str]]:
    for start in range(0, len(places), _CHUNK):
        with database.reading() as db:
            chunk = findings_of(db, period, places[start : start + _CHUNK])
        for each in chunk:
            local = each.starts_at.astimezone(zone_of(each.clinic_id, clinics))
            yield (
                *(each.clinic_id, each.last_name, each.first_name, f"{each.date_of_birth}"),
                *(pretty(each.phone), each.language, each.channel, f"{local:%Y-%m-%d %H:%M}"),
                "; ".join(FINDING_WORDS[finding] for finding in each.marks),
            )

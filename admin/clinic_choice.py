"""Which clinics a person looks at: all of them, or the one chosen in the page's head."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, request, session, url_for
from werkzeug.wrappers import Response

from admin import access
from admin.site import site
from profiles import Profile

pages = Blueprint("clinic_choice", __name__)
ALL: Final = ""


def all_clinics() -> list[Profile]:
    """Every clinic, by its id."""
    with site().database.reading() as db:
        return list(site().clinics.all(db).values())


def chosen(clinics: list[Profile]) -> list[Profile]:
    """The clinics that pages show: the chosen one alone, else all."""
    wanted = session.get("clinic", ALL)
    return [clinic for clinic in clinics if clinic.id == wanted] or clinics


def shown_clinics() -> list[Profile]:
    """As `chosen`, for a page; empty as long as no clinic is loaded."""
    return chosen(all_clinics())


def zone_of(clinic_id: str | None, clinics: list[Profile]) -> ZoneInfo:
    """The zone of a clinic's times; for what belongs to no clinic, that of the first one shown."""
    for clinic in clinics:
        if clinic.id == clinic_id:
            return clinic.zone
    return clinics[0].zone if clinics else ZoneInfo("UTC")


@pages.post("/clinic")
@access.for_staff
def choose() -> Response:
    """Look at one clinic, or at all."""
    wanted = request.form.get("clinic", ALL)
    if wanted != ALL and wanted not in {clinic.id for clinic in all_clinics()}:
        abort(404)
    session["clinic"] = wanted
    back = request.form.get("next", "")
    return redirect(back if access.is_own(back) else url_for("admin.today.index"), 303)

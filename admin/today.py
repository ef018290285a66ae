"""Today and the next days: every appointment with its answer, its messages, its open questions."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Final

from flask import Blueprint, Response, make_response, request, url_for
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import Optional

from admin import access, audit
from admin.clinic_choice import all_clinics, chosen
from admin.forms import Form, row_key
from admin.pages import render, render_part, wants_part
from admin.site import now, site
from admin.visit_list import VisitList, days_of, read_list
from admin.words import gettext as _
from db.audit import Action
from db.visits import Wanted
from profiles import Profile

pages = Blueprint("today", __name__)
DAYS_AHEAD: Final = 2
MOST_DAYS: Final = 31
SEEN_HEADER: Final = "Prepline-Seen"
"""What a page that asks by itself has on screen: the same again is not sent a second time."""


class FilterForm(Form):
    """Which appointments. Days are each clinic's own."""

    clinic = SelectField(_("Site"), id="filter-clinic")
    since = DateField(_("From day"), [Optional()], render_kw={"type": "date"})
    until = DateField(_("To day"), [Optional()], render_kw={"type": "date"})
    unconfirmed = BooleanField(_("Only not confirmed"))
    problems = BooleanField(_("Only problems"))


@pages.get("/")
@access.for_staff
def index() -> Response:
    """The appointments that the filters let through, by day and clinic."""
    clinics = all_clinics()
    form = _form(clinics)
    is_fine = form.validate() and _has_sensible_days(form)
    after = row_key(request.args.get("after"))
    found = VisitList()
    if is_fine:
        with site().database.reading() as db:
            found = read_list(db, _wanted(form, clinics), clinics, now(), after)
        _note_view(form, found)
    query: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in form and value
    }
    context = {
        "form": form,
        "found": found,
        "address": url_for("admin.today.index", **query, after=after),
        "older": url_for("admin.today.index", **query, after=found.last) if found.last else "",
        "newer": url_for("admin.today.index", **query) if after else "",
        "presets": _presets(query),
    }
    return _answer(context, 200 if is_fine else 422)


def _answer(context: dict[str, Any], status: int) -> Response:
    context["listed"] = render_part("admin/_visits.html", **context)
    context["seen"] = seen = hashlib.sha256(context["listed"].encode()).hexdigest()[:16]
    if not wants_part():
        return make_response(render("admin/today.html", **context), status)
    if request.headers.get(SEEN_HEADER) == seen:
        return make_response("", 204)
    return make_response(render_part("admin/_visits_live.html", **context), status)


def _form(clinics: list[Profile]) -> FilterForm:
    form = FilterForm(request.args)
    form.clinic.choices = {"": _("All that are shown")} | {each.id: each.name for each in clinics}
    form.clinic.data = request.args.get("clinic", "")
    return form


def _has_sensible_days(form: FilterForm) -> bool:
    since, until = form.since.data, form.until.data
    if since and until and until < since:
        form.until.errors = [_("This day is before the first one.")]
    elif since and until and (until - since).days >= MOST_DAYS:
        form.until.errors = [_("Show at most 31 days at once.")]
    return not form.errors


def _wanted(form: FilterForm, clinics: list[Profile]) -> Wanted:
    shown = [each for each in clinics if each.id == form.clinic.data] or chosen(clinics)
    return Wanted(
        days=[days_of(each, *_first_and_last(form, each)) for each in shown],
        unconfirmed=bool(form.unconfirmed.data),
        problems=bool(form.problems.data),
    )


def _first_and_last(form: FilterForm, clinic: Profile) -> tuple[dt.date, dt.date]:
    """By default from the clinic's today on; with one day given, that day alone."""
    since: dt.date | None = form.since.data
    until: dt.date | None = form.until.data
    today = now().astimezone(clinic.zone).date()
    if since is None and until is None:
        return today, today + dt.timedelta(days=DAYS_AHEAD)
    first = since or min(today, until or today)
    last = min(until or first, first + dt.timedelta(days=MOST_DAYS - 1))
    return first, last


def _presets(query: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Ways to the days that are wanted most: words, address, whether it is what is shown."""
    kept = {name: value for name, value in query.items() if name not in ("since", "until")}
    shown = chosen(all_clinics())
    if not shown:
        return []
    today = now().astimezone(shown[0].zone).date()
    spans = (
        (_("Today and the next days"), None, None),
        (_("Today"), today, today),
        (_("Tomorrow"), today + dt.timedelta(days=1), today + dt.timedelta(days=1)),
        (_("Next 7 days"), today, today + dt.timedelta(days=6)),
    )
    now_shown = (query.get("since"), query.get("until"))
    return [
        (
            words,
            url_for("admin.today.index", **kept, since=first, until=last),
            now_shown == (first and first.isoformat(), last and last.isoformat()),
        )
        for words, first, last in spans
    ]


def _note_view(form: FilterForm, found: VisitList) -> None:
    """A list is a view of its patients; one that a page brings up to date by itself is no other."""
    if access.POLL_HEADER in request.headers:
        return
    days = [str(day) for day in (form.since.data, form.until.data) if day]
    audit.note(
        Action.APPOINTMENTS_LISTED,
        clinic_id=form.clinic.data or None,
        detail={"days": " to ".join(days) or "today", "shown": found.shown},
    )

"""Numbers of a period: who was reached, what they answered, how late, what it took."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, abort, current_app, request, url_for
from wtforms import DateField
from wtforms.validators import InputRequired

from admin import access, audit
from admin.audit import Action
from admin.charts import bar_chart
from admin.clinic_choice import shown_clinics, zone_of
from admin.csv_out import csv_response
from admin.forms import Form
from admin.number_tables import Table, tables
from admin.pages import render
from admin.site import now, site
from admin.times import day_start
from admin.words import gettext as _
from db.numbers import Span, sum_messages, sum_tasks, sum_texts, sum_visits
from profiles import Profile

pages = Blueprint("numbers", __name__)
_USUAL: Final = dt.timedelta(days=29)
_LONGEST: Final = dt.timedelta(days=366)
_KEPT: Final = dt.timedelta(minutes=10)
_MOST_KEPT: Final = 20
_EXTENSION: Final = "prepline_numbers"


class PeriodForm(Form):
    """Two days of the clinic's calendar, both included."""

    since = DateField(_("From day"), [InputRequired(_("Choose a day."))])
    until = DateField(_("To day"), [InputRequired(_("Choose a day."))])


@dataclass(frozen=True, slots=True)
class Days:
    """A period as it was chosen."""

    since: dt.date
    until: dt.date

    @property
    def is_long(self) -> bool:
        """Whether counting takes so long that what was counted is shown for some minutes."""
        return self.until - self.since > _USUAL + dt.timedelta(days=1)

    @property
    def query(self) -> dict[str, Any]:
        """As an address names it."""
        return {"since": self.since.isoformat(), "until": self.until.isoformat()}


@dataclass(frozen=True, slots=True)
class Counted:
    """The tables of a period, and when (UTC) they were counted."""

    at: dt.datetime
    tables: list[Table]


@pages.get("/numbers")
@access.for_staff
def index() -> str | tuple[str, int]:
    """The tables of a period, each with its chart."""
    clinics = shown_clinics()
    form = _form(clinics)
    days = _days(form)
    counted = _counted(clinics, days) if days else None
    found = counted.tables if counted else []
    exports = {
        each.name: url_for("admin.numbers.export", name=each.name, **days.query)
        for each in found
        if days
    }
    charts = {
        each.name: bar_chart(each.name, each.caption, each.about, each.bars)
        for each in found
        if each.bars
    }
    page = render(
        "admin/numbers.html",
        form=form,
        tables=found,
        charts=charts,
        exports=exports,
        counted_at=counted.at if counted and days and days.is_long else None,
        kept_minutes=_KEPT // dt.timedelta(minutes=1),
    )
    return page, 200 if days else 422


@pages.get("/numbers/<name>.csv")
@access.for_staff
def export(name: str) -> Response:
    """One table as CSV."""
    clinics = shown_clinics()
    days = _days(_form(clinics))
    if days is None:
        abort(400)
    table = next((each for each in _tables(clinics, days) if each.name == name), None)
    if table is None:
        abort(404)
    audit.note(Action.NUMBERS_EXPORTED, detail={"table": name, **days.query})
    return csv_response(f"prepline-{name}.csv", table.heads, table.rows)


def _form(clinics: list[Profile]) -> PeriodForm:
    if "since" in request.args or "until" in request.args:
        return PeriodForm(request.args)
    today = now().astimezone(zone_of(None, clinics)).date()
    form = PeriodForm(data={"since": today - _USUAL, "until": today})
    form.since.raw_data, form.until.raw_data = [f"{form.since.data}"], [f"{form.until.data}"]
    return form


def _days(form: PeriodForm) -> Days | None:
    """The period, or `None` with the mistake written to the form."""
    since, until = form.since.data, form.until.data
    if not form.validate() or since is None or until is None:
        return None
    if until < since:
        form.until.errors = [_("It lies before the first day.")]
        return None
    if until - since > _LONGEST:
        form.until.errors = [_("Choose at most a year.")]
        return None
    return Days(since, until)


def _counted(clinics: list[Profile], days: Days) -> Counted:
    """A period's tables; of a long period those of some minutes ago, if they were counted then.
    The page says so, and an export counts anew."""
    if not days.is_long:
        return Counted(now(), _tables(clinics, days))
    kept: dict[tuple[object, ...], Counted] = current_app.extensions.setdefault(_EXTENSION, {})
    key = (*(clinic.id for clinic in clinics), days)
    known = kept.pop(key, None)
    if known is None or not now() - _KEPT < known.at <= now():
        known = Counted(now(), _tables(clinics, days))
    kept[key] = known
    for oldest in list(kept)[:-_MOST_KEPT]:
        kept.pop(oldest, None)
    return known


def _tables(clinics: list[Profile], days: Days) -> list[Table]:
    zone = zone_of(None, clinics)
    span = Span(
        tuple(clinic.id for clinic in clinics),
        day_start(days.since, zone),
        day_start(days.until + dt.timedelta(days=1), zone),
    )
    with site().database.reading() as db:
        sums = (sum_messages(db, span), sum_visits(db, span), sum_texts(db, span))
        return tables(*sums, sum_tasks(db, span))

"""Tomorrow's messages before they go out: what will be said to whom, and who will hear nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from flask import Response, request, url_for

from admin import access, audit
from admin.audit import Action
from admin.clinic_choice import shown_clinics, zone_of
from admin.csv_out import csv_response
from admin.forms import row_key
from admin.links import page_link
from admin.pages import render
from admin.quality import pages
from admin.site import now, site
from admin.words import gettext as _
from carrier.phones import pretty
from db.forecasts import Whom
from flows.library import default_library
from profiles import Profile
from scheduler.channel import Channel
from scheduler.forecasting import Forecast, Going, Staying, forecast
from scheduler.policy import Kind

__all__ = ["pages"]
PAGE_SIZE: Final = 100
KIND_WORDS: Final = {
    Kind.WEEK_BEFORE: _("Reminder a week before"),
    Kind.DAY_BEFORE: _("Reminder the day before"),
    Kind.FASTING_START: _("Reminder to fast"),
    Kind.BOOKED: _("Notice: booked"),
    Kind.MOVED: _("Notice: moved"),
    Kind.CANCELLED: _("Notice: cancelled"),
}
NEVER_PLANNED: Final = _("No message was ever planned for this appointment.")
POSTPONED: Final = _("It waits for the next day's sending hours.")
_HEADS: Final = (
    *("clinic", "goes_out", "appointment", "last_name", "first_name", "phone", "message"),
    *("channel", "language", "segments", "text", "why_not"),
)


@pages.get("/quality/tomorrow")
@access.for_staff
def tomorrow() -> str:
    """The next calendar day of each clinic, played through."""
    clinics = shown_clinics()
    days = _forecasts(clinics)
    start = row_key(request.args.get("from")) or 0
    going = [(day.clinic_id, each) for day in days for each in day.going]
    staying = [(day.clinic_id, each) for day in days for each in day.staying]
    audit.note(Action.FORECAST_VIEWED, detail=_counts(days))
    on_page = going[start : start + PAGE_SIZE]
    return render(
        "admin/tomorrow.html",
        days=days,
        names={clinic.id: clinic.name for clinic in clinics},
        going=on_page,
        total=len(going),
        start=start,
        further=start + PAGE_SIZE if start + PAGE_SIZE < len(going) else 0,
        calls=sum(each.channel is Channel.VOICE for _clinic, each in going),
        segments=sum(each.segments for _clinic, each in going),
        staying=staying,
        silent=len({each.whom.patient_id for _clinic, each in staying if each.is_silent}),
        zones={clinic.id: clinic.zone for clinic in clinics},
        kind_words=KIND_WORDS,
        why=why,
        page_link=page_link,
        pretty=pretty,
        export=url_for("admin.quality.export_tomorrow"),
    )


@pages.get("/quality/tomorrow.csv")
@access.for_staff
def export_tomorrow() -> Response:
    """The same as CSV: what goes out, then what does not and why."""
    clinics = shown_clinics()
    days = _forecasts(clinics)
    audit.note(Action.FORECAST_EXPORTED, detail=_counts(days))
    return csv_response("prepline-tomorrow.csv", _HEADS, _cells(days, clinics))


def why(staying: Staying) -> str:
    """Why a message does not go out, in a sentence."""
    if staying.reason is not None:
        return staying.reason.words
    return NEVER_PLANNED if staying.kind is None else POSTPONED


def _forecasts(clinics: Sequence[Profile]) -> list[Forecast]:
    days = []
    with site().database.reading() as db:
        for clinic in clinics:
            day = now().astimezone(clinic.zone).date() + dt.timedelta(days=1)
            parts = (db.connection(), default_library(), clinic, day)
            days.append(forecast(*parts, caller=site().calling_number))
    return days


def _counts(days: Sequence[Forecast]) -> dict[str, int]:
    """For the audit: how many patients were seen, and how many messages."""
    patients = {each.whom.patient_id for day in days for each in day.going}
    patients |= {each.whom.patient_id for day in days for each in day.staying}
    return {"patients": len(patients), "messages": sum(len(day.going) for day in days)}


def _cells(days: Sequence[Forecast], clinics: list[Profile]) -> Iterator[Sequence[str]]:
    for day in days:
        zone = zone_of(day.clinic_id, clinics)
        for going in day.going:
            yield (*_who(day, going.at, going.whom, zone), *_of_going(going))
        for staying in day.staying:
            yield (*_who(day, staying.at, staying.whom, zone), *_of_staying(staying))


def _who(day: Forecast, at: dt.datetime, whom: Whom, zone: ZoneInfo) -> Sequence[str]:
    local = f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
    return (day.clinic_id, local, whom.external_id, whom.last_name, whom.first_name)


def _of_going(each: Going) -> Sequence[str]:
    what = (pretty(each.to), KIND_WORDS[each.kind], each.channel.value, each.language)
    segments = "" if each.channel is Channel.VOICE else str(each.segments)
    return (*what, segments, each.body, "")


def _of_staying(each: Staying) -> Sequence[str]:
    kind = KIND_WORDS[each.kind] if each.kind else ""
    return ("", kind, "", "", "", "", why(each))

"""The first page: how much there is today and tomorrow, and what waits for somebody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from flask import Blueprint

from admin import access
from admin.clinic_choice import shown_clinics
from admin.pages import render
from admin.site import now, site
from admin.times import day_start
from admin.words import gettext as _
from db.overview import count_visits, open_tasks

pages = Blueprint("today", __name__)
URGENCY_WORDS: Final = {
    "emergency": _("Emergency"),
    "urgent": _("Urgent"),
    "normal": _("Normal"),
}


@dataclass(frozen=True, slots=True)
class ClinicDay:
    """One clinic's numbers; `day` is today and `next_day` tomorrow at the clinic."""

    name: str
    day: dt.date
    today: int
    next_day: dt.date
    tomorrow: int
    tasks: dict[str, int]


@pages.get("/")
@access.for_staff
def index() -> str:
    """Appointments today and tomorrow, and open tasks by urgency, for each clinic shown."""
    clinics = shown_clinics()
    rows = []
    with site().database.reading() as db:
        tasks = open_tasks(db, [clinic.id for clinic in clinics])
        for clinic in clinics:
            day = now().astimezone(clinic.zone).date()
            days = [day + dt.timedelta(days=ahead) for ahead in range(3)]
            starts = [day_start(each, clinic.zone) for each in days]
            rows.append(
                ClinicDay(
                    name=clinic.name,
                    day=days[0],
                    today=count_visits(db, clinic.id, starts[0], starts[1]),
                    next_day=days[1],
                    tomorrow=count_visits(db, clinic.id, starts[1], starts[2]),
                    tasks={each: tasks.get((clinic.id, each), 0) for each in URGENCY_WORDS},
                )
            )
    return render("admin/today.html", rows=rows, urgencies=URGENCY_WORDS)

"""What waits for a person, on every page: the count in its title, and emergencies across its head.

Each open page asks for it every few seconds; it holds no patient's data.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request

from admin import access
from admin.clinic_choice import shown_clinics, zone_of
from admin.pages import render_part
from admin.site import site
from db.overview import waiting

pages = Blueprint("waiting", __name__)


@pages.get("/waiting")
@access.for_staff
def news() -> Response:
    """The count and the emergencies again, if they are not what the page has on screen."""
    clinics = shown_clinics()
    with site().database.reading() as db:
        now = waiting(db, [clinic.id for clinic in clinics])
    if request.args.get("seen") == f"{now.tasks}-{now.alarms}-{now.first_alarm}":
        return make_response("", 204)
    zone = zone_of(None, clinics)
    return make_response(render_part("admin/_waiting_news.html", waiting=now, zone=zone))

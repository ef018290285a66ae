"""The coordinators' site, under `/admin/`.

Each page is a module with a blueprint named `pages`; `_ROOMS` lists them all.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask

from admin import (
    access,
    account,
    appointment,
    attention,
    audit,
    clinic_choice,
    content,
    content_texts,
    headers,
    history,
    imports,
    numbers,
    pages,
    patient,
    prefix,
    rules,
    search,
    sessions,
    sign_in,
    simulator,
    staff,
    staying,
    task_steps,
    thread,
    today,
    tomorrow,
    unsent,
    voice_message,
    waiting,
    welcome,
    words,
)
from admin.failures import error_page
from admin.passwords import TooManySignInsError
from admin.site import ROOT, Site, link_address

__all__ = ["ROOT", "Site", "error_page", "link_address", "register"]

_ROOMS: Final = (
    pages.pages,
    sign_in.pages,
    staying.pages,
    welcome.pages,
    account.pages,
    clinic_choice.pages,
    today.pages,
    search.pages,
    appointment.pages,
    waiting.pages,
    attention.pages,
    task_steps.pages,
    voice_message.pages,
    thread.pages,
    unsent.pages,
    patient.pages,
    imports.pages,
    numbers.pages,
    tomorrow.pages,  # with data quality
    content.pages,
    content_texts.pages,
    rules.pages,
    history.pages,
    simulator.pages,
    staff.pages,
    audit.pages,
)


def register(app: Flask, site: Site) -> None:
    """Add the site to an app. Raises `access.UndeclaredRouteError` for a page without a guard."""
    sessions.set_up(app, site)
    words.install(app)
    pages.install(app)
    room = Blueprint("admin", __name__, url_prefix=ROOT, template_folder="templates")
    for each in dict.fromkeys(_ROOMS):  # some rooms have several modules
        room.register_blueprint(each)
    app.register_blueprint(room)
    app.register_error_handler(TooManySignInsError, lambda error: error_page(503, error))
    access.put_guard(app)
    headers.put_headers(app)
    prefix.mount(app, urlsplit(site.public_base_url).path)

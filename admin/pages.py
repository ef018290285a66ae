"""Rendering: what every page gets besides its own."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Final

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask import session as browser

from admin import access, clinic_choice, navigation, sessions, times
from admin.site import now, site
from db.overview import waiting

STATIC: Final = Path(__file__).parent / "static"
_A_YEAR_SECONDS: Final = 365 * 24 * 3600
_HTMX: Final = json.dumps(
    {
        "allowEval": False,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,  # patients' data must not stay in the browser's storage
        "refreshOnHistoryMiss": True,
        "timeout": 20_000,  # milliseconds
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "422", "swap": True},  # a form with mistakes comes back in its place
            {"code": "[45]..", "swap": True, "error": True, "target": "#notice"},
        ],
    }
)
pages = Blueprint("pages", __name__)


def render(template: str, /, **context: object) -> str:
    """A whole page for somebody signed in: `admin/base.html` and what it shows in its head.

    Templates get `member`, `now` (UTC), `clinics` (all), `shown` (those looked at), `zone` (of the
    first shown), `waiting` (`db.overview.Waiting`: the open tasks, and emergencies among them), and
    what the page gives. Call it outside a transaction.
    """
    clinics = clinic_choice.all_clinics()
    shown = clinic_choice.chosen(clinics)
    member = sessions.member()
    with site().database.reading() as db:
        open_now = waiting(db, [clinic.id for clinic in shown])
    return render_template(
        template,
        member=member,
        links=navigation.links(member),
        clinics=clinics,
        shown=shown,
        chosen_clinic=browser.get("clinic", clinic_choice.ALL),
        here=request.script_root + request.full_path.rstrip("?"),
        zone=clinic_choice.zone_of(None, shown),
        now=now(),
        waiting=open_now,
        **context,
    )


def render_part(template: str, /, **context: object) -> str:
    """A piece of a page, for htmx to put in its place."""
    return render_template(template, **context)


def render_bare(template: str, /, **context: object) -> str:
    """A page for strangers, or for when nothing else works: it asks the database nothing."""
    return render_template(template, **context)


def wants_part() -> bool:
    """Whether htmx asks for a piece of the page, and not the browser for a whole one."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def asset(name: str) -> str:
    """The address of a file under `static/`; it changes with the file, so browsers may keep it."""
    return url_for("admin.pages.static", name=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@pages.get("/static/<path:name>")
@access.for_everybody
def static(name: str) -> Response:
    """The site's own style, script and what is vendored."""
    if name.endswith((".txt", ".md")):
        abort(404)
    return send_from_directory(STATIC, name, max_age=_A_YEAR_SECONDS)


def install(app: Flask) -> None:
    """Give templates what they need to write addresses, days and times."""
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.globals.update(asset=asset, htmx_config=_HTMX)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        day=times.day_words,
        clock=times.clock_words,
        moment=times.moment_words,
        short=times.short_words,
    )

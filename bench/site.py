"""The coordinators' pages on a database that has grown for years, asked one after the other.

A room adds its pages to `PAGES`. They are served in this process, by Flask's own test client, to
somebody who is signed in; what a browser does with them is not timed.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Final

from flask.testing import FlaskClient

from app import create_app
from bench.filling import NOW
from bench.measure import Figure, Limit, Scale, Target, alternate
from bench.places import clinic, places
from bench.site_draft import store_draft
from bench.site_filling import fill_years
from bench.texts import settings_for
from db.session import Database
from db.staff import NewStaff, Role, add_staff

LANE: Final = "site"
_ON: Final = "PostgreSQL: "
TARGET: Final = Target(Limit.AT_MOST, 100.0)
_TOKEN: Final = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its address, and the form that is posted to it, if one is. `headers` are further
    ones of the request; `answer` the status of the answer. A file that is downloaded has
    no target."""

    path: str
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: int = 200
    target: Target | None = TARGET


_HTMX: Final = {"HX-Request": "true"}
_POLL: Final = {**_HTMX, "Prepline-Poll": "1"}
_TYPED: Final = {
    "clinic": clinic().id,
    "first_name": "Rosa",
    "last_name": "Luna",
    "date_of_birth": "1948-03-09",
    "phone": "(828) 555-0188",
    "language": "en",
    "procedure": "kyphoplasty",
    "day": "2026-12-08",
    "clock": "08:30",
    "channel": "auto",
    "sms_consent": "y",
}
_MONTH: Final = "since=2026-10-22&until=2026-11-20"
_YEAR: Final = "since=2025-11-21&until=2026-11-20"
_DAYS: Final = "since=2026-11-20&until=2026-12-20"
_CONTENT: Final = f"/admin/content/{clinic().id}"
_TEXT: Final = {"en": "Drink water.", "es": "Tome agua."}
_RULES: Final = {
    **{f"{kind}_on": "y" for kind in ("week_before", "day_before", "fasting_start")},
    "week_before_days_before": "5",
    "week_before_at": "10:00",
    "week_before_useful_for_hours": "48",
    "day_before_days_before": "1",
    "day_before_at": "10:00",
    "day_before_useful_until": "21:00",
    "day_before_useful_for_hours": "48",
    "fasting_start_minutes_before": "30",
    "send_window_opens": "08:00",
    "send_window_closes": "21:00",
    "send_window_evening_at": "20:00",
    "messages_per_day": "4",
}
PAGES: Final[dict[str, Page]] = {
    "today": Page("/admin/"),
    "today, only problems": Page("/admin/?problems=y"),
    "today, only not confirmed": Page("/admin/?unconfirmed=y"),
    "31 days": Page(f"/admin/?{_DAYS}"),
    "31 days, only problems": Page(f"/admin/?{_DAYS}&problems=y"),
    "31 days, far down": Page(f"/admin/?{_DAYS}&after=330"),
    "today, by itself": Page("/admin/", headers=_POLL),
    "search by name": Page("/admin/search", {"q": "garcia jose"}),
    "search by first name": Page("/admin/search", {"q": "ines"}, _HTMX),
    "search by phone": Page("/admin/search", {"q": "(200) 200-0050"}, _HTMX),
    "search by four digits": Page("/admin/search", {"q": "0050"}, _HTMX),
    "search by id": Page("/admin/search", {"q": "B-50"}, _HTMX),
    "search for nobody": Page("/admin/search", {"q": "Nemo Nobody"}, _HTMX),
    "an appointment": Page("/admin/appointments/50"),
    "a new appointment": Page("/admin/appointments/new"),
    "its messages while typing": Page("/admin/appointments/preview", _TYPED, _HTMX),
    "needs attention": Page("/admin/attention"),
    "needs attention, done": Page("/admin/attention?show=done"),
    "needs attention, done, far down": Page("/admin/attention?show=done&page=100"),
    "needs attention, by itself": Page("/admin/attention/news?seen=x&since=0", headers=_POLL),
    "a task": Page("/admin/attention/50"),
    "a conversation": Page("/admin/contacts/101/thread"),
    "a conversation of hundreds": Page("/admin/contacts/50/thread"),
    "a conversation, by itself": Page("/admin/contacts/50/thread/news?seen=x", headers=_POLL),
    "a patient": Page("/admin/patients/50"),
    "data quality": Page("/admin/quality"),
    "data quality, one finding": Page("/admin/quality?finding=no_sms_consent"),
    "data quality, 60 days": Page("/admin/quality?days=60"),
    "tomorrow": Page("/admin/quality/tomorrow"),
    "tomorrow, further down": Page("/admin/quality/tomorrow?from=100"),
    "numbers of a month": Page(f"/admin/numbers?{_MONTH}"),
    "numbers of a year, counted lately": Page(f"/admin/numbers?{_YEAR}"),
    "numbers of a year, CSV": Page(f"/admin/numbers/patients.csv?{_YEAR}", target=None),
    "tomorrow, CSV": Page("/admin/quality/tomorrow.csv", target=None),
    "data quality, CSV": Page("/admin/quality/findings.csv", target=None),
    "imports": Page("/admin/imports"),
    "an import": Page("/admin/imports/1"),
    "an import, further down": Page("/admin/imports/1?from=100"),
    "staff": Page("/admin/staff"),
    "audit": Page("/admin/audit"),
    "audit, of one person and day": Page("/admin/audit?who=7&since=2026-11-19&until=2026-11-19"),
    "audit, one action": Page("/admin/audit?what=consent_changed"),
    "account": Page("/admin/account"),
    "content": Page("/admin/content"),
    "a flow with its pictures": Page("/admin/content/flows/prep"),
    "an approved text while typing": Page(f"{_CONTENT}/texts/prep.drinks/preview", _TEXT, _HTMX),
    "what changed rules would do": Page(f"{_CONTENT}/rules/preview", _RULES),
    "history": Page(f"{_CONTENT}/history"),
}


def measure(scale: Scale) -> Iterator[Figure]:
    """The median milliseconds of each page on PostgreSQL."""
    with places() as (_, postgresql), ExitStack() as until_the_end:
        if postgresql.fresh is None:
            for name, page in PAGES.items():
                note = f"{postgresql.name} {postgresql.note}"
                yield Figure(LANE, f"{_ON}{name}", "ms", (), page.target, note)
            return
        url = until_the_end.enter_context(postgresql.fresh())
        database = Database(url)
        until_the_end.callback(database.close)
        filled = fill_years(database, scale.visits)
        app = create_app(settings_for(url), lambda: NOW)
        until_the_end.callback(app.extensions["prepline_database"].close)
        client = _signed_in(database, app.test_client(), scale.appointments)
        token = unescape(_token(client))
        sides = {name: _asker(client, page, token, scale.views) for name, page in PAGES.items()}
        found = alternate(sides, replace(scale, passes=1))
        note = (
            f"{filled.visits:,} appointments, {filled.messages:,} messages sent or received, "
            f"{filled.events:,} notes of what became of them"
        )
        for name, rounds in found.items():
            yield Figure(LANE, f"{_ON}{name}", "ms", rounds, PAGES[name].target, note)


def _asker(client: FlaskClient, page: Page, token: str, views: int) -> Callable[[], float]:
    """Ask for a page some times; the median milliseconds of one."""

    def ask() -> float:
        return statistics.median(_asked(client, page, token) for _ in range(views))

    return ask


def _asked(client: FlaskClient, page: Page, token: str) -> float:
    headers = {"X-CSRFToken": token, **page.headers}
    start = time.perf_counter()
    if page.form is None:
        answer = client.get(page.path, headers=headers, base_url=_BASE)
    else:
        form = {**page.form, "csrf_token": token}
        answer = client.post(page.path, data=form, headers=headers | _REFERRER, base_url=_BASE)
    taken = (time.perf_counter() - start) * 1000
    if answer.status_code != page.answer:
        raise RuntimeError(f"{page.path} was answered with {answer.status_code}")
    return taken


_BASE: Final = "https://bench.example"
_REFERRER: Final = {"Referer": f"{_BASE}/admin/"}


def _token(client: FlaskClient) -> str:
    found = _TOKEN.search(client.get("/admin/account", base_url=_BASE).text)
    if found is None:
        raise RuntimeError("nobody is signed in; the figures would mean nothing")
    return found[1]


def _signed_in(database: Database, client: FlaskClient, rows: int) -> FlaskClient:
    """The browser of somebody who sees every page, as it is after signing in; a file of so many
    rows of theirs waits to be applied."""
    with database.transaction() as db:
        person = add_staff(db, NewStaff("bench@example.org", "Bench", Role.MANAGER), NOW)
    store_draft(database, person.id, rows)
    moment = int(NOW.timestamp())
    with client.session_transaction(base_url=_BASE) as session:
        session.update(
            _user_id=str(person.id),
            _fresh=True,
            epoch=person.session_epoch,
            since=moment,
            seen=moment,
        )
    return client

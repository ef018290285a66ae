"""The audit: writing it, which every page does, and reading it, which managers do."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session
from wtforms import DateField, SelectField
from wtforms.validators import Optional

from admin import access, sessions
from admin.audit_words import ACTION_WORDS, action_words
from admin.clinic_choice import all_clinics, zone_of
from admin.csv_out import csv_response
from admin.forms import Form, row_key
from admin.pages import render, render_part, wants_part
from admin.site import now, site
from admin.times import day_start
from admin.words import gettext as _
from db import audit as entries_of
from db.audit import Action, Detail, Entity, Search
from db.session import Database
from db.staff import all_staff
from db.staff_models import Audit
from profiles import Profile

__all__ = ["Action", "Entity", "note", "pages", "record"]

pages = Blueprint("audit", __name__)
PAGE_SIZE: Final = 50
_CHUNK: Final = 500
_HEADS: Final = ("at_utc", "who", "action", "entity", "entity_id", "clinic", "detail")


def record(
    db: Session,
    action: Action,
    entity: Entity | None = None,
    *,
    clinic_id: str | None = None,
    detail: Detail | None = None,
) -> None:
    """Write down that the person who is signed in does this, in the transaction that does it."""
    actor = sessions.member().actor
    entries_of.record(db, actor, action, entity, at=now(), clinic_id=clinic_id, detail=detail)


def note(
    action: Action,
    entity: Entity | None = None,
    *,
    clinic_id: str | None = None,
    detail: Detail | None = None,
) -> None:
    """As `record`, in a transaction of its own: for what is only looked at."""
    with site().database.transaction() as db:
        record(db, action, entity, clinic_id=clinic_id, detail=detail)


class SearchForm(Form):
    """Which entries. Days are the clinic's own."""

    who = SelectField(_("Who"))
    what = SelectField(
        _("What"),
        choices={"": _("Anything")} | {each.value: text for each, text in ACTION_WORDS.items()},
    )
    since = DateField(_("From day"), [Optional()], render_kw={"type": "date"})
    until = DateField(_("To day"), [Optional()], render_kw={"type": "date"})


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in words; `at` is UTC and shown in `zone`."""

    at: dt.datetime
    zone: ZoneInfo
    who: str
    what: str
    about: str
    detail: str


@pages.get("/audit")
@access.for_managers
def index() -> str | tuple[str, int]:
    """The newest entries, as far as the filters let them through."""
    form, clinics = _form(), all_clinics()
    before = row_key(request.args.get("before"))
    is_fine = form.validate()
    found: Sequence[Audit] = []
    if is_fine:
        with site().database.reading() as db:
            found = entries_of.entries(db, _search(form, clinics), PAGE_SIZE + 1, before)
    rows = [_row(entry, clinics) for entry in found[:PAGE_SIZE]]
    goes_on = len(found) > PAGE_SIZE
    filters: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in form and value
    }
    context = {
        "form": form,
        "rows": rows,
        "older": url_for("admin.audit.index", before=found[PAGE_SIZE - 1].id, **filters)
        if goes_on
        else "",
        "newest": url_for("admin.audit.index", **filters) if before else "",
        "export": url_for("admin.audit.export", **filters),
    }
    if wants_part():
        return render_part("admin/_audit_entries.html", **context), 200 if is_fine else 422
    return render("admin/audit.html", **context), 200 if is_fine else 422


@pages.get("/audit.csv")
@access.for_managers
def export() -> Response:
    """All entries that the filters let through, as CSV with times in UTC."""
    form = _form()
    if not form.validate():
        abort(400)
    note(Action.AUDIT_EXPORTED)
    search = _search(form, all_clinics())
    return csv_response("prepline-audit.csv", _HEADS, _cells(site().database, search))


def _cells(database: Database, search: Search) -> Iterator[Sequence[str]]:
    """Read in pieces, each in a transaction of its own: a slow download holds up nobody."""
    before: int | None = None
    while True:
        with database.reading() as db:
            chunk = entries_of.entries(db, search, _CHUNK, before)
        for entry in chunk:
            yield _csv_row(entry)
        if len(chunk) < _CHUNK:
            return
        before = chunk[-1].id


def _csv_row(entry: Audit) -> tuple[str, ...]:
    return (
        entry.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        entry.staff_email,
        entry.action,
        entry.entity_kind or "",
        entry.entity_id or "",
        entry.clinic_id or "",
        entry.detail,
    )


def _form() -> SearchForm:
    form = SearchForm(request.args)
    with site().database.reading() as db:
        people = {str(person.id): person.email for person in all_staff(db)}
    form.who.choices = {"": _("Anybody")} | people
    form.who.data = request.args.get("who", "")
    form.what.data = request.args.get("what", "")
    return form


def _search(form: SearchForm, clinics: list[Profile]) -> Search:
    zone = zone_of(None, clinics)
    since: dt.date | None = form.since.data
    until: dt.date | None = form.until.data
    return Search(
        staff_id=int(form.who.data) if form.who.data else None,
        action=form.what.data or None,
        since=day_start(since, zone) if since else None,
        until=day_start(until + dt.timedelta(days=1), zone) if until else None,
    )


def _row(entry: Audit, clinics: list[Profile]) -> Row:
    detail: dict[str, object] = json.loads(entry.detail)
    return Row(
        at=entry.at,
        zone=zone_of(entry.clinic_id, clinics),
        who=entry.staff_email,
        what=action_words(entry.action),
        about=" ".join(filter(None, (entry.entity_kind, entry.entity_id))),
        detail=", ".join(f"{name}: {value}" for name, value in detail.items()),
    )

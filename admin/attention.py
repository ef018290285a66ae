"""Needs attention: everything that waits for a person, the most urgent first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, abort, make_response, request, url_for

from admin import access, audit, sessions, task_words
from admin.clinic_choice import all_clinics, shown_clinics
from admin.forms import row_key
from admin.pages import render, render_part
from admin.site import now, site
from admin.task_cards import cards
from admin.times import from_micros, micros
from admin.unsent import note_box
from admin.voice_message import address_of, length_of
from db import call_history, task_work, unsent_texts
from db.audit import Action
from db.overview import waiting
from db.staff import all_staff
from db.task_work import QueueState, Show
from profiles import Profile

pages = Blueprint("attention", __name__)
PAGE_SIZE: Final = 50
_TOLD_ONE_BY_ONE: Final = 3


@pages.get("/attention")
@access.for_staff
def index() -> str:
    """The queue. As long as it is open, it brings itself up to date; that is no further view."""
    queue = _queue(shown_clinics())
    if queue["cards"]:
        detail = {"which": queue["show"].value, "shown": len(queue["cards"])}
        audit.note(Action.TASKS_LISTED, detail=detail)
    return render("admin/attention.html", **queue)


@pages.get("/attention/news")
@access.for_staff
def news() -> Response:
    """The queue again, if anything about it has changed since the page in the browser was made:
    asked for every few seconds by that page."""
    clinics = shown_clinics()
    ids = [clinic.id for clinic in clinics]
    with site().database.reading() as db:
        state = task_work.state_of_queue(db, ids)
    if _fingerprint(state, clinics) == request.args.get("seen"):
        return make_response("", 204)
    queue = _queue(clinics)
    since = from_micros(request.args.get("since", ""))
    with site().database.reading() as db:
        open_now = waiting(db, ids)
        views = task_work.changed_since(db, ids, since, _TOLD_ONE_BY_ONE + 1)
        fresh = cards(db, views, clinics, now())
    part = render_part(
        "admin/_attention_news.html",
        waiting=open_now,
        fresh=fresh,
        one_by_one=len(fresh) <= _TOLD_ONE_BY_ONE,
        has_alarm=any(card.is_alarm for card in fresh),
        **queue,
    )
    return make_response(part)


@pages.get("/attention/<int:task_id>")
@access.for_staff
def show(task_id: int) -> str:
    """One task: what is known, what was done, and what can be done."""
    with site().database.reading() as db:
        view = task_work.task_view(db, task_id)
        if view is None:
            abort(404)
        notes = task_work.notes_of(db, task_id)
        people = all_staff(db)
        unsent = unsent_texts.kept(db, note_box(task_id), now())
    task = view.task
    clinics = all_clinics()
    with site().database.reading() as db:
        card = cards(db, [view], clinics, now())[0]
        messages = call_history.voice_messages_of(db, task)
    audit.note(Action.TASK_VIEWED, audit.Entity("task", str(task_id)), clinic_id=task.clinic_id)
    return render(
        "admin/task.html",
        card=card,
        notes=notes,
        names={person.id: person.name for person in people},
        colleagues=[p for p in people if p.active and p.id != task.assignee_id],
        words=task_words,
        unsent=unsent,
        sounds=[(address_of(each), each.at, length_of(each)) for each in messages],
    )


def _queue(clinics: Sequence[Profile]) -> dict[str, Any]:
    """What the list is made from, on the page and when it is brought up to date."""
    wanted = request.args.get("show", "")
    shown = Show(wanted) if wanted in set(Show) else Show.OPEN
    page = row_key(request.args.get("page")) or 1
    ids = [clinic.id for clinic in clinics]
    offset = (page - 1) * PAGE_SIZE
    with site().database.reading() as db:
        state = task_work.state_of_queue(db, ids)
        views = task_work.queue(db, ids, shown, sessions.member().id, PAGE_SIZE + 1, offset)
        found = cards(db, views[:PAGE_SIZE], clinics, now())
    goes_on = len(views) > PAGE_SIZE
    newest = max(micros(state.newest) if state.newest else 0, _since())
    seen = _fingerprint(state, clinics)
    return {
        "cards": found,
        "show": shown,
        "show_words": task_words.SHOW_WORDS,
        "newer": url_for("admin.attention.index", show=shown.value) if page > 1 else "",
        "older": url_for("admin.attention.index", show=shown.value, page=page + 1)
        if goes_on
        else "",
        "watch": url_for(
            "admin.attention.news", seen=seen, since=newest, show=shown.value, page=page
        ),
    }


def _since() -> int:
    return micros(from_micros(request.args.get("since", "")))


def _fingerprint(state: QueueState, clinics: Sequence[Profile]) -> str:
    """Changes with everything that the list shows; also each minute, for the ages in it."""
    minute = now().replace(second=0, microsecond=0)
    text = repr((minute, [clinic.id for clinic in clinics], state.rows))
    return hashlib.sha256(text.encode()).hexdigest()[:16]

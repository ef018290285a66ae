"""What somebody is writing is kept for them as they write: a text to a patient, a note of a task.

Whoever is signed out, or whose tablet falls asleep, finds it again on the same page, and nobody
else does. The browser keeps nothing of it (decision 19).
"""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from admin import access, sessions
from admin.pages import render_part, wants_part
from admin.site import now, site
from admin.texting import Draft, measured
from db import task_work, unsent_texts
from db.contacts import lock_known_contact
from db.staff_texts import is_written
from db.unsent_texts import Box

pages = Blueprint("unsent", __name__)


def text_box(contact_id: int) -> Box:
    """Where the person who is signed in writes to a contact."""
    return Box(sessions.member().id, contact_id=contact_id)


def note_box(task_id: int) -> Box:
    """Where the person who is signed in writes about a task."""
    return Box(sessions.member().id, task_id=task_id)


@pages.post("/contacts/<int:contact_id>/thread/unsent")
@access.for_staff
@access.loses_nothing
def text(contact_id: int) -> Response | str:
    """Keep the text in the box, and say how many segments it would be. An empty one, as the button
    to discard it sends, is forgotten."""
    draft = Draft.of_form(request.form.get("key", ""), request.form)
    with site().database.transaction() as db:
        contact = lock_known_contact(db, contact_id)
        profile = site().clinics.get(db, contact.clinic_id) if contact is not None else None
        if profile is None:
            abort(404)
        if not is_written(db, draft.key):  # sent a moment ago, while this was on its way
            unsent_texts.keep(db, text_box(contact_id), draft.body, now())
    if not wants_part():
        return redirect(url_for("admin.thread.show", contact_id=contact_id), 303)
    return render_part("admin/_thread_length.html", size=measured(draft, profile))


@pages.post("/attention/<int:task_id>/unsent")
@access.for_staff
@access.loses_nothing
def note(task_id: int) -> Response:
    """Keep the note in the box; an empty one is forgotten."""
    body = request.form.get("note", "").replace("\0", "").replace("\r\n", "\n")
    with site().database.transaction() as db:
        if task_work.locked_task(db, task_id) is None:
            abort(404)
        box = note_box(task_id)
        stored = {(each.staff_id, each.body) for each in task_work.notes_of(db, task_id)}
        if (box.staff_id, body.strip()) not in stored:  # a moment ago, while this was on its way
            unsent_texts.keep(db, box, body, now())
    if not wants_part():
        return redirect(url_for("admin.attention.show", task_id=task_id), 303)
    return make_response("", 204)

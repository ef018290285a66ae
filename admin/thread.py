"""The conversation with a phone: what was said by text and call, and a box to answer.

While a member of staff talks with a patient, nothing but safety and opt-out is answered by itself.
That ends when they hand back, or by itself after a while without a word from staff.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, abort, flash, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin import access, audit, sessions, task_words, timeline
from admin.clinic_choice import all_clinics, zone_of
from admin.pages import render, render_part
from admin.phone_timeline import OF_PHONE
from admin.site import now, site
from admin.task_cards import Phone, phone_of
from admin.texting import (
    PAUSE,
    Draft,
    Refusal,
    is_quiet,
    line_is_stopped,
    may_text,
    measured,
)
from admin.times import from_micros, micros
from admin.unsent import text_box
from admin.words import gettext as _
from carrier.segments import fit
from db import staff_texts, task_work, threads, unsent_texts
from db.audit import Action
from db.contacts import lock_known_contact
from db.models import Contact, Patient, Task, UnsentText
from db.staff import all_staff
from db.task_work import Step
from flows.model import TaskKind
from profiles import Profile

pages = Blueprint("thread", __name__)
PAGE_SIZE: Final = 60
_KEY: Final = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class _Thread:
    """A conversation as it stands. `talking` is who has paused the automatic answers until
    `paused_until` (UTC), `refusal` why no text can be sent, if so. `is_stopped` says that texts
    wait because the line to the carrier is stopped."""

    contact: Contact
    profile: Profile
    patients: Sequence[Patient]
    entries: Sequence[timeline.Entry]
    older: dt.datetime | None
    tasks: Sequence[Task]
    talking: str
    paused_until: dt.datetime | None
    wrote_at: dt.datetime | None
    refusal: Refusal | None
    is_stopped: bool

    @property
    def phone(self) -> Phone:
        """The number."""
        return phone_of(self.contact.phone)

    @property
    def who(self) -> str:
        """The patients on this phone, by name."""
        names = [f"{each.first_name} {each.last_name}" for each in self.patients]
        return _(" or ").join(names) or self.phone.shown

    def fingerprint(self) -> str:
        """Changes with everything that the conversation shows."""
        shown = (self.entries, self.talking, self.paused_until, self.refusal, self.is_stopped)
        text = repr((shown, [task.id for task in self.tasks]))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@pages.get("/contacts/<int:contact_id>/thread")
@access.for_staff
def show(contact_id: int) -> str:
    """The conversation. As long as it is open, it brings itself up to date."""
    found = _read(contact_id)
    entity = audit.Entity("contact", str(contact_id))
    audit.note(Action.THREAD_VIEWED, entity, clinic_id=found.contact.clinic_id)
    with site().database.reading() as db:
        unsent = unsent_texts.kept(db, text_box(contact_id), now())
    return _page(found, Draft(uuid.uuid4().hex, unsent.body if unsent else ""), unsent=unsent)


@pages.get("/contacts/<int:contact_id>/thread/news")
@access.for_staff
def news(contact_id: int) -> Response:
    """The conversation again, if anything in it has changed."""
    found = _read(contact_id)
    if found.fingerprint() == request.args.get("seen"):
        return make_response("", 204)
    since = from_micros(request.args.get("since", ""))
    has_new = found.wrote_at is not None and found.wrote_at > since
    part = render_part("admin/_thread_news.html", has_new=has_new, **_shown(found))
    return make_response(part)


@pages.post("/contacts/<int:contact_id>/thread/send")
@access.for_staff
def send(contact_id: int) -> AnyResponse | tuple[str, int]:
    """Have a text sent, once; the automatic answers are paused by it."""
    key = request.form.get("key", "")
    if not _KEY.match(key):
        abort(400)
    draft = Draft.of_form(key, request.form)
    with site().database.transaction() as db:
        contact = _locked(db, contact_id)
        profile = _profile(db, contact)
        mistake = _mistake(db, contact, profile, draft)
        is_stopped = line_is_stopped(db, profile)
        if not mistake:
            body = fit(draft.body, keep_accents=profile.keep_accents)
            new = staff_texts.NewText(contact, _me(), key, body)
            is_new = staff_texts.write(db, new, now()) is not None
            unsent_texts.forget(db, text_box(contact_id))
            if is_new:
                _talk(contact)
                _close_answered(db, contact)
                _record(db, Action.TEXT_SENT, contact, {"segments": measured(draft, profile).count})
    if mistake:
        return _page(_read(contact_id), draft, mistake), 422
    if is_new and is_stopped:
        flash(_("Your text is stored. It waits for the phone service, as said below."), "warning")
    elif is_new:
        flash(_("Your text goes out now."), "good")
    else:
        flash(_("This text was handed over before; it is not sent a second time."), "warning")
    return _back(contact_id)


@pages.post("/contacts/<int:contact_id>/thread/pause")
@access.for_staff
def pause(contact_id: int) -> AnyResponse:
    """Pause the automatic answers, to talk with the patient oneself."""
    with site().database.transaction() as db:
        contact = _locked(db, contact_id)
        other = _other_talking(db, contact)
        if not other:
            _talk(contact)
            _record(db, Action.CONVERSATION_TAKEN, contact)
    if other:
        flash(_("%(name)s is talking with this patient already.") % {"name": other}, "warning")
    else:
        flash(_("The automatic answers are paused; you answer now."), "good")
    return _back(contact_id)


@pages.post("/contacts/<int:contact_id>/thread/resume")
@access.for_staff
def resume(contact_id: int) -> AnyResponse:
    """Hand the conversation back to the automatic answers."""
    with site().database.transaction() as db:
        contact = _locked(db, contact_id)
        was_paused = _is_paused(contact)
        contact.paused_until = contact.paused_by = None
        if was_paused:
            _record(db, Action.CONVERSATION_HANDED_BACK, contact)
    flash(_("The automatic answers are on again."), "good")
    return _back(contact_id)


def _mistake(db: Session, contact: Contact, profile: Profile, draft: Draft) -> str:
    """Why a text is not stored, in a sentence; empty if it may be."""
    patients = threads.patients_on(db, contact)
    wrote_at = threads.wrote_last_at(db, contact)
    refusal = may_text(contact, patients, wrote_at, threads.newest_opt_out(db, contact))
    if refusal is not None:
        return refusal.words
    other = _other_talking(db, contact)
    if other and request.form.get("talking") != str(contact.paused_by):
        return _("%(name)s has begun to talk with this patient. Read the conversation first.") % {
            "name": other
        }
    return draft.mistake(profile, wrote_at, now())


def _talk(contact: Contact) -> None:
    """A word from staff: the automatic answers stay paused for a while from now."""
    contact.paused_until, contact.paused_by = now() + PAUSE, _me()


def _close_answered(db: Session, contact: Contact) -> None:
    """What the patient wrote meanwhile is answered, as far as the writer has seen it."""
    seen = request.form.get("seen", "")
    wrote_at = threads.wrote_last_at(db, contact)
    if wrote_at is None or seen != str(micros(wrote_at)):
        return
    for task in threads.open_answer_tasks(db, contact, TaskKind.WROTE_TO_STAFF.value):
        task_work.finish(task, _me(), now())
        task_work.note_step(db, task, Step.DONE, _me(), now(), _("Answered by text"))
        entity = audit.Entity("task", str(task.id))
        audit.record(db, Action.TASK_DONE, entity, clinic_id=task.clinic_id)


def _other_talking(db: Session, contact: Contact) -> str:
    """The name of a colleague who is talking with the patient; empty if nobody else is."""
    if not _is_paused(contact) or contact.paused_by in (None, _me()):
        return ""
    names = {person.id: person.name for person in all_staff(db)}
    return names.get(contact.paused_by or 0, "")


def _is_paused(contact: Contact) -> bool:
    return contact.paused_until is not None and contact.paused_until > now()


def _locked(db: Session, contact_id: int) -> Contact:
    contact = lock_known_contact(db, contact_id)
    if contact is None:
        abort(404)
    return contact


def _profile(db: Session, contact: Contact) -> Profile:
    profile = site().clinics.get(db, contact.clinic_id)
    if profile is None:
        abort(404)
    return profile


def _record(
    db: Session, action: Action, contact: Contact, detail: dict[str, int] | None = None
) -> None:
    entity = audit.Entity("contact", str(contact.id))
    audit.record(db, action, entity, clinic_id=contact.clinic_id, detail=detail)


def _read(contact_id: int) -> _Thread:
    before = request.args.get("before")
    with site().database.reading() as db:
        contact = threads.contact_by_key(db, contact_id)
        if contact is None:
            abort(404)
        profile = _profile(db, contact)
        names = {person.id: person.name for person in all_staff(db)}
        until = from_micros(before) if before else dt.datetime.max.replace(tzinfo=dt.UTC)
        wanted = timeline.Wanted(until, now(), PAGE_SIZE, names, profile)
        entries, older = timeline.newest(db, contact, OF_PHONE, wanted)
        patients = threads.patients_on(db, contact)
        wrote_at = threads.wrote_last_at(db, contact)
        opt_out = threads.newest_opt_out(db, contact)
        tasks = threads.open_tasks_of(db, contact)
        is_stopped = line_is_stopped(db, profile)
    is_paused = _is_paused(contact)
    return _Thread(
        contact=contact,
        profile=profile,
        patients=patients,
        entries=entries,
        older=older,
        tasks=tasks,
        talking=names.get(contact.paused_by or 0, "") if is_paused else "",
        paused_until=contact.paused_until if is_paused else None,
        wrote_at=wrote_at,
        refusal=may_text(contact, patients, wrote_at, opt_out),
        is_stopped=is_stopped,
    )


def _page(found: _Thread, draft: Draft, mistake: str = "", unsent: UnsentText | None = None) -> str:
    return render(
        "admin/thread.html",
        draft=draft,
        mistake=mistake,
        unsent=unsent,
        is_quiet=is_quiet(found.profile, now()),
        size=measured(draft, found.profile),
        **_shown(found),
    )


def _shown(found: _Thread) -> dict[str, Any]:
    """What the conversation is made from, on the page and when it is brought up to date."""
    since = micros(found.wrote_at) if found.wrote_at is not None else 0
    here: dict[str, Any] = {"contact_id": found.contact.id}
    return {
        "thread": found,
        "clinic_zone": zone_of(found.contact.clinic_id, all_clinics()),
        "task_words": task_words,
        "since": since,
        "watch": url_for(
            "admin.thread.news",
            seen=found.fingerprint(),
            since=since,
            before=request.args.get("before"),
            **here,
        ),
        "older": (
            url_for("admin.thread.show", before=micros(found.older), **here) if found.older else ""
        ),
    }


def _back(contact_id: int) -> AnyResponse:
    return redirect(url_for("admin.thread.show", contact_id=contact_id), 303)


def _me() -> int:
    return sessions.member().id

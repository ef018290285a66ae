"""The page of an appointment that is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from admin.appointment_form import AppointmentForm, base_of, stored_values
from admin.appointment_preview import cancelling, open_reminders, typed_preview
from admin.appointment_saving import Conflict
from admin.appointment_words import message_words
from admin.pages import render
from admin.prep_words import prep_of
from admin.site import now, site
from admin.visit_list import Question, questions_of
from admin.visit_words import KIND_WORDS, state_of
from db.contacts import contact_of
from db.models import Appointment
from db.prep_answers import answers_by_visit
from db.reminders import all_of, events_of
from db.visits import open_tasks_about
from profiles import Profile
from scheduler.policy import Kind
from scheduler.story import Story, story_of


@dataclass(frozen=True, slots=True)
class Told:
    """A reminder's story, and what went out."""

    kind: str
    story: Story
    body: str


@dataclass(frozen=True, slots=True)
class Around:
    """What is read around an appointment."""

    stories: Sequence[Told]
    questions: Sequence[Question]


def existing_page(
    visit: Appointment,
    profile: Profile,
    form: AppointmentForm | None,
    *,
    base: str = "",
    conflict: Conflict | None = None,
) -> str:
    """The page with its form as given, or as stored. `base` is what the form was opened with, if
    that is not what is stored now."""
    stored = stored_values(visit, profile)
    mistakes = {field.name: field.errors for field in form} if form else {}
    shown = form or AppointmentForm.for_clinic(profile, stored, extra=visit.procedure)
    with site().database.reading() as db:
        preview = typed_preview(db, profile, shown, visit, now())
        cancel = [
            message_words(each, profile.zone, now())
            for each in cancelling(db, profile, visit, now())
        ]
        open_count = len(open_reminders(db, visit))
        contact = contact_of(db, profile.id, visit.patient.phone)
        tasks = open_tasks_about(db, [visit], [contact] if contact else [])
        given = answers_by_visit(db, [visit]).get(visit.id, {})
        rows = all_of(db, visit.id)
        events = events_of(db, [row.id for row in rows])
    for field in shown:
        field.errors = mistakes.get(field.name, [])
    today = now().astimezone(profile.zone).date()
    is_open = visit.status == "scheduled"
    return render(
        "admin/appointment.html",
        visit=visit,
        profile=profile,
        form=shown,
        base=base or base_of(stored, visit.status),
        preview=preview,
        conflict=conflict,
        patient=conflict.patient if conflict else None,
        contact=contact,
        state=state_of(visit),
        cancel_messages=cancel,
        open_count=open_count,
        questions=questions_of(tasks),
        prep=prep_of(given),
        stories=[
            Told(KIND_WORDS[Kind(row.kind)], story_of(row, events, profile.zone), row.body or "")
            for row in rows
        ],
        is_twice=len(shown.moments(profile)) == 2,
        may_arrive=is_open and _day(visit, profile) <= today,
        may_miss=is_open and visit.starts_at <= now(),
        seen=f"{visit.version} {visit.status}",
    )


def _day(visit: Appointment, profile: Profile) -> dt.date:
    return visit.starts_at.astimezone(profile.zone).date()

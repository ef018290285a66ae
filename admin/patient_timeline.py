"""Everything that happened with one patient, as one timeline; see `admin.timeline`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.orm import Session

from admin import task_words, timeline
from admin.audit_words import action_words
from admin.phone_timeline import TALK
from admin.timeline import Entry, Side, Wanted
from admin.times import moment_words
from admin.words import gettext as _
from db import patient_file as files
from db.consents import consent_history
from db.models import Appointment, Contact
from db.patient_file import PatientFile

CHANNEL_WORDS: Final = {"sms": _("texts"), "voice": _("automated calls")}
SOURCE_WORDS: Final = {
    "phone": _("told us by phone"),
    "person": _("told us in person"),
    "form": _("signed a form"),
    "import": _("from the clinic's file"),
    "staff": _("entered with the visit"),
    "text": _("by text"),
    "call": _("in a call"),
}


def _of_phone(source: timeline.Source[Contact]) -> timeline.Source[PatientFile]:
    """A source about the patient's phone."""

    def entries(session: Session, file: PatientFile, wanted: Wanted) -> Sequence[Entry]:
        return source(session, file.contact, wanted) if file.contact is not None else ()

    return entries


def visits(session: Session, file: PatientFile, wanted: Wanted) -> Sequence[Entry]:
    """When appointments were booked, answered and called off."""
    rows = files.visits(session, file.patient.id, wanted.before, wanted.limit + 1)
    found = [entry for row in rows for entry in _of_visit(row, wanted)]
    return [entry for entry in found if entry.at < wanted.before]


def _of_visit(row: Appointment, wanted: Wanted) -> list[Entry]:
    profile = wanted.profile
    when = moment_words(row.starts_at, profile.zone)
    known = profile.procedures.get(row.procedure)
    what = f"{known.name.en if known is not None else row.procedure}, {when}"
    entries = [Entry(row.created_at, Side.EVENT, _("Appointment booked"), what)]
    if row.answered_at is not None:
        said = {"confirmed": _("Will come"), "cannot_come": _("Cannot come")}
        words = said.get(row.answer or "", row.answer or "")
        entries.append(Entry(row.answered_at, Side.PATIENT, words, what))
    if row.status != "scheduled":
        states = {
            "cancelled": _("Appointment cancelled"),
            "arrived": _("Has arrived"),
            "no_show": _("Did not come"),
        }
        words = states.get(row.status, row.status)
        entries.append(Entry(row.updated_at, Side.EVENT, words, what))
    return entries


def reminders(session: Session, file: PatientFile, wanted: Wanted) -> Sequence[Entry]:
    """Reminders and notices, those still to come as well."""
    rows = files.reminders(session, file.patient.id, wanted.before, wanted.limit + 1)
    return [timeline.reminder_entry(row) for row in rows]


def tasks(session: Session, file: PatientFile, wanted: Wanted) -> Sequence[Entry]:
    """What asked for a person."""
    rows = files.tasks(session, file, wanted.before, wanted.limit + 1)
    return [
        Entry(
            row.created_at,
            Side.EVENT,
            _("Needs attention"),
            task_words.heading(row),
            state=_("Done") if row.done_at is not None else _("Open"),
            state_kind="off" if row.done_at is not None else row.urgency,
        )
        for row in rows
    ]


def consents(session: Session, file: PatientFile, wanted: Wanted) -> Sequence[Entry]:
    """When consent was given and withdrawn, how, and who entered it."""
    rows = consent_history(session, file.patient.id, wanted.before, wanted.limit + 1)
    return [
        Entry(
            row.at,
            Side.EVENT,
            _("Agreed to %(what)s") % {"what": CHANNEL_WORDS[row.channel]}
            if row.granted
            else _("No consent to %(what)s") % {"what": CHANNEL_WORDS[row.channel]},
            SOURCE_WORDS.get(row.source, row.source),
            note=wanted.names.get(row.staff_id or 0, ""),
        )
        for row in rows
    ]


def staff(session: Session, file: PatientFile, wanted: Wanted) -> Sequence[Entry]:
    """What staff did."""
    rows = files.staff_actions(session, file, wanted.before, wanted.limit + 1)
    return [
        Entry(
            row.at,
            Side.EVENT,
            action_words(row.action),
            note=wanted.names.get(row.staff_id or 0, row.staff_email),
        )
        for row in rows
    ]


OF_PATIENT: Final[Sequence[timeline.Source[PatientFile]]] = (
    visits,
    reminders,
    *map(_of_phone, TALK),
    tasks,
    consents,
    staff,
)
"""What a patient's timeline is made of."""

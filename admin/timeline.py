"""What happened with a patient or on a phone, in time order and in plain words.

A source is one function; a further one is one function and one line in its page's list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from admin.times import clock_words
from admin.topic_words import topic_words
from admin.words import gettext as _
from carrier.errors import ErrorClass
from db import threads
from db.call_models import CallTurnRow
from db.models import Contact, InboundText, Reminder, StaffText
from flows.model import Kind
from profiles import Profile
from scheduler.channel import Channel
from scheduler.policy import Kind as ReminderKind
from scheduler.policy import Reason


class Side(StrEnum):
    """Whose turn an entry is."""

    PATIENT = "patient"
    CLINIC = "clinic"
    STAFF = "staff"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: when (UTC), by whom, what was said, what became of it.

    `state_kind` is the colour of the badge that says `state`; at `sound` there is something to
    listen to.
    """

    at: dt.datetime
    side: Side
    who: str
    text: str = ""
    note: str = ""
    state: str = ""
    state_kind: str = "off"
    sound: str = ""


About = TypeVar("About")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a timeline: so many entries before a moment; the present moment (both UTC);
    names of staff by key."""

    before: dt.datetime
    now: dt.datetime
    limit: int
    names: Mapping[int, str]
    profile: Profile


Source = Callable[[Session, About, Wanted], Sequence[Entry]]


def newest(
    session: Session, about: About, sources: Sequence[Source[About]], wanted: Wanted
) -> tuple[list[Entry], dt.datetime | None]:
    """The newest entries of all sources, the oldest of them first, and before which moment there
    are more. What happened at the same moment stays together."""
    found = [entry for source in sources for entry in source(session, about, wanted)]
    found.sort(key=lambda entry: entry.at)
    if len(found) <= wanted.limit:
        return found, None
    first = found[-wanted.limit].at
    return [entry for entry in found if entry.at >= first], first


def texts(session: Session, contact: Contact, wanted: Wanted) -> Sequence[Entry]:
    """What the patient texted, what was understood, and the automatic answer."""
    rows = threads.texts_in(session, contact, wanted.before, wanted.limit + 1)
    return [entry for row in rows for entry in _of_text(row)]


def _of_text(row: InboundText) -> list[Entry]:
    pictures = _(" (with a picture)") if row.media else ""
    asked = Entry(row.at, Side.PATIENT, _("Patient"), row.body + pictures, note=understood(row))
    if not row.reply:
        return [asked]
    return [asked, Entry(row.at, Side.CLINIC, _("Automatic answer"), row.reply)]


_UNDERSTOOD: Final[dict[str, str]] = {
    Kind.ANSWER: _("Understood as a question"),
    Kind.CHOICES: _("Got a menu or a choice"),
    Kind.EMERGENCY: _("Emergency words: told to call 911"),
    Kind.SAME_DAY: _("A symptom: told to call the clinic today"),
    Kind.OPT_OUT: _("Asked for no more messages"),
    Kind.COMMAND: _("A command, such as menu or help"),
    Kind.UNKNOWN: _("Not understood"),
}
_BY_RULE: Final = {
    "paused": _("Not answered by itself: a person is answering"),
    "opted_out": _("Messages are switched off: told how to switch them on"),
    "machine": _("Sent by a machine"),
}


def understood(row: InboundText | CallTurnRow) -> str:
    """What was made of a text, or of a turn of a call."""
    if row.rule in _BY_RULE:
        return _BY_RULE[row.rule]
    words = _UNDERSTOOD.get(row.kind, row.kind)
    if row.kind != Kind.ANSWER or not row.labels:
        return words
    topics = ", ".join(map(topic_words, row.labels.split()))
    return _("Understood as: %(topics)s") % {"topics": topics}


def reminders(session: Session, contact: Contact, wanted: Wanted) -> Sequence[Entry]:
    """Reminders and notices that went to this phone."""
    rows = threads.reminders_out(session, contact, wanted.before, wanted.limit + 1)
    return [reminder_entry(row) for row in rows]


REMINDER_WORDS: Final[dict[str, str]] = {
    ReminderKind.WEEK_BEFORE: _("Reminder a week before"),
    ReminderKind.DAY_BEFORE: _("Reminder the day before"),
    ReminderKind.FASTING_START: _("Reminder that fasting starts"),
    ReminderKind.BOOKED: _("Notice of the appointment"),
    ReminderKind.MOVED: _("Notice that the appointment was moved"),
    ReminderKind.CANCELLED: _("Notice that the appointment was cancelled"),
}
_STATES_OF_CALLS: Final = {
    "sending": (_("Being called"), "normal"),
    "sent": (_("Called; not known yet whether it was heard"), "normal"),
    "delivered": (_("Heard"), "good"),
    "failed": (_("Was not heard"), "urgent"),
}
_STATES: Final = {
    "planned": (_("Waiting to be sent"), "normal"),
    "sending": (_("Being sent"), "normal"),
    "sent": (_("Sent; no word yet that it arrived"), "normal"),
    "delivered": (_("Delivered"), "good"),
    "failed": (_("Did not arrive"), "urgent"),
    "in_doubt": (_("Not known yet whether it went out"), "urgent"),
    "cancelled": (_("Called off"), "off"),
    "skipped": (_("Not sent"), "off"),
    "missed": (_("Not sent in time"), "urgent"),
}


def reminder_entry(row: Reminder) -> Entry:
    """A reminder with its state in plain words."""
    is_call = row.channel == Channel.VOICE
    state, colour = _STATES.get(row.status, (row.status, "off"))
    if row.status == "planned":
        state = _("Planned")
    elif is_call:
        state, colour = _STATES_OF_CALLS.get(row.status, (state, colour))
    words = REMINDER_WORDS.get(row.kind, row.kind)
    return Entry(
        row.sent_at or row.started_at or row.due_at,
        Side.CLINIC,
        _("%(message)s, by call") % {"message": words} if is_call else words,
        row.body or "",
        note=Reason(row.reason).words if row.reason in set(Reason) else "",
        state=state,
        state_kind=colour,
    )


def replies(session: Session, contact: Contact, wanted: Wanted) -> Sequence[Entry]:
    """What staff wrote to this phone."""
    rows = threads.texts_by_staff(session, contact, wanted.before, wanted.limit + 1)
    return [_of_staff(row, wanted) for row in rows]


def _of_staff(row: StaffText, wanted: Wanted) -> Entry:
    state, colour = _STATES[row.status]
    why = ErrorClass(row.error_class).sentence if row.error_class in set(ErrorClass) else ""
    if row.status == "planned" and why:
        why = _(
            "The connection to the phone service is not working. This text waits for it until "
            "%(moment)s. Phone the patient if they need to know sooner."
        ) % {"moment": clock_words(row.send_by, wanted.profile.zone)}
    who = wanted.names.get(row.staff_id, "")
    return Entry(row.created_at, Side.STAFF, who, row.body, why, state, colour)


def opt_changes(session: Session, contact: Contact, wanted: Wanted) -> Sequence[Entry]:
    """When messages were switched off and on."""
    rows = threads.opt_changes(session, contact, wanted.before, wanted.limit + 1)
    words = {"opt_out": _("Messages switched off"), "opt_in": _("Messages switched on")}
    return [Entry(row.at, Side.EVENT, words.get(row.change, row.change)) for row in rows]

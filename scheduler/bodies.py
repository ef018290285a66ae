"""What a reminder says, in the patient's language and the clinic's local time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from carrier.segments import fit
from db.models import Appointment
from flows.clinic_words import filled
from flows.library import Library
from flows.model import Channel
from profiles import Profile
from scheduler.clock_words import clock, day_words, moment_words
from scheduler.planning import visit_of
from scheduler.policy import Kind, Visit, arrives_at, fasting_starts_at

_MESSAGES: Final = {
    Kind.WEEK_BEFORE: "reminder_week_before",
    Kind.DAY_BEFORE: "reminder_day_before",
    Kind.FASTING_START: "reminder_fasting_start",
    Kind.BOOKED: "notice_booked",
    Kind.MOVED: "notice_moved",
    Kind.CANCELLED: "notice_cancelled",
}


@dataclass(frozen=True, slots=True)
class Occasioned:
    """What a reminder is about: whose visit, in which language it is told, and when it starts."""

    first_name: str = field(repr=False)
    language: str
    procedure: str
    starts_at: dt.datetime


def occasioned(appointment: Appointment) -> Occasioned:
    """What a stored appointment's reminders are about."""
    patient = appointment.patient
    return Occasioned(
        patient.first_name, patient.language, appointment.procedure, appointment.starts_at
    )


def body_of(
    library: Library, profile: Profile, about: Occasioned, kind: Kind, now: dt.datetime
) -> str:
    """The text of one reminder as it would go out at `now` (UTC), fitted to few segments."""
    visit = visit_of(profile, about.procedure, about.starts_at)
    words = appointment_words(profile, visit, about.language) | {"first_name": about.first_name}
    words["fast"] = _fast(library, profile, visit, about.language, words, now)
    message = library.messages[_MESSAGES[kind]]
    text = filled(message, Channel.SMS, about.language, profile, words)
    said = " ".join(text.split()).replace("m..", "m.")  # the point of "a. m." ends the sentence too
    return fit(said, keep_accents=profile.keep_accents)


def spoken_body(
    library: Library, profile: Profile, about: Occasioned, kind: Kind, now: dt.datetime
) -> str:
    """The words of one reminder as a call at `now` (UTC) says them."""
    visit = visit_of(profile, about.procedure, about.starts_at)
    words = appointment_words(profile, visit, about.language) | {"first_name": about.first_name}
    words["fast"] = _fast(library, profile, visit, about.language, words, now)
    text = filled(library.messages[_MESSAGES[kind]], Channel.VOICE, about.language, profile, words)
    return " ".join(text.split()).replace("m..", "m.")


def appointment_words(profile: Profile, visit: Visit, language: str) -> dict[str, str]:
    """An appointment's moments as they are said to the patient."""
    local = visit.starts_at.astimezone(profile.zone)
    arrival = arrives_at(visit).astimezone(profile.zone)
    return {
        "day": day_words(local.date(), language),
        "time": clock(local.time(), language),
        "arrive_time": clock(arrival.time(), language),
        "fast_moment": moment_words(fasting_starts_at(visit), profile.zone, language),
    }


def _fast(
    library: Library,
    profile: Profile,
    visit: Visit,
    language: str,
    words: Mapping[str, str],
    now: dt.datetime,
) -> str:
    """The sentences about fasting: ahead, begun already, or none for a procedure without it."""
    if visit.procedure.fasting_hours == 0:
        return ""
    name = "fast_ahead" if now < fasting_starts_at(visit) else "fast_begun"
    return filled(library.messages[name], Channel.SMS, language, profile, words)

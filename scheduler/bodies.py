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
from flows.spoken_times import spoken_clock, spoken_day
from profiles import Profile
from scheduler.clock_words import clock, day_words, moment_words, spoken_moment
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
    said = _said(library, profile, about, kind, now, Channel.SMS)
    said = said.replace("m..", "m.")  # the point of "a. m." ends the sentence too
    return fit(said, keep_accents=profile.keep_accents)


def spoken_body(
    library: Library, profile: Profile, about: Occasioned, kind: Kind, now: dt.datetime
) -> str:
    """The words of one reminder as a call would say them at `now` (UTC)."""
    return _said(library, profile, about, kind, now, Channel.VOICE)


def _said(
    library: Library,
    profile: Profile,
    about: Occasioned,
    kind: Kind,
    now: dt.datetime,
    channel: Channel,
) -> str:
    visit = visit_of(profile, about.procedure, about.starts_at)
    words = appointment_words(profile, visit, about.language, channel)
    words["first_name"] = about.first_name
    words["fast"] = _fast(library, profile, visit, about.language, words, now, channel)
    message = library.messages[_MESSAGES[kind]]
    return " ".join(filled(message, channel, about.language, profile, words).split())


def appointment_words(
    profile: Profile, visit: Visit, language: str, channel: Channel = Channel.SMS
) -> dict[str, str]:
    """An appointment's moments as they are said to the patient. Clock times said aloud in Spanish
    come with their article: "las 9 de la mañana"."""
    local = visit.starts_at.astimezone(profile.zone)
    arrival = arrives_at(visit).astimezone(profile.zone)
    fasting = fasting_starts_at(visit)
    if channel is Channel.VOICE:
        return {
            "day": spoken_day(local.date(), language),
            "time": spoken_clock(local.time(), language),
            "arrive_time": spoken_clock(arrival.time(), language),
            "fast_moment": spoken_moment(fasting, profile.zone, language),
        }
    return {
        "day": day_words(local.date(), language),
        "time": clock(local.time(), language),
        "arrive_time": clock(arrival.time(), language),
        "fast_moment": moment_words(fasting, profile.zone, language),
    }


def _fast(
    library: Library,
    profile: Profile,
    visit: Visit,
    language: str,
    words: Mapping[str, str],
    now: dt.datetime,
    channel: Channel,
) -> str:
    """The sentences about fasting: ahead, begun already, or none for a procedure without it."""
    if visit.procedure.fasting_hours == 0:
        return ""
    name = "fast_ahead" if now < fasting_starts_at(visit) else "fast_begun"
    return filled(library.messages[name], channel, language, profile, words)

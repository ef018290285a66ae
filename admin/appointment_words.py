"""Sentences about an appointment: what would go out, what a change did, what somebody changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from admin.appointment_form import CHANNEL_CHOICES, FIELDS, AppointmentForm, Values
from admin.times import day_words, moment_words
from admin.visit_words import KIND_WORDS, LANGUAGE_WORDS
from admin.words import gettext as _
from admin.words import ngettext
from appointments import Change
from profiles import Profile
from scheduler.channel import Channel
from scheduler.policy import Kind, Reason
from scheduler.preview import Previewed

_NOTICES: Final = {
    Kind.BOOKED: _("the booking"),
    Kind.MOVED: _("the new time"),
    Kind.CANCELLED: _("the cancellation"),
}
_PASSED: Final = (Reason.BOOKED_LATE, Reason.APPOINTMENT_PAST)
STATUS_WORDS: Final = {
    "scheduled": _("Scheduled"),
    "cancelled": _("Cancelled"),
    "arrived": _("Arrived"),
    "no_show": _("Did not come"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the preview in words; `why_not` is empty for one that goes out, and no matter of
    concern if its moment has simply passed."""

    kind: str
    when: str
    how: str
    cost: str
    body: str
    why_not: str
    has_passed: bool


def message_words(each: Previewed, zone: ZoneInfo, now: dt.datetime) -> Message:
    """One message as the page shows it before it is saved; times are the clinic's."""
    language = LANGUAGE_WORDS.get(each.language, each.language)
    is_text = each.channel is Channel.SMS
    parts = each.segments.count
    cost = ngettext("1 segment", "%(count)s segments", parts) % {"count": parts}
    when = _("now") if each.at <= now else moment_words(each.at, zone)
    waits = f" {each.waits_for.words}" if each.waits_for else ""
    return Message(
        kind=KIND_WORDS[each.kind],
        when=when + (f".{waits}" if waits else ""),
        how=(_("Text in %(language)s") if is_text else _("Call in %(language)s"))
        % {"language": language},
        cost=cost if is_text else "",
        body=each.body,
        why_not=each.obstacle.words if each.obstacle else "",
        has_passed=each.obstacle in _PASSED,
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving did: how many open messages for `old_start` were taken back, what is to come."""

    change: Change
    taken_back: int
    old_start: dt.datetime
    coming: Sequence[Previewed]


def saved_words(saved: Saved, profile: Profile, now: dt.datetime) -> str:
    """What a change meant for the patient, in a few sentences."""
    says = {
        Change.NEW: _("The appointment is booked."),
        Change.MOVED: _("The appointment has its new time."),
        Change.CANCELLED: _("The appointment is cancelled."),
        Change.UPDATED: _("The corrections are stored."),
        Change.UNCHANGED: _("Nothing was different, so nothing was changed."),
    }
    sentences = [says[saved.change]]
    if saved.taken_back:
        local = saved.old_start.astimezone(profile.zone)
        day = f"{local:%A, %b} {local.day}"
        sentences.append(
            ngettext(
                "The reminder for %(day)s was cancelled.",
                "The %(count)s reminders for %(day)s were cancelled.",
                saved.taken_back,
            )
            % {"count": saved.taken_back, "day": day}
        )
    if saved.change is not Change.UNCHANGED:
        sentences += _coming_words(saved.coming, profile.zone, now)
    return " ".join(sentences)


def _coming_words(coming: Sequence[Previewed], zone: ZoneInfo, now: dt.datetime) -> list[str]:
    sentences = [_notice_words(each, zone, now) for each in coming if each.kind in _NOTICES]
    rules = [each for each in coming if each.kind not in _NOTICES and each.obstacle not in _PASSED]
    ahead = sorted((each for each in rules if each.obstacle is None), key=lambda each: each.at)
    if ahead:
        words = ngettext(
            "1 reminder is still to come: %(when)s.",
            "%(count)s reminders are still to come, the first %(when)s.",
            len(ahead),
        )
        sentences.append(words % {"count": len(ahead), "when": moment_words(ahead[0].at, zone)})
    lost = {each.obstacle: None for each in rules if each.obstacle}
    sentences += [
        _("Reminders will not go out: %(reason)s Please phone the patient.")
        % {"reason": reason.words}
        for reason in lost
    ]
    return sentences


def _notice_words(each: Previewed, zone: ZoneInfo, now: dt.datetime) -> str:
    about = _NOTICES[each.kind]
    if each.obstacle:
        words = _("No message about %(about)s goes out: %(reason)s Please phone the patient.")
        return words % {"about": about, "reason": each.obstacle.words}
    if each.at <= now:
        return _("One message about %(about)s goes out now.") % {"about": about}
    words = _("One message about %(about)s goes out %(when)s.")
    return words % {"about": about, "when": moment_words(each.at, zone)}


def is_all_well(saved: Saved) -> bool:
    """Whether nobody has to be phoned because of what can't go out."""
    return all(each.obstacle is None or each.obstacle in _PASSED for each in saved.coming)


@dataclass(frozen=True, slots=True)
class Difference:
    """What somebody else changed in a field, and what was typed here if that differs."""

    label: str
    was: str
    is_now: str
    typed: str


def differences(
    form: AppointmentForm, base: Values, stored: Values, typed: Values
) -> list[Difference]:
    """What changed between the form's opening and now, in the order of its fields."""
    found = []
    for name in (*FIELDS, "status"):
        if base[name] == stored[name]:
            continue
        label = form[name].label.text if name in form else _("State")
        mine = typed.get(name, base[name])
        differs = mine not in (base[name], stored[name])
        words = [_value_words(form, name, each) for each in (base[name], stored[name], mine)]
        found.append(Difference(label, words[0], words[1], words[2] if differs else ""))
    return found


def merged(base: Values, stored: Values, typed: Values) -> dict[str, str]:
    """The other person's changes where nothing was typed here, and what was typed elsewhere."""
    return {name: stored[name] if typed[name] == base[name] else typed[name] for name in FIELDS}


def _value_words(form: AppointmentForm, name: str, value: str) -> str:
    if name in ("day", "date_of_birth"):
        return _day_words(value)
    known: dict[str, Mapping[str, str]] = {
        "status": STATUS_WORDS,
        "language": LANGUAGE_WORDS,
        "channel": CHANNEL_CHOICES,
        "procedure": form.procedure_names,
        "which": {"0": _("The first"), "1": _("The second")},
        "sms_consent": {"y": _("Yes"), "": _("No")},
        "voice_consent": {"y": _("Yes"), "": _("No")},
    }
    return known.get(name, {}).get(value, value)


def _day_words(value: str) -> str:
    try:
        return day_words(dt.date.fromisoformat(value))
    except ValueError:
        return value

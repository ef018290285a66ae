"""What the states of appointments, their messages and questions are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from admin.times import short_words
from admin.words import gettext as _
from db.models import Appointment, Reminder
from scheduler.policy import Kind, Reason


@dataclass(frozen=True, slots=True)
class Badge:
    """A word, and the kind of frame that it is shown in."""

    kind: str
    text: str


_SCHEDULED: Final = {
    "confirmed": Badge("good", _("Confirmed")),
    "cannot_come": Badge("urgent", _("Cannot come")),
    None: Badge("normal", _("Not confirmed")),
}
_OVER: Final = {
    "cancelled": Badge("off", _("Cancelled")),
    "arrived": Badge("good", _("Arrived")),
    "no_show": Badge("urgent", _("Did not come")),
}
KIND_WORDS: Final = {
    Kind.WEEK_BEFORE: _("Week before"),
    Kind.DAY_BEFORE: _("Day before"),
    Kind.FASTING_START: _("Fasting start"),
    Kind.BOOKED: _("Booking notice"),
    Kind.MOVED: _("New-time notice"),
    Kind.CANCELLED: _("Cancellation notice"),
}
CHANNEL_WORDS: Final = {"sms": _("Text"), "voice": _("Call")}
LANGUAGE_WORDS: Final = {"en": _("English"), "es": _("Spanish")}
_HARMLESS: Final = (Reason.BOOKED_LATE, Reason.APPOINTMENT_PAST)


@dataclass(frozen=True, slots=True)
class MessageLine:
    """Messages that stand alike: which, and how. `is_problem`: somebody should look."""

    kinds: Sequence[str]
    state: str
    is_problem: bool


def state_of(visit: Appointment) -> Badge:
    """How an appointment stands."""
    return _OVER.get(visit.status) or _SCHEDULED[visit.answer]


def message_lines(
    rows: Iterable[Reminder], zone: ZoneInfo, obstacle: Reason | None
) -> list[MessageLine]:
    """Messages in plain words; none for what was taken back, was never needed, or is missing for
    the `obstacle` that is told already."""
    found: dict[str, MessageLine] = {}
    for row in rows:
        line = None if obstacle and row.reason == obstacle else _message_line(row, zone)
        if line is not None:
            known = found.get(line.state)
            kinds = (*known.kinds, *line.kinds) if known else line.kinds
            found[line.state] = MessageLine(kinds, line.state, line.is_problem)
    return list(found.values())


def _message_line(row: Reminder, zone: ZoneInfo) -> MessageLine | None:
    if row.status == "cancelled" or (row.status == "skipped" and row.reason in _HARMLESS):
        return None
    reason = Reason(row.reason).words if row.reason else ""
    sent_at = short_words(row.sent_at, zone) if row.sent_at else ""
    state = {
        "planned": _("planned %(when)s") % {"when": short_words(row.due_at, zone)},
        "sending": _("going out now"),
        "sent": _("sent %(when)s, delivery not confirmed yet") % {"when": sent_at},
        "delivered": _("delivered %(when)s") % {"when": sent_at},
        "failed": _("failed. %(reason)s") % {"reason": reason},
        "missed": _("not sent. %(reason)s") % {"reason": reason},
        "skipped": _("not sent. %(reason)s") % {"reason": reason},
        "in_doubt": _("unclear. %(reason)s") % {"reason": reason},
    }[row.status]
    waits = row.status == "planned" and row.reason is not None
    return MessageLine(
        kinds=(KIND_WORDS[Kind(row.kind)],),
        state=_("waiting. %(reason)s") % {"reason": reason} if waits else state,
        is_problem=row.status in {"failed", "missed", "skipped", "in_doubt"} or waits,
    )

"""The parts of a clinic's profile in words: what they are called and what they say."""

from __future__ import annotations

import datetime as dt
from typing import Final

from admin.content_topics import shipped_places
from admin.times import day_words
from admin.words import gettext as _
from profile_parts import TEXTS, Part
from profiles import ApprovedText, CalendarRule, FastingRule, SendWindow

RULE_NAMES: Final = {
    "reminders.week_before": _("Early reminder"),
    "reminders.day_before": _("Reminder the day before"),
    "reminders.fasting_start": _("Reminder to fast"),
    "send_window": _("Sending hours"),
    "messages_per_day": _("Most messages a day"),
}


def part_name(name: str) -> str:
    """What a part is called."""
    if not name.startswith(TEXTS):
        return RULE_NAMES.get(name, name)
    topic = name.removeprefix(TEXTS)
    place = shipped_places().get(topic)
    return _("Approved text: %(title)s") % {"title": place.title if place else topic}


def part_words(name: str, part: Part) -> list[str]:
    """What a part says, in one or more lines."""
    match part:
        case ApprovedText():
            day = day_words(part.approved_at)
            who = _("Approved by %(who)s, %(day)s.") % {"who": part.approved_by, "day": day}
            return [part.text.en, part.text.es, who]
        case CalendarRule():
            return [_calendar(part)]
        case FastingRule():
            minutes = {"minutes": part.minutes_before}
            return [_("%(minutes)s minutes before fasting starts") % minutes]
        case SendWindow():
            words = _(
                "%(opens)s to %(closes)s; a reminder to fast that is due outside them goes out at"
                " %(evening)s the evening before"
            )
            moments = {"opens": part.opens, "closes": part.closes, "evening": part.evening_at}
            return [words % {key: clock(each) for key, each in moments.items()}]
        case int():
            return [_("%(count)s to one phone") % {"count": part}]
        case None:
            return [_("None") if name.startswith(TEXTS) else _("Not sent")]


def _calendar(rule: CalendarRule) -> str:
    days = {"days": rule.days_before, "at": clock(rule.at)}
    before = (
        _("The day before at %(at)s")
        if rule.days_before == 1
        else _("%(days)s days before at %(at)s")
    )
    if rule.useful_until is not None:
        until = _("not after %(until)s that day") % {"until": clock(rule.useful_until)}
    else:
        until = _("not once it is %(hours)s hours late") % {"hours": f"{rule.useful_for_hours:g}"}
    return f"{before % days}, {until}"


def clock(time: dt.time) -> str:
    """`9:30 AM`, by the clinic's own clock."""
    return f"{time.hour % 12 or 12}:{time:%M %p}"

"""The form of a clinic's reminder rules."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Final

from flask import request
from wtforms import BooleanField, FloatField, IntegerField, TimeField
from wtforms.validators import InputRequired, Optional

from admin.content_conflict import base_of
from admin.forms import Form
from admin.words import gettext as _
from profile_parts import with_parts
from profiles import (
    CalendarRule,
    FastingRule,
    Profile,
    ReminderRules,
    RuleKind,
    SendWindow,
    problems_of,
)

Values = Mapping[str, str]
_NUMBER: Final = _("Enter a number.")
_CLOCK: Final = _("Enter a clock time, like 10:00.")
_CALENDAR: Final = (RuleKind.WEEK_BEFORE, RuleKind.DAY_BEFORE)
_PLACES: Final = {
    "send_window": "send_window_opens",
    "messages_per_day": "messages_per_day",
    **{
        f"reminders.{kind}.{name}": f"{kind}_{name}"
        for kind in _CALENDAR
        for name in ("days_before", "at", "useful_until", "useful_for_hours")
    },
    "reminders.fasting_start.minutes_before": "fasting_start_minutes_before",
}


def _whole(label: str) -> IntegerField:
    return IntegerField(label, [InputRequired(_NUMBER)], render_kw={"inputmode": "numeric"})


def _clock(label: str) -> TimeField:
    return TimeField(label, [InputRequired(_CLOCK)], render_kw={"type": "time"})


class RulesForm(Form):
    """When reminders go out; all clock times are the clinic's own."""

    week_before_on = BooleanField(_("Send it"))
    week_before_days_before = _whole(_("Days before the appointment"))
    week_before_at = _clock(_("At"))
    week_before_useful_until = TimeField(
        _("Not after this time of that day"), [Optional()], render_kw={"type": "time"}
    )
    week_before_useful_for_hours = FloatField(
        _("Not once it is late by so many hours"), [InputRequired(_NUMBER)]
    )
    day_before_on = BooleanField(_("Send it"))
    day_before_days_before = _whole(_("Days before the appointment"))
    day_before_at = _clock(_("At"))
    day_before_useful_until = TimeField(
        _("Not after this time of that day"), [Optional()], render_kw={"type": "time"}
    )
    day_before_useful_for_hours = FloatField(
        _("Not once it is late by so many hours"), [InputRequired(_NUMBER)]
    )
    fasting_start_on = BooleanField(_("Send it"))
    fasting_start_minutes_before = _whole(_("Minutes before fasting starts"))
    send_window_opens = _clock(_("From"))
    send_window_closes = _clock(_("To"))
    send_window_evening_at = _clock(_("Evening time of reminders to fast"))
    messages_per_day = _whole(_("Most automated messages to one phone in a day"))

    def checked(self, profile: Profile) -> Profile | None:
        """The profile with these rules; `None` with the mistakes at their fields."""
        if not self.validate():
            return None
        draft = self._draft(profile)
        for problem in problems_of(draft):
            place, _colon, what = problem.partition(": ")
            field = self[_PLACES.get(place, "send_window_opens")]
            field.errors = [*field.errors, f"{what[:1].upper()}{what[1:]}."]
        return None if self.errors else draft

    def _draft(self, profile: Profile) -> Profile:
        typed = self.data
        window = SendWindow(
            *(typed[f"send_window_{name}"] for name in SendWindow.__struct_fields__)
        )
        fasting = FastingRule(typed["fasting_start_minutes_before"])
        return with_parts(
            profile,
            {
                "reminders.week_before": self._calendar("week_before"),
                "reminders.day_before": self._calendar("day_before"),
                "reminders.fasting_start": fasting if typed["fasting_start_on"] else None,
                "send_window": window,
                "messages_per_day": typed["messages_per_day"],
            },
        )

    def _calendar(self, kind: str) -> CalendarRule | None:
        typed = self.data
        if not typed[f"{kind}_on"]:
            return None
        names = CalendarRule.__struct_fields__
        return CalendarRule(**{name: typed[f"{kind}_{name}"] for name in names})


FIELDS: Final = tuple(field.name for field in RulesForm())


def stored_values(profile: Profile) -> dict[str, str]:
    """What is stored of the rules, as the form shows it; one that is not sent, as it usually is."""
    values: dict[str, str] = {}
    usual = ReminderRules()
    for kind in RuleKind:
        rule = getattr(profile.reminders, kind)
        values[f"{kind}_on"] = "y" if rule else ""
        shown = rule or getattr(usual, kind)
        values |= {
            f"{kind}_{name}": _text(getattr(shown, name)) for name in shown.__struct_fields__
        }
    window = profile.send_window
    for name in window.__struct_fields__:
        values[f"send_window_{name}"] = _text(getattr(window, name))
    values["messages_per_day"] = _text(profile.messages_per_day)
    return {name: values[name] for name in FIELDS}


def typed_values() -> dict[str, str]:
    """What was typed, in the same form."""
    return {name: request.form.get(name, "").strip() for name in FIELDS}


def mark_of(values: Values) -> str:
    """Names exactly these values: what was looked at is what is applied."""
    return hashlib.sha256(base_of(values).encode()).hexdigest()[:16]


def _text(value: object) -> str:
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

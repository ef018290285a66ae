"""Random clinics, and random stories of one appointment at them: booked, moved, called off."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from profiles import (
    CalendarRule,
    FastingAnchor,
    FastingRule,
    Procedure,
    Profile,
    ReminderRules,
    SendWindow,
)
from tests.support.policy_oracle import MINUTE, Step
from tests.support.visits import make_procedure, make_profile

ZONES: Final = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Anchorage",
    "Pacific/Honolulu",
    "Europe/Lisbon",
)
_NEAR: Final = (  # the days of clock changes here and in Europe, and an ordinary one
    dt.date(2026, 11, 1),
    dt.date(2027, 3, 14),
    dt.date(2026, 10, 25),
    dt.date(2027, 3, 28),
    dt.date(2026, 12, 9),
)
_PROCEDURES: Final = ("kyphoplasty", "vertebroplasty")


@dataclass(frozen=True, slots=True)
class Story:
    """A clinic, and the lines about one appointment that come in one after the other."""

    profile: Profile
    steps: tuple[Step, ...]
    language: str
    sms_consent: bool


def _clock(first: int, last: int) -> st.SearchStrategy[dt.time]:
    return st.integers(first, last).map(lambda minute: dt.time(*divmod(minute, 60)))


def _minute(clock: dt.time) -> int:
    return clock.hour * 60 + clock.minute


@st.composite
def _windows(draw: st.DrawFn) -> SendWindow:
    evening = draw(_clock(15 * 60, 21 * 60 - 1))
    opens = draw(_clock(8 * 60, 11 * 60))
    return SendWindow(opens, draw(_clock(_minute(evening) + 1, 21 * 60)), evening)


@st.composite
def _calendar_rules(draw: st.DrawFn) -> CalendarRule:
    at = draw(_clock(0, 24 * 60 - 2) | _clock(60, 180) | _clock(8 * 60, 21 * 60))
    until = draw(st.none() | _clock(_minute(at) + 1, 24 * 60 - 1))
    hours = draw(st.sampled_from((1.0, 5.0, 12.0, 48.0, 168.0)))
    return CalendarRule(draw(st.integers(1, 10)), at, until, hours)


_usual: Final = ReminderRules()
_rules: Final = st.builds(
    ReminderRules,
    st.none() | st.just(_usual.week_before) | _calendar_rules(),
    st.none() | st.just(_usual.day_before) | _calendar_rules(),
    st.none() | st.builds(FastingRule, st.sampled_from((0, 15, 30, 30, 30, 90, 720))),
)


@st.composite
def _procedures(draw: st.DrawFn) -> Procedure:
    return make_procedure(
        draw(st.sampled_from((0.0, 2.0, 6.0, 6.0, 8.0, 12.0, 24.0)) | _quarters),
        anchor=draw(st.sampled_from(FastingAnchor)),
        arrive_minutes_before=draw(st.sampled_from((0, 60, 120)) | st.integers(0, 600)),
    )


_quarters: Final = st.integers(0, 96).map(lambda quarters: quarters / 4)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """A clinic with the usual rules, or with any that a profile may have."""
    profile = make_profile(
        draw(st.sampled_from(ZONES)),
        window=draw(st.just(SendWindow()) | _windows()),
        rules=draw(st.just(_usual) | _rules),
    )
    procedures = {name: draw(_procedures()) for name in _PROCEDURES}
    cap = draw(st.integers(1, 10))
    return msgspec.structs.replace(profile, procedures=procedures, messages_per_day=cap)


@st.composite
def _starts(draw: st.DrawFn, profile: Profile) -> dt.datetime:
    """A start on the clinic's clock, on the day of a clock change or in the days after it."""
    day = draw(st.sampled_from(_NEAR)) + draw(st.integers(-1, 8)) * dt.timedelta(days=1)
    clock = draw(_clock(6 * 60, 18 * 60) | _clock(0, 24 * 60 - 1))
    wall = dt.datetime.combine(day, clock, ZoneInfo(profile.time_zone))
    return wall.astimezone(dt.UTC)


_before: Final = st.one_of(
    st.integers(-600, 24 * 60),  # on the day: while the patient fasts already, and afterwards
    st.integers(0, 4 * 24 * 60),
    st.integers(3 * 24 * 60, 15 * 24 * 60),
    st.integers(9 * 24 * 60, 15 * 24 * 60),
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Up to four lines about one appointment, each later than the one before."""
    profile = draw(profiles())
    starts_at = draw(_starts(profile))
    now = starts_at - draw(_before) * MINUTE + dt.timedelta(seconds=draw(st.integers(0, 59)))
    procedure = draw(st.sampled_from(_PROCEDURES))
    steps = [Step(now, starts_at, procedure, draw(st.sampled_from((False,) * 9 + (True,))))]
    for _ in range(draw(st.integers(0, 3))):
        now += draw(st.integers(0, 600) | st.integers(0, 5 * 24 * 60)) * MINUTE
        change = draw(st.sampled_from(("move", "move", "shift", "procedure", "cancel")))
        if change == "move":
            starts_at = draw(_starts(profile))
        elif change == "shift":
            starts_at += draw(st.sampled_from((-1440, -60, -1, 1, 60, 1440))) * MINUTE
        elif change == "procedure":
            procedure = draw(st.sampled_from(_PROCEDURES))
        steps.append(Step(now, starts_at, procedure, change == "cancel"))
    consent = draw(st.sampled_from((True, True, True, False)))
    return Story(profile, tuple(steps), draw(st.sampled_from(("en", "es"))), consent)

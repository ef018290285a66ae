"""Days and clock times as the clinic's people read them: in the clinic's own zone."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


def day_words(day: dt.date) -> str:
    """`Tue, Dec 1, 2026`."""
    return f"{day:%a, %b} {day.day}, {day.year}"


def clock_words(moment: dt.datetime, zone: ZoneInfo) -> str:
    """`9:30 AM EST`."""
    local = moment.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local:%M %p %Z}"


def moment_words(moment: dt.datetime, zone: ZoneInfo) -> str:
    """`Tue, Dec 1, 2026, 9:30 AM EST`."""
    return f"{day_words(moment.astimezone(zone).date())}, {clock_words(moment, zone)}"


def short_words(moment: dt.datetime, zone: ZoneInfo) -> str:
    """`Tue, Dec 1, 9:30 AM`, where year and zone are said already; no line ends before the AM."""
    local = moment.astimezone(zone)
    clock = f"{local.hour % 12 or 12}:{local:%M}\N{NO-BREAK SPACE}{local:%p}"
    return f"{local:%a, %b} {local.day}, {clock}"


def moments_of(day: dt.date, clock: dt.time, zone: ZoneInfo) -> list[dt.datetime]:
    """The moments (UTC) at which the clinic's clock shows this: one; none where the clocks go
    forward over it; two, the earlier first, where they go back over it."""
    wall = dt.datetime.combine(day, clock, zone)
    found = {wall.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1)}
    shown = wall.replace(tzinfo=None)
    return sorted(each for each in found if each.astimezone(zone).replace(tzinfo=None) == shown)


def day_start(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """When a day begins at the clinic, UTC."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)


def micros(moment: dt.datetime) -> int:
    """A moment as a whole number, for addresses and forms: microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(text: str) -> dt.datetime:
    """The moment (UTC) that such a number names; 1970 for what is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= 16
    return _EPOCH + (int(text) if is_number else 0) * _MICROSECOND

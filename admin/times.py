"""Days and clock times as the clinic's people read them: in the clinic's own zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


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


def day_start(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """When a day begins at the clinic, UTC."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)

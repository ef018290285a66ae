"""Builders for clinic profiles and visits, in the clock time that a clinic would write."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from profiles import (
    Coordinator,
    FastingAnchor,
    FirstScan,
    PerformedBy,
    Practice,
    Procedure,
    Profile,
    ReminderRules,
    SendWindow,
    Stay,
    Wording,
)
from scheduler.policy import Visit

NEW_YORK = "America/New_York"


def local(text: str, zone: str = NEW_YORK, *, fold: int = 0) -> dt.datetime:
    """`2026-11-24T07:00` on the wall clock of `zone`, in UTC; `fold=1` is a second occurrence."""
    wall = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return wall.astimezone(dt.UTC)


def make_procedure(
    fasting_hours: float = 6.0,
    *,
    anchor: FastingAnchor = FastingAnchor.PROCEDURE,
    arrive_minutes_before: int = 0,
) -> Procedure:
    """A procedure with these rules; without arguments the defaults of every profile."""
    return Procedure(
        name=Wording(en="Kyphoplasty", es="Cifoplastia"),
        fasting_hours=fasting_hours,
        fasting_anchor=anchor,
        arrive_minutes_before=arrive_minutes_before,
    )


def make_profile(
    zone: str = NEW_YORK,
    *,
    window: SendWindow | None = None,
    rules: ReminderRules | None = None,
) -> Profile:
    """A clinic in `zone`; without further arguments with the default window and reminders."""
    return Profile(
        id="sample",
        name="Sample Radiology",
        time_zone=zone,
        coordinator=Coordinator(name="Care desk", phone="(828) 555-0100"),
        address="1 Main Street",
        practice=Practice(
            first_scan=FirstScan.XRAY,
            performed_by=PerformedBy.INTERVENTIONAL_RADIOLOGIST,
            stay=Stay.SAME_DAY,
        ),
        procedures={"kyphoplasty": make_procedure()},
        hours={"mon": ["08:00-17:00"]},
        send_window=window or SendWindow(),
        reminders=rules or ReminderRules(),
    )


def make_visit(starts: str, zone: str = NEW_YORK, procedure: Procedure | None = None) -> Visit:
    """A visit that starts at `2026-11-24T07:00` on the wall clock of `zone`."""
    return Visit(local(starts, zone), procedure or make_procedure())

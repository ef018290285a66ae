"""What the reminder rules ask for, worked out a second time and in another way.

Nothing here comes from `scheduler.policy`: moments are found by walking along the clinic's wall
clock minute by minute, as a person with a calendar and a clock would. Slow, and easy to believe.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Final

from profiles import CalendarRule, FastingAnchor, Procedure, Profile

MINUTE: Final = dt.timedelta(minutes=1)
DAY: Final = dt.timedelta(days=1)
RULES: Final = ("week_before", "day_before", "fasting_start")


@dataclass(frozen=True, slots=True)
class Row:
    """What should be stored of one message; moments in UTC."""

    due_at: dt.datetime
    send_by: dt.datetime
    status: str = "planned"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an imported file: when it came in, and what it says of the appointment."""

    now: dt.datetime
    starts_at: dt.datetime
    procedure: str
    cancelled: bool = False


@dataclass
class Ledger:
    """The rows of one appointment by version and kind, and whether somebody must phone."""

    profile: Profile
    reachable: bool
    rows: dict[tuple[int, str], Row] = field(default_factory=dict)
    version: int = 0
    needs_call: bool = False
    said: Step | None = None

    def take(self, step: Step) -> str:
        """Do what a line asks for; returns what it is: new, moved, cancelled ..."""
        before, self.said = self.said, step
        if before is None:
            self.version = 1
            if step.cancelled:
                return "cancelled"
            self._plan(step, "booked")
            return "new"
        if step.cancelled:
            self.said = replace(before, cancelled=True)  # a cancelled visit keeps its time
            if before.cancelled:
                return "unchanged"
            self._take_back("cancelled")
            self._notice(replace(before, now=step.now), "cancelled")
            return "cancelled"
        known = fasting_begins(self.profile, before)
        if (before.cancelled, before.starts_at, known) != (
            False,
            step.starts_at,
            fasting_begins(self.profile, step),
        ):
            self._take_back("moved")
            self.version += 1
            self._plan(step, "moved")
            return "moved"
        return "unchanged" if before.procedure == step.procedure else "updated"

    def _plan(self, step: Step, notice: str) -> None:
        late = False
        for kind in RULES:
            row = rule_row(self.profile, step, kind)
            if row is None:
                continue
            if step.starts_at <= step.now:
                row = replace(row, status="skipped", reason="appointment_past")
            elif row.due_at < step.now:
                row = replace(row, status="skipped", reason="booked_late")
                late = True
            self._add(kind, row)
        if notice == "moved" or late:
            self._notice(step, notice)

    def _notice(self, step: Step, kind: str) -> None:
        """At once, or when patients may be texted again, while it is of any use."""
        if step.starts_at <= step.now:
            return
        fasting = fasting_begins(self.profile, step)
        tells_fasting = kind != "cancelled" and fasting is not None and step.now < fasting
        send_by = fasting if fasting is not None and tells_fasting else step.starts_at
        self._add(kind, _in_time(self.profile, step.now, send_by))

    def _add(self, kind: str, row: Row) -> None:
        assert (self.version, kind) not in self.rows
        if row.status == "planned" and not self.reachable:
            row = replace(row, status="skipped", reason="no_consent")
            self.needs_call = True
        self.needs_call = self.needs_call or row.status == "missed"
        self.rows[self.version, kind] = row

    def _take_back(self, reason: str) -> None:
        for key, row in self.rows.items():
            if row.status == "planned":
                self.rows[key] = replace(row, status="cancelled", reason=reason)


def rule_row(profile: Profile, step: Step, kind: str) -> Row | None:
    """One rule's row for a visit that is far ahead; none where the clinic has no such rule."""
    if kind == "fasting_start":
        return _fasting_row(profile, step)
    rule: CalendarRule | None = getattr(profile.reminders, kind)
    if rule is None:
        return None
    day = step.starts_at.astimezone(profile.zone).date()
    for _ in range(rule.days_before):
        day -= DAY
    moment = at_clock(profile, day, rule.at)
    if rule.useful_until is None:
        send_by = moment + dt.timedelta(hours=rule.useful_for_hours)
    else:
        send_by = at_clock(profile, day, rule.useful_until)
    return _in_time(profile, moment, min(send_by, step.starts_at))


def fasting_begins(profile: Profile, step: Step) -> dt.datetime | None:
    """Hours that really pass, counted back from the anchor; none without a fast."""
    procedure: Procedure = profile.procedures[step.procedure]
    if procedure.fasting_hours == 0:
        return None
    minutes = procedure.fasting_hours * 60
    if procedure.fasting_anchor == FastingAnchor.ARRIVAL:
        minutes += procedure.arrive_minutes_before
    return step.starts_at - minutes * MINUTE


def is_moved_to_the_evening(profile: Profile, step: Step) -> bool:
    """Whether the fasting reminder can't go out at its own moment."""
    rule, begins = profile.reminders.fasting_start, fasting_begins(profile, step)
    if rule is None or begins is None:
        return False
    return rule.minutes_before == 0 or not is_open(profile, begins - rule.minutes_before * MINUTE)


def _fasting_row(profile: Profile, step: Step) -> Row | None:
    rule, begins = profile.reminders.fasting_start, fasting_begins(profile, step)
    if rule is None or begins is None:
        return None
    moment = begins - rule.minutes_before * MINUTE
    if not is_moved_to_the_evening(profile, step):
        return Row(moment, begins)
    evening = moment - MINUTE
    while evening.astimezone(profile.zone).time() != profile.send_window.evening_at:
        evening -= MINUTE
    return Row(evening, min(closes_at(profile, evening), moment))


def _in_time(profile: Profile, moment: dt.datetime, send_by: dt.datetime) -> Row:
    opening = moment
    if not is_open(profile, moment):
        opening = moment.replace(second=0, microsecond=0)
        while opening < moment or not is_open(profile, opening):
            opening += MINUTE
    if opening < send_by:
        return Row(opening, send_by)
    return Row(moment, send_by, "missed", "window_closed")


def is_open(profile: Profile, moment: dt.datetime) -> bool:
    """Whether the clock on the clinic's wall lies in the send window."""
    window = profile.send_window
    return window.opens <= moment.astimezone(profile.zone).time() < window.closes


def closes_at(profile: Profile, moment: dt.datetime) -> dt.datetime:
    """When the send window that holds a moment closes."""
    closing = moment.replace(second=0, microsecond=0)
    while closing <= moment or is_open(profile, closing):
        closing += MINUTE
    return closing


def at_clock(profile: Profile, day: dt.date, clock: dt.time) -> dt.datetime:
    """When the clinic's wall clock first shows this time; if it never does, as if not changed."""
    wall = dt.datetime.combine(day, clock)
    skipped = dt.timedelta()
    while not (found := _shown_at(profile, wall)):
        wall -= MINUTE
        skipped += MINUTE
    return found[0] + skipped


def _shown_at(profile: Profile, wall: dt.datetime) -> list[dt.datetime]:
    """All moments at which the wall clock shows this, in order."""
    as_if_utc = wall.replace(tzinfo=dt.UTC)
    around = (as_if_utc + days * DAY for days in (-2, 2))
    offsets = {moment.astimezone(profile.zone).utcoffset() for moment in around}
    moments = sorted(as_if_utc - offset for offset in offsets if offset is not None)
    return [m for m in moments if m.astimezone(profile.zone).replace(tzinfo=None) == wall]

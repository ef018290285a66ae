"""When an appointment's messages are due: which, from when, until when, and which not at all.

Pure rules: no database, no clock. Every moment that comes in or goes out is timezone-aware UTC
(another aware zone is converted, a naive datetime is refused with `ValueError`); the rules are
computed in the clinic's zone. Calendar rules keep wall-clock time, fasting is elapsed time; both
hold across clock changes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from profiles import CalendarRule, FastingAnchor, FastingRule, Procedure, Profile


class Kind(StrEnum):
    """The messages of an appointment: three reminders that rules ask for, and three notices."""

    WEEK_BEFORE = "week_before"
    DAY_BEFORE = "day_before"
    FASTING_START = "fasting_start"
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"


class Occasion(StrEnum):
    """What happened that makes an appointment's messages be planned."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RULES_CHANGED = "rules_changed"


class PlanStatus(StrEnum):
    """What a message starts life as; `missed` means that someone has to phone the patient."""

    PLANNED = "planned"
    SKIPPED = "skipped"
    MISSED = "missed"


class Reason(StrEnum):
    """Why a message was not sent, did not arrive or is waiting; `words` says it to staff."""

    BOOKED_LATE = "booked_late"
    WINDOW_CLOSED = "window_closed"
    APPOINTMENT_PAST = "appointment_past"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RULES_CHANGED = "rules_changed"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    BAD_NUMBER = "bad_number"
    NOT_TEXTABLE = "not_textable"
    SEND_FAILED = "send_failed"
    TOO_LATE = "too_late"
    UNDELIVERED = "undelivered"
    CALLS_UNAVAILABLE = "calls_unavailable"
    NOT_ANSWERED = "not_answered"
    CALLS_BLOCKED = "calls_blocked"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    LINE_STOPPED = "line_stopped"
    THROTTLED = "throttled"
    DAILY_CAP = "daily_cap"
    WAITING = "waiting"
    UNACCOUNTED = "unaccounted"
    NOT_NEEDED = "not_needed"

    @property
    def words(self) -> str:
        """One plain English sentence that tells a coordinator what this reason means."""
        return _REASON_WORDS[self]


_REASON_WORDS: Final = {
    Reason.BOOKED_LATE: "Its time had already passed when it was planned.",
    Reason.WINDOW_CLOSED: (
        "The clinic's sending hours leave no time for it before it stops being useful."
    ),
    Reason.APPOINTMENT_PAST: "The appointment had already started when it was entered or changed.",
    Reason.MOVED: "The appointment was moved; messages for the new time replace this one.",
    Reason.CANCELLED: "The appointment was cancelled.",
    Reason.RULES_CHANGED: "The clinic changed its reminder rules; a new plan replaces this one.",
    Reason.NO_CONSENT: "The patient has not agreed to be contacted this way.",
    Reason.OPTED_OUT: "The patient asked to get no more automated messages.",
    Reason.BAD_NUMBER: "The phone number on file does not work; ask the patient for another.",
    Reason.NOT_TEXTABLE: "The phone number on file cannot get texts; it may be a landline.",
    Reason.SEND_FAILED: "The phone service did not accept it, and trying again did not help.",
    Reason.TOO_LATE: "It could not go out before it stopped being useful.",
    Reason.UNDELIVERED: "It was sent, but the patient's phone company did not deliver it.",
    Reason.CALLS_UNAVAILABLE: (
        "It had to go out as a call, and this clinic has no number to call from."
    ),
    Reason.NOT_ANSWERED: "Nobody answered the call long enough to hear it.",
    Reason.CALLS_BLOCKED: "The patient's phone company blocks our automated calls.",
    Reason.IN_DOUBT: "It may or may not have gone out; ask the patient before repeating it.",
    Reason.LINE_STOPPED: "The connection to the phone service is not working; it waits for that.",
    Reason.THROTTLED: "The phone service was too busy to take it; it is tried again.",
    Reason.DAILY_CAP: "The patient's phone got as many messages today as the clinic allows.",
    Reason.WAITING: "It is due and has not gone out yet; phone the patient if time gets short.",
    Reason.UNACCOUNTED: "It should have gone out and there is no trace of it.",
    Reason.NOT_NEEDED: "The patient had come already, or the visit was over.",
    Reason.HELD: "It waits because the patient reported a warning sign; staff can release it.",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment as the rules see it: the procedure's start (kept in UTC) and its rules.

    Raises `ValueError` for a start without a time zone.
    """

    starts_at: dt.datetime
    procedure: Procedure

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_at", as_utc(self.starts_at))


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """One message of a plan: it may be sent in [due_at, send_by), both UTC, inside the window.

    A planned one is due inside the send window, not before `now` and before `send_by`, which is
    never after the visit's start. One that is skipped or missed has a `reason`; a missed one
    keeps as `due_at` the moment that it was meant for.
    """

    kind: Kind
    due_at: dt.datetime
    send_by: dt.datetime
    status: PlanStatus
    reason: Reason | None = None


def as_utc(moment: dt.datetime) -> dt.datetime:
    """The same moment in UTC. Raises `ValueError` for a datetime without a time zone."""
    if moment.utcoffset() is None:
        raise ValueError(
            "A datetime came without a time zone, so its moment is unknown; nothing was planned. "
            "Pass an aware datetime, in UTC."
        )
    return moment.astimezone(dt.UTC)


def arrives_at(visit: Visit) -> dt.datetime:
    """When the patient is asked to be at the clinic, UTC."""
    return visit.starts_at - dt.timedelta(minutes=visit.procedure.arrive_minutes_before)


def fasting_starts_at(visit: Visit) -> dt.datetime:
    """When fasting starts, UTC: `fasting_hours` of elapsed time before the anchor.

    On a night when the clocks change the wall clock shows an hour more or less. Without fasting
    hours this is the visit's start, whatever the anchor, and so later than with any.
    """
    if visit.procedure.fasting_hours == 0:
        return visit.starts_at
    from_arrival = visit.procedure.fasting_anchor == FastingAnchor.ARRIVAL
    anchor = arrives_at(visit) if from_arrival else visit.starts_at
    return anchor - dt.timedelta(hours=visit.procedure.fasting_hours)


def in_window(profile: Profile, moment: dt.datetime) -> bool:
    """Whether automated messages may reach a patient now: clinic-local [opens, closes)."""
    window = profile.send_window
    return window.opens <= as_utc(moment).astimezone(profile.zone).time() < window.closes


def next_opening(profile: Profile, moment: dt.datetime) -> dt.datetime:
    """The first moment inside the send window from `moment` on, UTC; `moment` itself if inside."""
    moment = as_utc(moment)
    if in_window(profile, moment):
        return moment
    today = moment.astimezone(profile.zone).date()
    opening = _local(profile, today, profile.send_window.opens)
    if opening > moment:
        return opening
    return _local(profile, today + dt.timedelta(days=1), profile.send_window.opens)


def closing(profile: Profile, moment: dt.datetime) -> dt.datetime:
    """When the send window that holds `moment` closes, UTC."""
    today = as_utc(moment).astimezone(profile.zone).date()
    return _local(profile, today, profile.send_window.closes)


def send_moment(
    profile: Profile, earliest: dt.datetime, send_by: dt.datetime
) -> dt.datetime | None:
    """The first moment from `earliest` on at which a message may go out, UTC.

    None if the send window gives it no moment before `send_by`. For a message that is already
    overdue `earliest` is now.
    """
    opening = next_opening(profile, earliest)
    return opening if opening < as_utc(send_by) else None


def plan(
    profile: Profile, visit: Visit, now: dt.datetime, occasion: Occasion
) -> tuple[PlannedReminder, ...]:
    """All messages of a visit on this occasion, by `due_at` and then by the kind's name.

    - booked: the clinic's rules. A rule that is due before `now` is skipped (`booked_late`), and
      if there is one, a `booked` notice tells the patient at once what it would have said.
    - moved: the same rules for the new time, and always a `moved` notice, never a `booked` one.
    - cancelled: only the `cancelled` notice; `visit` is the one that was called off.
    - rules_changed: only the rules; one that is due before `now` is skipped without a notice.

    Once the visit has started (`starts_at <= now`) every rule is skipped (`appointment_past`) and
    there is no notice. There is at most one message of each kind.
    """
    now = as_utc(now)
    rows: list[PlannedReminder] = []
    if occasion != Occasion.CANCELLED:
        rows = [_unless_past(row, visit, now) for row in _rules(profile, visit)]
    notice = _notice_kind(occasion, rows)
    if notice and now < visit.starts_at:
        rows.append(_notice(profile, visit, now, notice))
    return tuple(sorted(rows, key=lambda row: (row.due_at, row.kind)))


def _rules(profile: Profile, visit: Visit) -> list[PlannedReminder]:
    """What the clinic's rules ask for, whatever the time is now."""
    rules = profile.reminders
    rows = []
    if rules.week_before:
        rows.append(_calendar(profile, visit, Kind.WEEK_BEFORE, rules.week_before))
    if rules.day_before:
        rows.append(_calendar(profile, visit, Kind.DAY_BEFORE, rules.day_before))
    if rules.fasting_start and visit.procedure.fasting_hours > 0:
        rows.append(_fasting(profile, visit, rules.fasting_start))
    return rows


def _calendar(profile: Profile, visit: Visit, kind: Kind, rule: CalendarRule) -> PlannedReminder:
    """A wall-clock rule; outside the window it waits for the next opening while still useful."""
    day = visit.starts_at.astimezone(profile.zone).date() - dt.timedelta(days=rule.days_before)
    nominal = _local(profile, day, rule.at)
    if rule.useful_until is None:
        send_by = nominal + dt.timedelta(hours=rule.useful_for_hours)
    else:
        send_by = _local(profile, day, rule.useful_until)
    return _when_open(profile, kind, nominal, min(send_by, visit.starts_at))


def _fasting(profile: Profile, visit: Visit, rule: FastingRule) -> PlannedReminder:
    """The fasting reminder, which only ever moves earlier: later the patient may have eaten.

    Outside the window it moves to the last evening before its own moment, and is useful until
    the window closes on that evening. So does one with no lead time (`minutes_before: 0`), which
    in its own place would be over as soon as it was due.
    """
    begins = fasting_starts_at(visit)
    nominal = begins - dt.timedelta(minutes=rule.minutes_before)
    if nominal < begins and in_window(profile, nominal):
        return PlannedReminder(Kind.FASTING_START, nominal, begins, PlanStatus.PLANNED)
    window = profile.send_window
    day = nominal.astimezone(profile.zone).date()
    if _local(profile, day, window.evening_at) >= nominal:
        day -= dt.timedelta(days=1)
    evening = _local(profile, day, window.evening_at)
    send_by = min(_local(profile, day, window.closes), nominal)
    return PlannedReminder(Kind.FASTING_START, evening, send_by, PlanStatus.PLANNED)


def _unless_past(row: PlannedReminder, visit: Visit, now: dt.datetime) -> PlannedReminder:
    if visit.starts_at <= now:
        return replace(row, status=PlanStatus.SKIPPED, reason=Reason.APPOINTMENT_PAST)
    if row.due_at < now:
        return replace(row, status=PlanStatus.SKIPPED, reason=Reason.BOOKED_LATE)
    return row


def _notice_kind(occasion: Occasion, rows: list[PlannedReminder]) -> Kind | None:
    if occasion == Occasion.CANCELLED:
        return Kind.CANCELLED
    if occasion == Occasion.MOVED:
        return Kind.MOVED
    late = any(row.reason == Reason.BOOKED_LATE for row in rows)
    return Kind.BOOKED if late and occasion == Occasion.BOOKED else None


def _notice(profile: Profile, visit: Visit, now: dt.datetime, kind: Kind) -> PlannedReminder:
    """A notice goes out at once; one that names the fasting time must come before that time.

    When fasting has already started the patient still has to hear of it, up to the visit's start.
    """
    fasting = fasting_starts_at(visit)
    tells_fasting = kind != Kind.CANCELLED and visit.procedure.fasting_hours > 0
    send_by = fasting if tells_fasting and now < fasting else visit.starts_at
    return _when_open(profile, kind, now, send_by)


def _when_open(
    profile: Profile, kind: Kind, meant_for: dt.datetime, send_by: dt.datetime
) -> PlannedReminder:
    due_at = send_moment(profile, meant_for, send_by)
    if due_at is None:
        return PlannedReminder(kind, meant_for, send_by, PlanStatus.MISSED, Reason.WINDOW_CLOSED)
    return PlannedReminder(kind, due_at, send_by, PlanStatus.PLANNED)


def _local(profile: Profile, day: dt.date, clock: dt.time) -> dt.datetime:
    """A clinic-local date and clock time in UTC.

    A time that the spring change leaves out moves forward by the gap; one that the autumn change
    repeats is its first occurrence. Both are what an unset `fold` means.
    """
    return dt.datetime.combine(day, clock, profile.zone).astimezone(dt.UTC)

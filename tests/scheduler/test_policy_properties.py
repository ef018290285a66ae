"""What holds for every clinic, visit and moment, whatever its rules and wherever it is."""

from __future__ import annotations

import datetime as dt
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import (
    CalendarRule,
    FastingAnchor,
    FastingRule,
    Profile,
    ReminderRules,
    SendWindow,
)
from scheduler.policy import (
    Kind,
    Occasion,
    PlanStatus,
    Visit,
    fasting_starts_at,
    in_window,
    next_opening,
    plan,
    send_moment,
)
from tests.support.visits import make_procedure, make_profile

Case = tuple[Profile, Visit, dt.datetime]

NOTICES: Final = {Kind.BOOKED, Kind.MOVED, Kind.CANCELLED}
MINUTE: Final = dt.timedelta(minutes=1)
ZONES: Final = [
    "America/New_York",
    "America/Chicago",
    "America/Phoenix",
    "America/Anchorage",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Europe/Lisbon",
]
CLOCK_CHANGES: Final = [
    dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC),
    dt.datetime(2026, 11, 1, 6, tzinfo=dt.UTC),
    dt.datetime(2027, 3, 14, 7, tzinfo=dt.UTC),
]


def clock_times(first: int, last: int) -> st.SearchStrategy[dt.time]:
    """Clock times from `first` to `last`, both in minutes after midnight."""
    return st.integers(first, last).map(lambda minute: dt.time(*divmod(minute, 60)))


def minutes_of(time: dt.time) -> int:
    return time.hour * 60 + time.minute


@st.composite
def windows(draw: st.DrawFn) -> SendWindow:
    """Any window that a profile may have: 08:00 <= opens <= evening_at < closes <= 21:00."""
    evening = draw(clock_times(8 * 60, 21 * 60 - 1))
    return SendWindow(
        opens=draw(clock_times(8 * 60, minutes_of(evening))),
        closes=draw(clock_times(minutes_of(evening) + 1, 21 * 60)),
        evening_at=evening,
    )


@st.composite
def calendar_rules(draw: st.DrawFn) -> CalendarRule:
    """Any rule that a profile may have, in the night as well."""
    at = draw(clock_times(0, 24 * 60 - 2))
    return CalendarRule(
        days_before=draw(st.integers(1, 60)),
        at=at,
        useful_until=draw(st.none() | clock_times(minutes_of(at) + 1, 24 * 60 - 1)),
        useful_for_hours=draw(st.integers(1, 168).map(float)),
    )


PROFILES: Final = st.builds(
    lambda zone, window, rules: make_profile(zone, window=window, rules=rules),
    st.sampled_from(ZONES),
    st.just(SendWindow()) | windows(),
    st.just(ReminderRules())
    | st.builds(
        ReminderRules,
        st.none() | calendar_rules(),
        st.none() | calendar_rules(),
        st.none() | st.builds(FastingRule, st.integers(0, 720)),
    ),
)
PROCEDURES: Final = st.builds(
    lambda hours, anchor, early: make_procedure(hours, anchor=anchor, arrive_minutes_before=early),
    st.sampled_from([0.0, 2.0, 6.0, 8.0, 24.0]) | st.floats(0, 24),
    st.sampled_from(FastingAnchor),
    st.integers(0, 600),
)


def near(moment: dt.datetime, days: int) -> st.SearchStrategy[dt.datetime]:
    return st.integers(-days * 1440, days * 1440).map(lambda minutes: moment + minutes * MINUTE)


STARTS: Final = st.sampled_from(CLOCK_CHANGES).flatmap(lambda moment: near(moment, 2)) | near(
    dt.datetime(2027, 6, 15, 12, tzinfo=dt.UTC), 200
)
VISITS: Final = st.builds(Visit, STARTS, PROCEDURES)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A clinic, a visit, and a now that is often just around the moments that matter."""
    visit = draw(VISITS)
    return draw(PROFILES), visit, draw(near(visit.starts_at, 1) | near(visit.starts_at, 70))


quick = settings(max_examples=250, deadline=None)


@quick
@given(case=cases(), occasion=st.sampled_from(Occasion))
def test_what_holds_for_every_row_of_every_plan(case: Case, occasion: Occasion) -> None:
    profile, visit, now = case
    rows = plan(profile, visit, now, occasion)
    assert list(rows) == sorted(rows, key=lambda row: (row.due_at, row.kind))
    kinds = [row.kind for row in rows]
    assert len(set(kinds)) == len(kinds)
    assert len(NOTICES & set(kinds)) <= 1
    for row in rows:
        assert row.due_at < visit.starts_at
        assert row.send_by <= visit.starts_at
        assert (row.reason is None) == (row.status == PlanStatus.PLANNED)
        assert (row.due_at.tzinfo, row.send_by.tzinfo) == (dt.UTC, dt.UTC)
        if row.status == PlanStatus.PLANNED:
            assert in_window(profile, row.due_at)
            assert now <= row.due_at < row.send_by


@quick
@given(case=cases())
def test_a_fasting_reminder_only_moves_earlier_and_at_most_to_the_evening_before(
    case: Case,
) -> None:
    profile, visit, _ = case
    rule = profile.reminders.fasting_start
    rows = [row for row in plan(*case, Occasion.MOVED) if row.kind == Kind.FASTING_START]
    assert bool(rows) == (rule is not None and visit.procedure.fasting_hours > 0)
    for row in rows:
        assert rule is not None
        begins = fasting_starts_at(visit)
        nominal = begins - dt.timedelta(minutes=rule.minutes_before)
        assert in_window(profile, row.due_at)
        assert nominal - dt.timedelta(hours=25) <= row.due_at <= nominal
        assert row.due_at < row.send_by <= begins
        moved = row.due_at != nominal
        assert moved == (rule.minutes_before == 0 or not in_window(profile, nominal))
        if moved:
            assert row.due_at.astimezone(profile.zone).time() == profile.send_window.evening_at
            assert row.send_by <= nominal


@quick
@given(case=cases())
def test_a_calendar_rule_keeps_its_clock_time_and_only_ever_moves_to_an_opening(
    case: Case,
) -> None:
    profile, visit, _ = case
    start_date = visit.starts_at.astimezone(profile.zone).date()
    rules = {
        Kind.WEEK_BEFORE: profile.reminders.week_before,
        Kind.DAY_BEFORE: profile.reminders.day_before,
    }
    window = profile.send_window
    for row in plan(*case, Occasion.RULES_CHANGED):
        rule = rules.get(row.kind)
        if rule is None or not in_window(profile, row.due_at):
            continue
        wall = row.due_at.astimezone(profile.zone)
        days = (start_date - wall.date()).days
        if window.opens <= rule.at < window.closes:
            assert (wall.time(), days) == (rule.at, rule.days_before)
        else:
            assert wall.time() == window.opens
            assert days == rule.days_before - (rule.at >= window.closes)


@quick
@given(case=cases())
def test_each_occasion_has_its_own_notice(case: Case) -> None:
    _, visit, now = case
    ahead = now < visit.starts_at
    told = {
        occasion: {row.kind for row in plan(*case, occasion)} & NOTICES for occasion in Occasion
    }
    late = any(row.reason == "booked_late" for row in plan(*case, Occasion.BOOKED))
    assert told[Occasion.BOOKED] == ({Kind.BOOKED} if late else set())
    assert told[Occasion.MOVED] == ({Kind.MOVED} if ahead else set())
    assert told[Occasion.CANCELLED] == ({Kind.CANCELLED} if ahead else set())
    assert told[Occasion.RULES_CHANGED] == set()


@quick
@given(case=cases(), occasion=st.sampled_from(Occasion))
def test_the_same_case_gives_the_same_plan_in_whatever_zone_its_moments_are_written(
    case: Case, occasion: Occasion
) -> None:
    profile, visit, now = case
    elsewhere = dt.timezone(dt.timedelta(hours=9, minutes=30))
    again = Visit(visit.starts_at.astimezone(elsewhere), visit.procedure)
    plans = [
        plan(profile, visit, now, occasion),
        plan(profile, visit, now, occasion),
        plan(profile, again, now.astimezone(elsewhere), occasion),
    ]
    assert plans[0] == plans[1] == plans[2]


@quick
@given(case=cases(), later=st.integers(0, 60 * 24 * 8))
def test_as_time_goes_by_a_rule_only_ever_turns_from_planned_to_skipped(
    case: Case, later: int
) -> None:
    profile, visit, now = case
    before = plan(profile, visit, now, Occasion.RULES_CHANGED)
    after = plan(profile, visit, now + later * MINUTE, Occasion.RULES_CHANGED)
    for old, new in zip(before, after, strict=True):
        assert (old.kind, old.due_at, old.send_by) == (new.kind, new.due_at, new.send_by)
        assert new.status in {old.status, PlanStatus.SKIPPED}


@quick
@given(profile=PROFILES, moment=STARTS, minutes=st.integers(-60, 3000))
def test_the_next_opening_is_the_first_moment_inside_the_window(
    profile: Profile, moment: dt.datetime, minutes: int
) -> None:
    opening = next_opening(profile, moment)
    assert in_window(profile, opening)
    assert moment <= opening < moment + dt.timedelta(hours=26)
    assert (opening == moment) == in_window(profile, moment)
    if moment < opening:
        assert not in_window(profile, opening - dt.timedelta(microseconds=1))
        assert not in_window(profile, moment + (opening - moment) / 2)
    send_by = moment + minutes * MINUTE
    assert send_moment(profile, moment, send_by) == (opening if opening < send_by else None)

"""The two nights of the year on which a day has 25 or 23 hours, with and without summer time.

In 2026 the clocks go back on November 1, in 2027 forward on March 14, both at 02:00 local.
"""

from __future__ import annotations

import datetime as dt

import pytest

from profiles import CalendarRule, ReminderRules
from scheduler.policy import Kind, Occasion, PlanStatus, fasting_starts_at, plan
from tests.support.visits import NEW_YORK, local, make_procedure, make_profile, make_visit

CHICAGO = "America/Chicago"
PHOENIX = "America/Phoenix"
HONOLULU = "Pacific/Honolulu"
ALL_ZONES = [NEW_YORK, CHICAGO, PHOENIX, HONOLULU]


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+00:00")


def due_moments(zone: str, starts: str, rules: ReminderRules | None = None) -> dict[str, str]:
    """Each reminder's due moment in UTC for a visit that was booked long before."""
    profile = make_profile(zone, rules=rules)
    now = utc("2026-09-01T12:00")
    rows = plan(profile, make_visit(starts, zone), now, Occasion.BOOKED)
    assert {row.status for row in rows} == {PlanStatus.PLANNED}
    return {row.kind: f"{row.due_at:%m-%dT%H:%M}" for row in rows}


@pytest.mark.parametrize(
    ("zone", "starts", "begins"),
    [
        # 25-hour day: 01:00 to 01:59 comes twice
        (NEW_YORK, "2026-11-01T09:00", "2026-11-01T08:00"),  # 03:00 EST
        (NEW_YORK, "2026-11-01T07:00", "2026-11-01T06:00"),  # the second 01:00
        (NEW_YORK, "2026-11-01T06:00", "2026-11-01T05:00"),  # the first 01:00
        (NEW_YORK, "2026-11-01T05:00", "2026-11-01T04:00"),  # midnight, by 5 hours on the wall
        (CHICAGO, "2026-11-01T07:00", "2026-11-01T07:00"),
        (CHICAGO, "2026-11-01T06:00", "2026-11-01T06:00"),
        (PHOENIX, "2026-11-01T07:00", "2026-11-01T08:00"),
        (HONOLULU, "2026-11-01T07:00", "2026-11-01T11:00"),
        # 23-hour day: 02:00 to 02:59 does not exist
        (NEW_YORK, "2027-03-14T09:00", "2027-03-14T07:00"),  # 03:00 EDT
        (NEW_YORK, "2027-03-14T08:00", "2027-03-14T06:00"),  # 01:00 EST
        (NEW_YORK, "2027-03-14T07:00", "2027-03-14T05:00"),  # midnight, by 7 hours on the wall
        (CHICAGO, "2027-03-14T07:00", "2027-03-14T06:00"),
        (PHOENIX, "2027-03-14T07:00", "2027-03-14T08:00"),
        (HONOLULU, "2027-03-14T07:00", "2027-03-14T11:00"),
    ],
)
def test_six_hours_of_fasting_are_six_hours(zone: str, starts: str, begins: str) -> None:
    assert fasting_starts_at(make_visit(starts, zone)) == utc(begins)


@pytest.mark.parametrize("starts", ["2026-11-01T09:00", "2027-03-14T09:00"])
@pytest.mark.parametrize("zone", ALL_ZONES)
@pytest.mark.parametrize("hours", [2.0, 6.0, 8.0, 24.0])
def test_fasting_lasts_as_long_in_every_zone(zone: str, starts: str, hours: float) -> None:
    visit = make_visit(starts, zone, make_procedure(hours))
    assert visit.starts_at - fasting_starts_at(visit) == dt.timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "starts", "moments"),
    [
        (
            NEW_YORK,
            "2026-11-01T07:00",  # a reminder at 10:00 EDT and one at 20:00 EDT, before the change
            {
                "week_before": "10-25T14:00",
                "day_before": "10-31T14:00",
                "fasting_start": "11-01T00:00",
            },
        ),
        (
            NEW_YORK,
            "2026-11-02T07:00",  # the day before is the long day: 10:00 and 20:00 EST
            {
                "week_before": "10-26T14:00",
                "day_before": "11-01T15:00",
                "fasting_start": "11-02T01:00",
            },
        ),
        (
            CHICAGO,
            "2027-03-14T07:00",  # the evening before, CST
            {
                "week_before": "03-07T16:00",
                "day_before": "03-13T16:00",
                "fasting_start": "03-14T02:00",
            },
        ),
        (
            CHICAGO,
            "2027-03-15T07:00",  # the day before is the short day, CDT
            {
                "week_before": "03-08T16:00",
                "day_before": "03-14T15:00",
                "fasting_start": "03-15T01:00",
            },
        ),
        (
            PHOENIX,
            "2026-11-02T07:00",
            {
                "week_before": "10-26T17:00",
                "day_before": "11-01T17:00",
                "fasting_start": "11-02T03:00",
            },
        ),
        (
            HONOLULU,
            "2027-03-15T07:00",
            {
                "week_before": "03-08T20:00",
                "day_before": "03-14T20:00",
                "fasting_start": "03-15T06:00",
            },
        ),
    ],
)
def test_reminders_keep_their_clock_time_over_the_change(
    zone: str, starts: str, moments: dict[str, str]
) -> None:
    assert due_moments(zone, starts) == moments


@pytest.mark.parametrize(
    ("starts", "last_hours"),
    [("2026-11-02T12:00", 48), ("2027-03-15T12:00", 48), ("2026-11-24T12:00", 48)],
)
def test_hours_of_usefulness_are_elapsed_hours(starts: str, last_hours: int) -> None:
    rules = ReminderRules(CalendarRule(days_before=3), None, None)
    (row,) = plan(
        make_profile(rules=rules), make_visit(starts), utc("2026-09-01T12:00"), Occasion.BOOKED
    )
    assert row.send_by - row.due_at == dt.timedelta(hours=last_hours)


@pytest.mark.parametrize(
    ("starts", "at", "nominal"),
    [
        ("2027-03-15T12:00", "02:30", "2027-03-14T07:30"),  # does not exist: 03:30 EDT
        ("2027-03-15T12:00", "01:59", "2027-03-14T06:59"),
        ("2027-03-15T12:00", "03:00", "2027-03-14T07:00"),
        ("2026-11-02T12:00", "01:30", "2026-11-01T05:30"),  # twice: the first one, EDT
        ("2026-11-02T12:00", "02:00", "2026-11-01T07:00"),
    ],
)
def test_a_local_time_that_is_missing_moves_on_and_one_that_comes_twice_is_the_first(
    starts: str, at: str, nominal: str
) -> None:
    night = CalendarRule(1, at=dt.time.fromisoformat(at), useful_until=dt.time(5))
    profile = make_profile(rules=ReminderRules(None, night, None))
    (row,) = plan(profile, make_visit(starts), utc("2026-09-01T12:00"), Occasion.BOOKED)
    assert row.kind == Kind.DAY_BEFORE
    assert row.due_at == utc(nominal)
    assert row.status == PlanStatus.MISSED


def test_a_notice_of_the_night_waits_for_eight_on_the_new_clock() -> None:
    for night, opening in (
        ("2026-10-31T23:00", "2026-11-01T13:00"),
        ("2027-03-13T23:00", "2027-03-14T12:00"),
    ):
        visit = make_visit("2027-04-01T15:00")
        rows = plan(make_profile(), visit, local(night), Occasion.MOVED)
        (notice,) = (row for row in rows if row.kind == Kind.MOVED)
        assert notice.due_at == utc(opening)

"""The clinic's rules: each line of the reminder table, the send window and fasting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from profiles import CalendarRule, FastingAnchor, FastingRule, Procedure, ReminderRules, SendWindow
from scheduler.policy import (
    Kind,
    Occasion,
    PlannedReminder,
    PlanStatus,
    Reason,
    Visit,
    arrives_at,
    fasting_starts_at,
    in_window,
    next_opening,
    plan,
    send_moment,
)
from tests.support.visits import local, make_procedure, make_profile, make_visit

LONG_AGO = local("2026-10-01T12:00")
NO_RULES = ReminderRules(week_before=None, day_before=None, fasting_start=None)


def only(rules: ReminderRules, starts: str = "2026-11-24T10:00") -> PlannedReminder:
    """The one reminder that these rules plan for a visit booked long before."""
    (row,) = plan(make_profile(rules=rules), make_visit(starts), LONG_AGO, Occasion.BOOKED)
    return row


def week_rule(rule: CalendarRule) -> ReminderRules:
    return ReminderRules(week_before=rule, day_before=None, fasting_start=None)


def fasting_rule(minutes_before: int = 30) -> ReminderRules:
    return ReminderRules(None, None, FastingRule(minutes_before))


def planned(kind: Kind, due: str, send_by: str) -> PlannedReminder:
    return PlannedReminder(kind, local(due), local(send_by), PlanStatus.PLANNED)


def test_the_default_rules_for_a_visit_at_seven_in_the_morning() -> None:
    rows = plan(make_profile(), make_visit("2026-11-24T07:00"), LONG_AGO, Occasion.BOOKED)
    assert rows == (
        planned(Kind.WEEK_BEFORE, "2026-11-17T10:00", "2026-11-19T10:00"),
        planned(Kind.DAY_BEFORE, "2026-11-23T10:00", "2026-11-23T21:00"),
        planned(Kind.FASTING_START, "2026-11-23T20:00", "2026-11-23T21:00"),
    )


def test_the_default_rules_for_a_visit_in_the_afternoon() -> None:
    rows = plan(make_profile(), make_visit("2026-11-24T15:00"), LONG_AGO, Occasion.BOOKED)
    assert rows == (
        planned(Kind.WEEK_BEFORE, "2026-11-17T10:00", "2026-11-19T10:00"),
        planned(Kind.DAY_BEFORE, "2026-11-23T10:00", "2026-11-23T21:00"),
        planned(Kind.FASTING_START, "2026-11-24T08:30", "2026-11-24T09:00"),
    )


def test_rows_of_one_moment_come_in_the_order_of_their_names() -> None:
    evening = CalendarRule(days_before=1, at=dt.time(20), useful_until=dt.time(21))
    rules = ReminderRules(week_before=None, day_before=evening)
    profile, visit = make_profile(rules=rules), make_visit("2026-11-24T07:00")
    rows = plan(profile, visit, LONG_AGO, Occasion.BOOKED)
    assert [row.kind for row in rows] == [Kind.DAY_BEFORE, Kind.FASTING_START]
    assert rows[0].due_at == rows[1].due_at


def test_a_rule_that_the_clinic_turned_off_plans_nothing() -> None:
    profile = make_profile(rules=NO_RULES)
    assert plan(profile, make_visit("2026-11-24T07:00"), LONG_AGO, Occasion.BOOKED) == ()


def test_a_procedure_without_fasting_has_no_fasting_reminder() -> None:
    visit = make_visit("2026-11-24T07:00", procedure=make_procedure(0))
    rows = plan(make_profile(), visit, LONG_AGO, Occasion.BOOKED)
    assert [row.kind for row in rows] == [Kind.WEEK_BEFORE, Kind.DAY_BEFORE]


@pytest.mark.parametrize(
    ("starts", "due", "send_by"),
    [
        ("2026-11-24T07:00", "2026-11-23T20:00", "2026-11-23T21:00"),  # fasting from 01:00
        ("2026-11-24T06:00", "2026-11-23T20:00", "2026-11-23T21:00"),  # from midnight
        ("2026-11-24T05:00", "2026-11-23T20:00", "2026-11-23T21:00"),  # from 23:00
        ("2026-11-24T03:30", "2026-11-23T20:00", "2026-11-23T21:00"),  # its moment is 21:00
        ("2026-11-24T03:29", "2026-11-23T20:59", "2026-11-23T21:29"),  # its moment is 20:59
        ("2026-11-24T14:29", "2026-11-23T20:00", "2026-11-23T21:00"),  # its moment is 07:59
        ("2026-11-24T14:30", "2026-11-24T08:00", "2026-11-24T08:30"),  # its moment is 08:00
        ("2026-11-24T16:00", "2026-11-24T09:30", "2026-11-24T10:00"),
    ],
)
def test_a_fasting_reminder_outside_the_window_moves_to_the_evening_before(
    starts: str, due: str, send_by: str
) -> None:
    assert only(fasting_rule(), starts) == planned(Kind.FASTING_START, due, send_by)


@pytest.mark.parametrize(
    ("starts", "minutes_before", "due", "send_by"),
    [
        ("2026-11-24T16:00", 0, "2026-11-23T20:00", "2026-11-23T21:00"),  # would be due at 10:00
        ("2026-11-25T02:30", 0, "2026-11-24T20:00", "2026-11-24T20:30"),  # would be due at 20:30
        ("2026-11-25T02:00", 0, "2026-11-23T20:00", "2026-11-23T21:00"),  # would be due at 20:00
        ("2026-11-25T06:00", 720, "2026-11-24T12:00", "2026-11-25T00:00"),
        ("2026-11-25T07:00", 180, "2026-11-24T20:00", "2026-11-24T21:00"),
    ],
)
def test_the_lead_time_of_the_fasting_reminder_is_the_clinics(
    starts: str, minutes_before: int, due: str, send_by: str
) -> None:
    row = only(fasting_rule(minutes_before), starts)
    assert row == planned(Kind.FASTING_START, due, send_by)


def test_the_evening_is_the_one_that_the_profile_names() -> None:
    window = SendWindow(opens=dt.time(9), closes=dt.time(19, 30), evening_at=dt.time(18, 15))
    profile = make_profile(window=window, rules=fasting_rule())
    (row,) = plan(profile, make_visit("2026-11-24T15:00"), LONG_AGO, Occasion.BOOKED)
    assert row == planned(Kind.FASTING_START, "2026-11-23T18:15", "2026-11-23T19:30")


@pytest.mark.parametrize(
    ("rule", "due", "send_by"),
    [
        (CalendarRule(7), "2026-11-17T10:00", "2026-11-19T10:00"),
        (CalendarRule(3, at=dt.time(8)), "2026-11-21T08:00", "2026-11-23T08:00"),
        (CalendarRule(3, at=dt.time(20, 59)), "2026-11-21T20:59", "2026-11-23T20:59"),
        (CalendarRule(3, at=dt.time(21)), "2026-11-22T08:00", "2026-11-23T21:00"),
        (CalendarRule(3, at=dt.time(6)), "2026-11-21T08:00", "2026-11-23T06:00"),
        (CalendarRule(3, useful_for_hours=1.5), "2026-11-21T10:00", "2026-11-21T11:30"),
        (CalendarRule(3, useful_until=dt.time(18)), "2026-11-21T10:00", "2026-11-21T18:00"),
        (CalendarRule(1), "2026-11-23T10:00", "2026-11-24T10:00"),  # no later than the start
        (CalendarRule(60), "2026-09-25T10:00", "2026-09-27T10:00"),
    ],
)
def test_a_calendar_rule_is_due_at_its_local_time_or_the_next_opening(
    rule: CalendarRule, due: str, send_by: str
) -> None:
    profile = make_profile(rules=week_rule(rule))
    now = local("2026-09-01T12:00")
    (row,) = plan(profile, make_visit("2026-11-24T10:00"), now, Occasion.BOOKED)
    assert row == planned(Kind.WEEK_BEFORE, due, send_by)


@pytest.mark.parametrize(
    "rule",
    [
        CalendarRule(3, at=dt.time(6), useful_until=dt.time(8)),  # useful until it opens, not after
        CalendarRule(3, at=dt.time(21), useful_until=dt.time(23)),
        CalendarRule(1, at=dt.time(22), useful_for_hours=10),
    ],
)
def test_a_calendar_rule_that_the_window_never_lets_out_is_missed(rule: CalendarRule) -> None:
    row = only(week_rule(rule))
    assert (row.status, row.reason) == (PlanStatus.MISSED, Reason.WINDOW_CLOSED)
    assert row.due_at == local(f"2026-11-{24 - rule.days_before}T{rule.at}")


@pytest.mark.parametrize(
    ("procedure", "arrives", "fasting"),
    [
        (make_procedure(), "2026-11-24T07:00", "2026-11-24T01:00"),
        (make_procedure(arrive_minutes_before=90), "2026-11-24T05:30", "2026-11-24T01:00"),
        (
            make_procedure(anchor=FastingAnchor.ARRIVAL, arrive_minutes_before=90),
            "2026-11-24T05:30",
            "2026-11-23T23:30",
        ),
        (make_procedure(8), "2026-11-24T07:00", "2026-11-23T23:00"),
        (make_procedure(2.5), "2026-11-24T07:00", "2026-11-24T04:30"),
        (make_procedure(0), "2026-11-24T07:00", "2026-11-24T07:00"),
    ],
)
def test_fasting_is_counted_back_from_its_anchor(
    procedure: Procedure, arrives: str, fasting: str
) -> None:
    visit = make_visit("2026-11-24T07:00", procedure=procedure)
    assert arrives_at(visit) == local(arrives)
    assert fasting_starts_at(visit) == local(fasting)


@pytest.mark.parametrize(
    ("moment", "inside", "opening"),
    [
        ("2026-11-23T07:59:59.999999", False, "2026-11-23T08:00"),
        ("2026-11-23T08:00", True, "2026-11-23T08:00"),
        ("2026-11-23T20:59:59.999999", True, "2026-11-23T20:59:59.999999"),
        ("2026-11-23T21:00", False, "2026-11-24T08:00"),
        ("2026-11-24T00:00", False, "2026-11-24T08:00"),
        ("2026-12-31T23:00", False, "2027-01-01T08:00"),
    ],
)
def test_the_window_includes_its_opening_and_not_its_closing(
    moment: str, inside: bool, opening: str
) -> None:
    profile = make_profile()
    assert in_window(profile, local(moment)) is inside
    assert next_opening(profile, local(moment)) == local(opening)


@pytest.mark.parametrize(
    ("earliest", "send_by", "expected"),
    [
        ("2026-11-23T09:00", "2026-11-23T09:01", "2026-11-23T09:00"),
        ("2026-11-23T09:00", "2026-11-23T09:00", None),
        ("2026-11-23T20:59", "2026-11-23T21:29", "2026-11-23T20:59"),
        ("2026-11-23T21:00", "2026-11-23T21:29", None),
        ("2026-11-23T21:00", "2026-11-24T08:00", None),
        ("2026-11-23T21:00", "2026-11-24T08:01", "2026-11-24T08:00"),
    ],
)
def test_a_message_goes_out_inside_the_window_and_before_its_last_moment_or_not_at_all(
    earliest: str, send_by: str, expected: str | None
) -> None:
    moment = send_moment(make_profile(), local(earliest), local(send_by))
    assert moment == (local(expected) if expected else None)


def test_a_datetime_without_a_time_zone_is_refused_everywhere() -> None:
    naive = dt.datetime(2026, 11, 24, 7, 0)  # noqa: DTZ001 - the mistake that is refused
    profile, visit, good = make_profile(), make_visit("2026-11-24T07:00"), LONG_AGO
    calls: list[Callable[[], object]] = [
        lambda: Visit(naive, make_procedure()),
        lambda: plan(profile, visit, naive, Occasion.BOOKED),
        lambda: in_window(profile, naive),
        lambda: next_opening(profile, naive),
        lambda: send_moment(profile, naive, good),
        lambda: send_moment(profile, good, naive),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="without a time zone"):
            call()


def test_another_aware_zone_is_converted_and_everything_that_comes_out_is_utc() -> None:
    here = dt.timezone(dt.timedelta(hours=-5))
    visit = Visit(dt.datetime(2026, 11, 24, 7, tzinfo=here), make_procedure())
    assert visit == make_visit("2026-11-24T07:00")
    now = LONG_AGO.astimezone(here)
    rows = plan(make_profile(), visit, now, Occasion.MOVED)
    assert rows == plan(make_profile(), visit, LONG_AGO, Occasion.MOVED)
    moments = [moment for row in rows for moment in (row.due_at, row.send_by)]
    moments += [visit.starts_at, arrives_at(visit), fasting_starts_at(visit)]
    moments.append(next_opening(make_profile(), now))
    assert {moment.tzinfo for moment in moments} == {dt.UTC}


def test_every_reason_has_its_own_sentence_for_a_coordinator() -> None:
    sentences = [reason.words for reason in Reason]
    assert len(set(sentences)) == len(sentences)
    for reason in Reason:
        assert reason.words.endswith(".")
        assert "_" not in reason.words
        assert 20 < len(reason.words) < 100

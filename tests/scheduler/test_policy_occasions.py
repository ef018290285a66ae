"""Booked late, moved, cancelled, rules changed, already past: what each occasion plans."""

from __future__ import annotations

import pytest

from profiles import FastingAnchor, Procedure, ReminderRules
from scheduler.policy import Occasion, Visit, plan
from tests.support.visits import local, make_procedure, make_profile, make_visit

VISIT = make_visit("2026-11-24T07:00")  # fasting from 01:00, its reminder at 20:00 the day before
WEEK_LATE = "week_before 11-17T10:00 11-19T10:00 skipped booked_late"
DAY_LATE = "day_before 11-23T10:00 11-23T21:00 skipped booked_late"
FASTING_LATE = "fasting_start 11-23T20:00 11-23T21:00 skipped booked_late"
WEEK = "week_before 11-17T10:00 11-19T10:00 planned"
DAY = "day_before 11-23T10:00 11-23T21:00 planned"
FASTING = "fasting_start 11-23T20:00 11-23T21:00 planned"


def planned(
    now: str,
    occasion: Occasion,
    visit: Visit = VISIT,
    rules: ReminderRules | None = None,
) -> list[str]:
    """The plan as lines: kind, due_at and send_by on the clinic's clock, status, reason."""
    profile = make_profile(rules=rules)
    lines = []
    for row in plan(profile, visit, local(now), occasion):
        due, send_by = (
            moment.astimezone(profile.zone).strftime("%m-%dT%H:%M")
            for moment in (row.due_at, row.send_by)
        )
        lines.append(" ".join(filter(None, (row.kind, due, send_by, row.status, row.reason))))
    return lines


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        ("2026-11-01T12:00", [WEEK, DAY, FASTING]),
        ("2026-11-17T10:00", [WEEK, DAY, FASTING]),  # due this very moment is not late
        (
            "2026-11-17T10:01",
            [WEEK_LATE, "booked 11-17T10:01 11-24T01:00 planned", DAY, FASTING],
        ),
        (
            "2026-11-19T03:00",
            [WEEK_LATE, "booked 11-19T08:00 11-24T01:00 planned", DAY, FASTING],
        ),
        (
            "2026-11-23T15:00",
            [WEEK_LATE, DAY_LATE, "booked 11-23T15:00 11-24T01:00 planned", FASTING],
        ),
        (
            "2026-11-23T20:00",
            [WEEK_LATE, DAY_LATE, "booked 11-23T20:00 11-24T01:00 planned", FASTING],
        ),
        (
            "2026-11-23T20:30",
            [WEEK_LATE, DAY_LATE, FASTING_LATE, "booked 11-23T20:30 11-24T01:00 planned"],
        ),
        (  # fasting starts before the window opens again: someone has to phone
            "2026-11-23T21:00",
            [
                WEEK_LATE,
                DAY_LATE,
                FASTING_LATE,
                "booked 11-23T21:00 11-24T01:00 missed window_closed",
            ],
        ),
        (
            "2026-11-23T22:00",
            [
                WEEK_LATE,
                DAY_LATE,
                FASTING_LATE,
                "booked 11-23T22:00 11-24T01:00 missed window_closed",
            ],
        ),
        (  # at 01:00 sharp fasting is no longer ahead, the visit still is
            "2026-11-24T01:00",
            [
                WEEK_LATE,
                DAY_LATE,
                FASTING_LATE,
                "booked 11-24T01:00 11-24T07:00 missed window_closed",
            ],
        ),
    ],
)
def test_booked(now: str, lines: list[str]) -> None:
    assert planned(now, Occasion.BOOKED) == lines


@pytest.mark.parametrize(
    ("now", "starts", "notice"),
    [
        ("2026-11-23T22:00", "2026-11-24T15:00", "booked 11-24T08:00 11-24T09:00 planned"),
        (
            "2026-11-23T22:00",
            "2026-11-24T14:00",  # fasting starts as the window opens
            "booked 11-23T22:00 11-24T08:00 missed window_closed",
        ),
        ("2026-11-24T09:00", "2026-11-24T10:00", "booked 11-24T09:00 11-24T10:00 planned"),
        ("2026-11-24T07:00", "2026-11-24T10:00", "booked 11-24T08:00 11-24T10:00 planned"),
    ],
)
def test_booked_for_the_same_or_the_next_day(now: str, starts: str, notice: str) -> None:
    lines = planned(now, Occasion.BOOKED, make_visit(starts))
    assert notice in lines
    assert sum(line.startswith("booked ") for line in lines) == 1


@pytest.mark.parametrize(
    ("procedure", "notice"),
    [
        (make_procedure(0), "booked 11-23T15:00 11-24T07:00 planned"),
        (
            make_procedure(0, anchor=FastingAnchor.ARRIVAL, arrive_minutes_before=90),
            "booked 11-23T15:00 11-24T07:00 planned",
        ),
        (
            make_procedure(6, anchor=FastingAnchor.ARRIVAL, arrive_minutes_before=90),
            "booked 11-23T15:00 11-23T23:30 planned",
        ),
    ],
)
def test_a_booked_notice_must_come_before_fasting_or_without_fasting_before_the_start(
    procedure: Procedure, notice: str
) -> None:
    visit = make_visit("2026-11-24T07:00", procedure=procedure)
    assert notice in planned("2026-11-23T15:00", Occasion.BOOKED, visit)


def test_a_clinic_without_rules_sends_no_booked_notice() -> None:
    none = ReminderRules(None, None, None)
    assert planned("2026-11-23T15:00", Occasion.BOOKED, rules=none) == []


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        ("2026-11-01T12:00", ["moved 11-01T12:00 11-24T01:00 planned", WEEK, DAY, FASTING]),
        ("2026-11-01T23:00", ["moved 11-02T08:00 11-24T01:00 planned", WEEK, DAY, FASTING]),
        (
            "2026-11-23T15:00",
            [WEEK_LATE, DAY_LATE, "moved 11-23T15:00 11-24T01:00 planned", FASTING],
        ),
        (
            "2026-11-23T22:00",
            [
                WEEK_LATE,
                DAY_LATE,
                FASTING_LATE,
                "moved 11-23T22:00 11-24T01:00 missed window_closed",
            ],
        ),
        (
            "2026-11-24T06:30",
            [
                WEEK_LATE,
                DAY_LATE,
                FASTING_LATE,
                "moved 11-24T06:30 11-24T07:00 missed window_closed",
            ],
        ),
    ],
)
def test_moved(now: str, lines: list[str]) -> None:
    assert planned(now, Occasion.MOVED) == lines


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        ("2026-11-01T12:00", ["cancelled 11-01T12:00 11-24T07:00 planned"]),
        ("2026-11-22T23:00", ["cancelled 11-23T08:00 11-24T07:00 planned"]),
        ("2026-11-23T20:59", ["cancelled 11-23T20:59 11-24T07:00 planned"]),
        ("2026-11-23T21:00", ["cancelled 11-23T21:00 11-24T07:00 missed window_closed"]),
        ("2026-11-24T06:59", ["cancelled 11-24T06:59 11-24T07:00 missed window_closed"]),
        ("2026-11-24T07:00", []),
        ("2026-11-25T12:00", []),
    ],
)
def test_cancelled(now: str, lines: list[str]) -> None:
    assert planned(now, Occasion.CANCELLED) == lines


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        ("2026-11-01T12:00", [WEEK, DAY, FASTING]),
        ("2026-11-23T15:00", [WEEK_LATE, DAY_LATE, FASTING]),
        ("2026-11-23T22:00", [WEEK_LATE, DAY_LATE, FASTING_LATE]),
    ],
)
def test_rules_changed(now: str, lines: list[str]) -> None:
    assert planned(now, Occasion.RULES_CHANGED) == lines


@pytest.mark.parametrize("occasion", [Occasion.BOOKED, Occasion.MOVED, Occasion.RULES_CHANGED])
@pytest.mark.parametrize("now", ["2026-11-24T07:00", "2026-11-24T12:00", "2027-01-01T12:00"])
def test_a_visit_that_has_started_skips_every_rule_and_tells_nobody(
    now: str, occasion: Occasion
) -> None:
    assert planned(now, occasion) == [
        "week_before 11-17T10:00 11-19T10:00 skipped appointment_past",
        "day_before 11-23T10:00 11-23T21:00 skipped appointment_past",
        "fasting_start 11-23T20:00 11-23T21:00 skipped appointment_past",
    ]

"""The last look at a claimed reminder: each branch by table, and what holds for all by property."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.claims import Claimed
from flows.library import default_library
from scheduler.deciding import Decision, PutOff, Send, Settle, Today, decide
from scheduler.policy import Kind, Reason, closing, in_window
from tests.support.csv_files import sample_profiles
from tests.support.visits import local

LIBRARY: Final = default_library()
PROFILES: Final = sample_profiles()
PROFILE: Final = PROFILES["ara-health"]
MINUTE: Final = dt.timedelta(minutes=1)
STARTS_AT: Final = local("2026-12-01T08:30")
NOW: Final = local("2026-11-30T10:00")
SEND_BY: Final = local("2026-11-30T21:00")


def claimed(**changes: object) -> Claimed:
    """A day-before reminder that can go out at `NOW`."""
    values: dict[str, Any] = {
        "id": 7,
        "clinic_id": PROFILE.id,
        "kind": "day_before",
        "version": 1,
        "due_at": NOW,
        "send_by": SEND_BY,
        "attempts": 1,
        "started_at": NOW,
        "to": None,
        "body": None,
        "sid": None,
        "carrier_status": None,
        "planned_by": "sms",
        "appointment_id": 3,
        "appointment_version": 1,
        "appointment_status": "scheduled",
        "starts_at": STARTS_AT,
        "procedure": "kyphoplasty",
        "first_name": "Rosalind",
        "phone": "+18285550173",
        "language": "en",
        "channel": "sms",
        "sms_consent": True,
        "voice_consent": False,
        "contact_id": 5,
        "opted_out_at": None,
        "held_until": None,
        "textable": True,
        "reachable": True,
        **changes,
    }
    return Claimed(**values)


def decided(now: dt.datetime = NOW, today: Today | None = None, /, **changes: object) -> Decision:
    """What is decided about such a reminder at `now`."""
    return decide(LIBRARY, PROFILE, claimed(**changes), "a token", today or Today(), now)


def test_what_can_go_out_is_sent_whole() -> None:
    send = decided()
    assert isinstance(send, Send)
    assert (send.token, send.kind, send.to) == ("a token", Kind.DAY_BEFORE, "+18285550173")
    assert send.from_number == PROFILE.texting_number
    assert "Rosalind" in send.body
    assert "8:30 AM" in send.body
    assert send.validity_seconds == 11 * 3600
    assert (send.subject.appointment, send.subject.version) == (3, 1)
    assert (send.subject.first_name, send.subject.until) == ("Rosalind", STARTS_AT)


def test_an_unknown_contact_is_no_obstacle() -> None:
    assert isinstance(decided(contact_id=None, textable=None, reachable=None), Send)


def test_validity_ends_at_send_by_or_at_closing() -> None:
    soon = decided(send_by=NOW + 20 * MINUTE)
    tomorrow = decided(kind="week_before", send_by=SEND_BY + dt.timedelta(days=1))
    assert isinstance(soon, Send)
    assert isinstance(tomorrow, Send)
    assert soon.validity_seconds == 20 * 60
    assert tomorrow.validity_seconds == 11 * 3600


@pytest.mark.parametrize(
    ("changes", "status", "reason", "phone"),
    [
        ({"appointment_version": 2}, "cancelled", Reason.MOVED, False),
        ({"appointment_status": "cancelled"}, "cancelled", Reason.CANCELLED, False),
        ({"appointment_status": "arrived"}, "cancelled", Reason.CANCELLED, False),
        ({"appointment_status": "no_show"}, "cancelled", Reason.CANCELLED, False),
        ({"kind": "cancelled"}, "cancelled", Reason.CANCELLED, False),
        ({"opted_out_at": NOW}, "skipped", Reason.OPTED_OUT, True),
        ({"reachable": False}, "skipped", Reason.BAD_NUMBER, True),
        ({"sms_consent": False}, "skipped", Reason.NO_CONSENT, True),
        ({"textable": False}, "skipped", Reason.NOT_TEXTABLE, True),
        ({"send_by": NOW}, "missed", Reason.TOO_LATE, True),
        ({"send_by": NOW - MINUTE}, "missed", Reason.TOO_LATE, True),
        ({"channel": "voice", "voice_consent": True}, "missed", Reason.CALLS_UNAVAILABLE, True),
        ({"textable": False, "voice_consent": True}, "missed", Reason.CALLS_UNAVAILABLE, True),
    ],
)
def test_what_cannot_go_out_gets_its_last_state(
    changes: dict[str, Any], status: str, reason: Reason, phone: bool
) -> None:
    settled = decided(**changes)
    assert isinstance(settled, Settle)
    assert (settled.status, settled.reason, settled.phone) == (status, reason, phone)


def test_a_moved_visit_needs_no_phone_call_even_without_consent() -> None:
    settled = decided(appointment_version=2, opted_out_at=NOW)
    assert isinstance(settled, Settle)
    assert not settled.phone


def test_the_notice_of_a_cancelled_visit_goes_out() -> None:
    send = decided(kind="cancelled", appointment_status="cancelled")
    assert isinstance(send, Send)
    assert "taken off" in send.body


@pytest.mark.parametrize(
    ("now", "changes", "until", "reason"),
    [
        (NOW, {"held_until": NOW + MINUTE}, NOW + MINUTE, Reason.HELD),
        (NOW, {"held_until": SEND_BY + MINUTE}, SEND_BY, Reason.HELD),
        (local("2026-11-30T07:59"), {}, local("2026-11-30T08:00"), None),
        (local("2026-11-30T06:00"), {"send_by": NOW - 150 * MINUTE}, NOW - 150 * MINUTE, None),
        (SEND_BY, {"send_by": STARTS_AT}, local("2026-12-01T08:00"), None),
        (SEND_BY, {"send_by": SEND_BY + MINUTE}, SEND_BY + MINUTE, None),
    ],
)
def test_what_must_wait_is_looked_at_again_in_time(
    now: dt.datetime, changes: dict[str, Any], until: dt.datetime, reason: Reason | None
) -> None:
    put_off = decided(now, **changes)
    assert isinstance(put_off, PutOff)
    assert (put_off.until, put_off.reason) == (until, reason)


def test_a_hold_that_is_over_holds_nothing() -> None:
    assert isinstance(decided(held_until=NOW), Send)


def test_a_full_day_waits_for_tomorrow_if_that_is_in_time() -> None:
    full = Today(sent=PROFILE.messages_per_day)
    opening = local("2026-12-01T08:00")
    put_off = decided(NOW, full, send_by=opening + MINUTE)
    assert isinstance(put_off, PutOff)
    assert (put_off.until, put_off.reason) == (opening, Reason.DAILY_CAP)
    settled = decided(NOW, full, send_by=opening)
    assert isinstance(settled, Settle)
    assert (settled.status, settled.reason, settled.phone) == ("skipped", Reason.DAILY_CAP, True)


def test_room_is_kept_for_the_fasting_reminder_and_used_by_it() -> None:
    almost = Today(sent=PROFILE.messages_per_day - 1, fasting_to_come=1)
    assert isinstance(decided(NOW, almost), Settle)
    assert isinstance(decided(NOW, almost, kind="fasting_start"), Send)
    assert isinstance(decided(NOW, Today(PROFILE.messages_per_day - 1)), Send)


MOMENTS: Final = st.integers(0, 40 * 86_400).map(
    lambda seconds: dt.datetime(2026, 10, 25, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
)
ROWS: Final = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([kind.value for kind in Kind]),
        "appointment_version": st.sampled_from((1, 1, 1, 2)),
        "appointment_status": st.sampled_from(("scheduled", "scheduled", "cancelled", "arrived")),
        "opted_out_at": st.one_of(st.none(), st.none(), MOMENTS),
        "held_until": st.one_of(st.none(), st.none(), MOMENTS),
        "channel": st.sampled_from(("sms", "sms", "auto", "voice")),
        "language": st.sampled_from(("en", "es")),
        "sms_consent": st.sampled_from((True, True, False)),
        "voice_consent": st.booleans(),
        "textable": st.sampled_from((None, True, False)),
        "reachable": st.sampled_from((None, True, False)),
    }
)
AHEAD: Final = st.integers(-3_600, 3 * 86_400).map(lambda seconds: dt.timedelta(seconds=seconds))


@given(
    clinic=st.sampled_from(sorted(PROFILES)),
    changes=ROWS,
    now=MOMENTS,
    ahead=AHEAD,
    sent=st.integers(0, 5),
    to_come=st.integers(0, 2),
)
def test_nothing_is_sent_that_may_not_be(
    clinic: str,
    changes: dict[str, Any],
    now: dt.datetime,
    ahead: dt.timedelta,
    sent: int,
    to_come: int,
) -> None:
    profile = PROFILES[clinic]
    row = claimed(send_by=now + ahead, starts_at=now + ahead + 90 * MINUTE, **changes)
    decision = decide(LIBRARY, profile, row, "a token", Today(sent, to_come), now)
    match decision:
        case Send(validity_seconds=seconds):
            assert in_window(profile, now)
            assert now < row.send_by
            assert now + dt.timedelta(seconds=seconds) <= min(row.send_by, closing(profile, now))
            assert row.opted_out_at is None
            assert row.sms_consent
            assert row.textable is not False
            assert row.reachable is not False
            assert row.held_until is None or row.held_until <= now
            assert row.version == row.appointment_version
            assert sent < profile.messages_per_day
        case PutOff(until=until):
            assert now < until <= row.send_by
        case Settle(status=status, phone=phone):
            assert phone is (status != "cancelled")

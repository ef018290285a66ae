"""By which channel a reminder goes in the end: texts that can't arrive, wishes, consent, hours."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from appointment_csv import Channel
from db.clinics import store_profile
from db.contacts import lock_contact, record_opt_change, set_contact
from db.models import Reminder
from emulator import Fault, FaultKind, Operation, Pickup, Reach
from scheduler.dispatch import CallDesk
from tests.support.csv_files import NOW
from tests.support.data import stored_clinic
from tests.support.visits import local
from tests.support.world import CLINIC_NUMBER, World

PATIENT = "+18285550173"
WEEK_BEFORE = local("2026-11-24T10:00")
MINUTE = dt.timedelta(minutes=1)
HEARD = Pickup(by="human", script=("1",))
BOTH: dict[str, Any] = {"channel": Channel.AUTO, "sms_consent": True, "voice_consent": True}
TEXTS_ONLY: dict[str, Any] = {"sms_consent": True, "voice_consent": False}
CALLS_ONLY: dict[str, Any] = {"sms_consent": False, "voice_consent": True}
WANTS_CALLS: dict[str, Any] = {**BOTH, "channel": Channel.VOICE}


@pytest.fixture(autouse=True)
def _answered(calling: World) -> None:
    calling.carrier.set_pickup(PATIENT, HEARD)


def week(world: World, visit: int) -> Reminder:
    return world.reminders(visit)["week_before"]


def went(world: World) -> tuple[int, int]:
    """How many texts and calls the carrier has taken for the patient."""
    return len(world.texts_to()), len(world.carrier.calls(to=PATIENT))


def outcome(world: World, visit: int) -> tuple[str, str, str | None]:
    row = week(world, visit)
    return row.channel, row.status, row.reason


def reasons(world: World) -> list[str | None]:
    return [task.reason for task in world.tasks()]


def fail(world: World, kind: FaultKind, code: int, times: int | None = 1) -> None:
    world.carrier.faults.add(Fault(kind=kind, code=code, times=times))


def know(world: World, **values: object) -> None:
    """What is known of the patient's phone."""
    with world.database.transaction() as session:
        contact = lock_contact(session, world.profile.id, PATIENT, world.now)
        set_contact(session, contact.id, **values)  # type: ignore[arg-type]


# A text that can't arrive


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.FAIL], ids=["at once", "reported"])
@pytest.mark.parametrize("code", [21614, 30006, 30007, 30004])
def test_a_text_that_can_not_arrive_is_followed_by_a_call(
    calling: World, kind: FaultKind, code: int
) -> None:
    visit = calling.book(**BOTH)
    fail(calling, kind, code)
    calling.dispatch(WEEK_BEFORE)
    calling.dispatch(WEEK_BEFORE)
    assert outcome(calling, visit) == ("voice", "delivered", None)
    assert went(calling) == (kind is FaultKind.FAIL, 1)
    assert week(calling, visit).attempts == 2
    assert calling.contact().textable == (code in (30007, 30004))
    assert calling.tasks() == []


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.FAIL], ids=["at once", "reported"])
@pytest.mark.parametrize(
    ("code", "reason"), [(21614, "not_textable"), (30006, "not_textable"), (30007, "undelivered")]
)
def test_without_consent_to_calls_a_person_phones(
    calling: World, kind: FaultKind, code: int, reason: str
) -> None:
    visit = calling.book(**TEXTS_ONLY)
    fail(calling, kind, code)
    calling.dispatch(WEEK_BEFORE)
    calling.dispatch(WEEK_BEFORE)
    assert outcome(calling, visit) == ("sms", "failed", reason)
    assert reasons(calling) == [reason]
    assert calling.carrier.calls() == []


@pytest.mark.parametrize("wishes", [BOTH, TEXTS_ONLY], ids=["call", "task"])
def test_a_phone_out_of_reach_gets_three_texts_and_then_a_call_or_a_task(
    calling: World, wishes: dict[str, Any]
) -> None:
    visit = calling.book(**wishes)
    fail(calling, FaultKind.FAIL, 30003, times=None)
    moment = WEEK_BEFORE
    for attempt in (1, 2):
        calling.dispatch(moment)
        assert (week(calling, visit).attempts, went(calling)) == (attempt, (attempt, 0))
        moment = week(calling, visit).next_at or moment
    calling.dispatch(moment)
    calling.dispatch(moment)  # the third failure may be reported during the pass or after it
    assert went(calling) == (3, wishes is BOTH)
    if wishes is BOTH:
        assert outcome(calling, visit) == ("voice", "delivered", None)
        assert calling.tasks() == []
    else:
        assert outcome(calling, visit) == ("sms", "failed", "undelivered")
        assert reasons(calling) == ["undelivered"]


def test_one_that_is_called_because_texts_failed_goes_on_being_called(calling: World) -> None:
    visit = calling.book(**BOTH)
    fail(calling, FaultKind.FAIL, 30007)
    calling.carrier.set_pickup(PATIENT, Pickup(by="no-answer"))
    calling.dispatch(WEEK_BEFORE)
    moment = WEEK_BEFORE
    for calls in (1, 2, 3):
        calling.dispatch(moment)
        assert went(calling) == (1, calls)
        moment = week(calling, visit).next_at or moment
    assert outcome(calling, visit) == ("voice", "failed", "not_answered")
    assert reasons(calling) == ["not_answered"]
    calling.dispatch(moment + 60 * MINUTE)
    assert went(calling) == (1, 3)


@pytest.mark.parametrize("code", [21610, 21211, 30036])
def test_other_failures_of_a_text_are_not_followed_by_a_call(calling: World, code: int) -> None:
    calling.book(**BOTH)
    fail(calling, FaultKind.ERROR, code)
    calling.dispatch(WEEK_BEFORE)
    calling.dispatch(WEEK_BEFORE)
    assert calling.carrier.calls() == []
    assert len(calling.tasks()) == 1


def test_a_landline_is_learnt_once_and_called_from_then_on(calling: World) -> None:
    visit = calling.book(**BOTH)
    calling.carrier.set_reach(PATIENT, Reach.LANDLINE)
    calling.dispatch(WEEK_BEFORE)
    calling.dispatch(WEEK_BEFORE)
    texts, calls = went(calling)
    assert (calls, week(calling, visit).status) == (1, "delivered")
    with calling.database.transaction() as session:
        session.execute(update(Reminder).values(started_at=NOW))
    calling.dispatch(local("2026-11-30T10:00"))
    assert went(calling) == (texts, 2)


# Wishes and what is known


@pytest.mark.parametrize(
    ("wishes", "textable", "channel"),
    [
        (BOTH, True, "sms"),
        (BOTH, False, "voice"),
        (WANTS_CALLS, True, "voice"),
        (CALLS_ONLY, True, "voice"),
        (TEXTS_ONLY, True, "sms"),
        ({**TEXTS_ONLY, "channel": Channel.VOICE}, True, "sms"),
    ],
)
def test_the_channel(calling: World, wishes: dict[str, Any], textable: bool, channel: str) -> None:
    visit = calling.book(**wishes)
    know(calling, textable=textable)
    calling.dispatch(WEEK_BEFORE)
    assert outcome(calling, visit) == (channel, "delivered", None)
    assert went(calling) == ((1, 0) if channel == "sms" else (0, 1))


@pytest.mark.parametrize(
    ("wishes", "known", "reason"),
    [
        (TEXTS_ONLY, {"textable": False}, "not_textable"),
        ({"sms_consent": False, "voice_consent": False}, {}, "no_consent"),
        (WANTS_CALLS, {"reachable": False}, "bad_number"),
    ],
)
def test_nobody_is_called_without_consent_or_in_vain(
    calling: World, wishes: dict[str, Any], known: dict[str, object], reason: str
) -> None:
    visit = calling.book(**wishes)
    if known:
        know(calling, **known)
    calling.dispatch(WEEK_BEFORE)
    assert week(calling, visit).reason == reason
    assert went(calling) == (0, 0)
    assert set(reasons(calling)) == {reason}


def test_who_has_opted_out_by_text_is_not_called_either(calling: World) -> None:
    visit = calling.book(**WANTS_CALLS)
    with calling.database.transaction() as session:
        contact = lock_contact(session, calling.profile.id, PATIENT, NOW)
        record_opt_change(session, contact.id, "opt_out", "keyword", "STOP", NOW)
    calling.dispatch(WEEK_BEFORE)
    assert outcome(calling, visit) == ("voice", "skipped", "opted_out")
    assert went(calling) == (0, 0)


def test_who_opts_out_between_two_calls_is_not_called_again(calling: World) -> None:
    visit = calling.book(**WANTS_CALLS)
    calling.carrier.set_pickup(PATIENT, Pickup(by="busy"))
    calling.dispatch(WEEK_BEFORE)
    calling.text("STOP", PATIENT)
    calling.dispatch(WEEK_BEFORE + 31 * MINUTE)
    assert outcome(calling, visit) == ("voice", "skipped", "opted_out")
    assert went(calling) == (0, 1)


# Hours, the day's measure, the number


def test_nobody_is_called_at_night(calling: World) -> None:
    visit = calling.book(**WANTS_CALLS)
    calling.dispatch(local("2026-11-24T21:00"))
    assert went(calling) == (0, 0)
    assert week(calling, visit).next_at == local("2026-11-25T08:00")
    calling.dispatch(local("2026-11-25T08:00"))
    assert went(calling) == (0, 1)


def test_a_phone_does_not_ring_past_the_closing_of_the_window(calling: World) -> None:
    visit = calling.book(**WANTS_CALLS)
    calling.dispatch(local("2026-11-24T21:00") - dt.timedelta(seconds=20))
    assert outcome(calling, visit) == ("voice", "planned", None)
    assert week(calling, visit).next_at == local("2026-11-25T08:00")
    calling.dispatch(local("2026-11-25T08:00"))
    assert outcome(calling, visit) == ("voice", "delivered", None)


def test_a_phone_does_not_ring_past_the_message_s_use(calling: World) -> None:
    visit = calling.book(**WANTS_CALLS)
    calling.dispatch(week(calling, visit).send_by - dt.timedelta(seconds=20))
    assert outcome(calling, visit) == ("voice", "missed", "too_late")
    assert (went(calling), reasons(calling)) == ((0, 0), ["too_late"])


def test_calls_and_texts_share_the_measure_of_a_day(calling: World) -> None:
    stored_clinic(
        calling.database, messages_per_second=1e3, calls_per_second=1e3, messages_per_day=1
    )
    first = calling.book(**WANTS_CALLS)
    second = calling.book(external_id="A-1002", first_name="Edith", **TEXTS_ONLY)
    calling.dispatch(WEEK_BEFORE)
    states = {week(calling, visit).status for visit in (first, second)}
    assert states == {"delivered", "planned"}
    assert sum(went(calling)) == 1
    calling.dispatch(WEEK_BEFORE + 60 * MINUTE)
    assert sum(went(calling)) == 1


def test_a_retry_is_no_second_message_and_takes_no_other_one_s_place(calling: World) -> None:
    """A phone that is called three times in vain has had nothing; one that had its message gets
    no other one, though that was tried before."""
    stored_clinic(
        calling.database, messages_per_second=1e3, calls_per_second=1e3, messages_per_day=1
    )
    unheard = calling.book(**WANTS_CALLS)
    calling.carrier.set_pickup(PATIENT, Pickup(by="busy"))
    calling.dispatch(WEEK_BEFORE)
    texted = calling.book(external_id="A-1002", first_name="Edith", **TEXTS_ONLY)
    calling.dispatch(WEEK_BEFORE + MINUTE)
    assert week(calling, texted).status == "delivered"
    calling.carrier.set_pickup(PATIENT, HEARD)
    calling.dispatch(WEEK_BEFORE + 31 * MINUTE)
    assert outcome(calling, unheard) == ("voice", "planned", "daily_cap")
    assert went(calling) == (1, 1)


def test_a_fasting_reminder_of_the_same_pass_takes_one_place_only(calling: World) -> None:
    stored_clinic(calling.database, messages_per_second=1e3, messages_per_day=2)
    visit = calling.book(**TEXTS_ONLY)
    calling.dispatch(WEEK_BEFORE)
    calling.dispatch(local("2026-11-30T20:00"))  # a late worker: the day-before one is due as well
    rows = calling.reminders(visit)
    assert (rows["day_before"].status, rows["fasting_start"].status) == ("delivered", "delivered")


def test_a_clinic_without_a_number_to_call_from_has_a_person_phone(calling: World) -> None:
    profile = msgspec.structs.replace(calling.profile, texting_number=None)
    with calling.database.transaction() as session:
        store_profile(session, profile, NOW)
    desk = CallDesk(f"{calling.settings.public_base_url}/voice", None)
    calling.dispatcher = replace(calling.dispatcher, desk=desk)
    visit = calling.book(**WANTS_CALLS)
    calling.dispatch(WEEK_BEFORE)
    assert outcome(calling, visit) == ("voice", "missed", "calls_unavailable")
    assert (went(calling), reasons(calling)) == ((0, 0), ["calls_unavailable"])


def test_a_clinic_without_a_number_of_its_own_calls_from_the_settings_number(
    calling: World,
) -> None:
    profile = msgspec.structs.replace(calling.profile, texting_number=None)
    with calling.database.transaction() as session:
        store_profile(session, profile, NOW)
    visit = calling.book(**WANTS_CALLS)
    calling.dispatch(WEEK_BEFORE)
    assert outcome(calling, visit) == ("voice", "delivered", None)
    (call,) = calling.carrier.calls()
    assert call.from_ == CLINIC_NUMBER


# A call that is refused


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        (21211, "failed", "bad_number"),
        (21217, "failed", "bad_number"),
        (21214, "failed", "send_failed"),
        (21216, "failed", "send_failed"),
        (20429, "planned", "throttled"),
        (21210, "planned", "line_stopped"),
        (20500, "in_doubt", "in_doubt"),
    ],
)
def test_what_a_refused_call_comes_to(calling: World, code: int, status: str, reason: str) -> None:
    visit = calling.book(**WANTS_CALLS)
    on = Operation.CREATE_CALL
    calling.carrier.faults.add(Fault(kind=FaultKind.ERROR, code=code, on=on))
    calling.dispatch(WEEK_BEFORE)
    assert outcome(calling, visit) == ("voice", status, reason)
    assert went(calling) == (0, 0)
    assert reasons(calling) == ([reason] if status == "failed" else [])
    assert calling.contact().reachable == (reason != "bad_number")
    assert week(calling, visit).attempts == (reason != "line_stopped")


# Texts taken back by a text


@pytest.mark.parametrize("words", ["Don't text me, call me", "no me manden mensajes, llámenme"])
def test_who_wants_calls_and_no_texts_is_called(calling: World, words: str) -> None:
    visit = calling.book(**BOTH)
    calling.text(words)
    calling.dispatch(WEEK_BEFORE)
    assert went(calling) == (0, 1)
    assert outcome(calling, visit) == ("voice", "delivered", None)
    assert [task.kind for task in calling.tasks()] == ["call_me"]


def test_who_never_agreed_to_automated_calls_is_phoned_by_a_person(calling: World) -> None:
    visit = calling.book(**TEXTS_ONLY, language="en")
    assert "not send you any more reminder texts" in calling.text("Don't text me, call me")
    calling.dispatch(WEEK_BEFORE)
    assert went(calling) == (0, 0)
    assert week(calling, visit).reason == "no_consent"
    assert "no_consent" in reasons(calling)

"""What becomes of messages whose fate is not clear: found, never sent, or asked for again."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import pytest
from sqlalchemy import select, update

from carrier.client import CarrierClient, CarrierMessage, OutgoingText, Sender
from carrier.outcome import Accepted
from db.models import Patient, Reminder, ReminderEvent
from emulator import Fault, FaultKind, Operation
from scheduler.settling import Settler
from tests.support.carrier_line import client_of
from tests.support.waiting import wait_until
from tests.support.workers import DUE, at_carrier, dispatch_in_a_hurry, outlive_the_grace
from tests.support.world import CLINIC_NUMBER, World

PATIENT = "+18285550173"
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
GRACE_IS_OVER = DUE + 3 * MINUTE
NO_CALLBACKS = Fault(kind=FaultKind.CALLBACK_DROP, times=None)
NO_LIST = Fault(kind=FaultKind.HTTP_ERROR, on=Operation.LIST, http_status=503, times=None)
NEVER_TAKEN = Fault(kind=FaultKind.HTTP_ERROR, http_status=500)
UNCLEAR_ANSWERS = {
    "read timeout": Fault(kind=FaultKind.HOLD_RESPONSE, seconds=30),
    "reset": Fault(kind=FaultKind.RESET_AFTER_ACCEPT),
    "broken JSON": Fault(kind=FaultKind.BROKEN_JSON),
}


def settle(world: World, now: dt.datetime) -> int:
    """One pass of the settler at `now`, and what the carrier says meanwhile."""
    world.now = now
    dispatcher = world.dispatcher
    settler = Settler(world.database, dispatcher.carrier, dispatcher.clinics)
    looked_at = settler.run(lambda: now)
    world.carrier.wait_until_idle()
    return looked_at


def the_row(world: World, visit: int) -> Reminder:
    return world.reminders(visit)["week_before"]


def state(world: World, visit: int) -> tuple[str, str | None]:
    row = the_row(world, visit)
    return row.status, row.reason


def happened(world: World, visit: int) -> list[str]:
    with world.database.reading() as session:
        query = select(ReminderEvent.what).where(
            ReminderEvent.reminder_id == the_row(world, visit).id
        )
        return list(session.scalars(query.order_by(ReminderEvent.id)))


def another_message(world: World, body: str) -> str:
    """A message of ours that no reminder knows of; its id at the carrier."""
    with closing(client_of(world.carrier, Sender(CLINIC_NUMBER))) as client:
        outcome = client.send_text(OutgoingText(PATIENT, body, CLINIC_NUMBER, None, 600))
    assert isinstance(outcome, Accepted)
    world.carrier.wait_until_idle()
    return outcome.sid


@pytest.mark.parametrize("how", UNCLEAR_ANSWERS)
def test_an_unclear_answer_is_settled_by_listing(world: World, how: str) -> None:
    visit = world.book()
    world.carrier.faults.add(UNCLEAR_ANSWERS[how], NO_CALLBACKS)
    if how == "read timeout":
        dispatch_in_a_hurry(world, DUE, PATIENT)
    else:
        world.dispatch(DUE)
    assert state(world, visit) == ("in_doubt", "in_doubt")
    assert settle(world, DUE + MINUTE) == 0
    assert settle(world, GRACE_IS_OVER) == 1
    (message,) = world.carrier.messages(to=PATIENT)
    row = the_row(world, visit)
    assert (row.status, row.reason, row.sid) == ("delivered", None, message.sid)
    assert world.dispatch(GRACE_IS_OVER + HOUR) == 0
    assert at_carrier(world) == {PATIENT: 1}


@pytest.mark.parametrize("how", ["reset", "broken JSON"])
def test_an_unclear_answer_is_settled_by_a_report(world: World, how: str) -> None:
    """The report comes when the row is in doubt already."""
    visit = world.book()
    world.carrier.faults.add(UNCLEAR_ANSWERS[how])
    world.carrier.hold_reports()
    world.dispatch(DUE)
    assert state(world, visit) == ("in_doubt", "in_doubt")
    world.carrier.release_reports()
    wait_until("the report", lambda: the_row(world, visit).status == "delivered")
    world.carrier.wait_until_idle()
    assert settle(world, DUE + HOUR) == 0
    assert world.dispatch(DUE + HOUR) == 0
    assert at_carrier(world) == {PATIENT: 1}


def test_a_key_counts_after_a_message_was_found(world: World) -> None:
    """The conversation learns of the question when the message is found."""
    visit = world.book()
    world.carrier.faults.add(UNCLEAR_ANSWERS["reset"], NO_CALLBACKS)
    world.dispatch(DUE)
    settle(world, GRACE_IS_OVER)
    world.text("1")
    assert world.appointment(visit).answer == "confirmed"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_that_took_nothing_is_sent_once_after_the_grace(
    world: World, status: int
) -> None:
    visit = world.book()
    world.carrier.faults.add(Fault(kind=FaultKind.HTTP_ERROR, http_status=status))
    world.dispatch(DUE)
    assert state(world, visit) == ("in_doubt", "in_doubt")
    assert world.dispatch(DUE + MINUTE) == 0
    outlive_the_grace(world)
    assert settle(world, GRACE_IS_OVER) == 1
    assert state(world, visit) == ("planned", None)
    assert world.dispatch(GRACE_IS_OVER) == 1
    assert at_carrier(world) == {PATIENT: 1}
    row = the_row(world, visit)
    assert (row.status, row.attempts) == ("delivered", 2)
    assert "never_left" in happened(world, visit)


def test_the_grace_goes_by_the_real_clock(world: World) -> None:
    """A worker's clock that was set ahead does not make the carrier's list any newer."""
    visit = world.book()
    world.carrier.faults.add(NEVER_TAKEN)
    world.dispatch(DUE)
    assert settle(world, GRACE_IS_OVER) == 1
    assert state(world, visit) == ("in_doubt", "in_doubt")
    assert the_row(world, visit).next_at == GRACE_IS_OVER + 2 * MINUTE
    assert world.dispatch(GRACE_IS_OVER) == 0


def test_what_never_left_is_missed_when_its_time_is_over(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(NEVER_TAKEN)
    world.dispatch(DUE)
    outlive_the_grace(world)
    settle(world, the_row(world, visit).send_by)
    assert state(world, visit) == ("missed", "too_late")
    (task,) = world.tasks()
    assert (task.kind, task.reason, task.appointment_id) == ("unreachable", "too_late", visit)
    assert at_carrier(world) == {}


def test_without_a_list_it_is_asked_again_and_someone_phones_meanwhile(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(UNCLEAR_ANSWERS["reset"], NO_CALLBACKS, NO_LIST)
    world.dispatch(DUE)
    outlive_the_grace(world)
    for minutes in range(3, 6):
        assert settle(world, DUE + minutes * MINUTE) == 1
        assert state(world, visit) == ("in_doubt", "in_doubt")
    assert [(task.reason, task.appointment_id) for task in world.tasks()] == [("in_doubt", visit)]
    world.carrier.faults.clear()
    settle(world, DUE + 6 * MINUTE)
    assert state(world, visit) == ("delivered", None)
    assert world.tasks() == []
    assert at_carrier(world) == {PATIENT: 1}


def test_without_a_list_for_too_long_it_stays_with_the_person(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(UNCLEAR_ANSWERS["reset"], NO_CALLBACKS, NO_LIST)
    world.dispatch(DUE)
    send_by = the_row(world, visit).send_by
    settle(world, send_by + HOUR - MINUTE)
    assert state(world, visit) == ("in_doubt", "in_doubt")
    settle(world, send_by + HOUR)
    assert state(world, visit) == ("failed", "in_doubt")
    assert [task.reason for task in world.tasks()] == ["in_doubt"]
    world.carrier.faults.clear()
    assert settle(world, send_by + 2 * HOUR) == 0
    assert at_carrier(world) == {PATIENT: 1}


def test_a_late_report_still_settles_what_was_given_up(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(UNCLEAR_ANSWERS["reset"], NO_LIST)
    world.carrier.hold_reports()
    world.dispatch(DUE)
    settle(world, the_row(world, visit).send_by + HOUR)
    assert state(world, visit) == ("failed", "in_doubt")
    world.carrier.release_reports()
    wait_until("the report", lambda: the_row(world, visit).status == "delivered")
    assert world.tasks() == []


def test_two_reminders_with_the_same_words_on_one_phone(world: World) -> None:
    """One was taken and one was not: one message is there, and it settles only one of them."""
    visits = [world.book(), world.book(external_id="A-1002", last_name="Quackenbush-Ames")]
    world.carrier.faults.add(UNCLEAR_ANSWERS["reset"], NEVER_TAKEN, NO_CALLBACKS)
    world.dispatch(DUE)
    assert [state(world, visit)[0] for visit in visits] == ["in_doubt", "in_doubt"]
    bodies = {the_row(world, visit).body for visit in visits}
    assert len(bodies) == 1
    outlive_the_grace(world)
    settle(world, GRACE_IS_OVER)
    assert sorted(state(world, visit)[0] for visit in visits) == ["delivered", "planned"]
    world.dispatch(GRACE_IS_OVER)
    settle(world, GRACE_IS_OVER + HOUR)
    assert [state(world, visit)[0] for visit in visits] == ["delivered", "delivered"]
    sids = {message.sid for message in world.carrier.messages(to=PATIENT)}
    assert {the_row(world, visit).sid for visit in visits} == sids
    assert len(sids) == 2


def test_two_messages_with_the_same_words_are_found_one_by_one(world: World) -> None:
    visits = [world.book(), world.book(external_id="A-1002", last_name="Quackenbush-Ames")]
    reset = UNCLEAR_ANSWERS["reset"]
    world.carrier.faults.add(reset, reset, NO_CALLBACKS)
    world.dispatch(DUE)
    settle(world, GRACE_IS_OVER)
    sids = {message.sid for message in world.carrier.messages(to=PATIENT)}
    assert {the_row(world, visit).sid for visit in visits} == sids
    assert len(sids) == 2
    assert [state(world, visit)[0] for visit in visits] == ["delivered", "delivered"]


@pytest.mark.parametrize("name", ["José Ángel", "Łucja", "Ana 🌻", "O’Neil", "Renée"])
def test_words_are_known_again_whatever_letters_they_have(world: World, name: str) -> None:
    visit = world.book(first_name=name, language="es")
    world.carrier.faults.add(UNCLEAR_ANSWERS["broken JSON"], NO_CALLBACKS)
    world.dispatch(DUE)
    settle(world, GRACE_IS_OVER)
    assert state(world, visit) == ("delivered", None)
    assert at_carrier(world) == {PATIENT: 1}


def test_another_message_to_the_same_phone_is_not_taken_for_it(world: World) -> None:
    """Neither other words nor the same words that are another reminder's message."""
    first = world.book()
    world.dispatch(DUE)
    second = world.book(external_id="A-1002", last_name="Quackenbush-Ames")
    another_message(world, "Hi Rosalind, this is about something else.")
    world.carrier.faults.add(NEVER_TAKEN)
    world.dispatch(DUE)
    assert the_row(world, second).body == the_row(world, first).body
    outlive_the_grace(world)
    settle(world, GRACE_IS_OVER)
    assert state(world, second) == ("planned", None)
    world.dispatch(GRACE_IS_OVER)
    assert the_row(world, second).sid != the_row(world, first).sid
    assert at_carrier(world) == {PATIENT: 3}


def test_an_older_message_with_the_same_words_is_not_taken_for_it(world: World) -> None:
    """The search begins a minute before the attempt, by the real clock."""
    visit = world.book()
    world.carrier.faults.add(NEVER_TAKEN)
    world.dispatch(DUE)
    another_message(world, the_row(world, visit).body or "")
    with world.database.transaction() as session:
        later = dt.datetime.now(dt.UTC) + 10 * MINUTE
        session.execute(update(Reminder).values(started_at=later))
    settle(world, GRACE_IS_OVER)
    assert state(world, visit) == ("in_doubt", "in_doubt")
    assert the_row(world, visit).sid is None


def test_the_number_that_it_went_to_is_searched(world: World) -> None:
    """The patient's number may have been corrected since."""
    visit = world.book()
    world.carrier.faults.add(UNCLEAR_ANSWERS["reset"], NO_CALLBACKS)
    world.dispatch(DUE)
    with world.database.transaction() as session:
        session.execute(update(Patient).values(phone="+18285550199"))
    settle(world, GRACE_IS_OVER)
    assert state(world, visit) == ("delivered", None)
    assert at_carrier(world) == {PATIENT: 1}


def test_a_report_that_never_came_is_asked_for(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(NO_CALLBACKS)
    world.dispatch(DUE)
    assert state(world, visit) == ("sent", None)
    assert settle(world, DUE + 14 * MINUTE) == 0
    assert settle(world, DUE + 15 * MINUTE) == 1
    assert state(world, visit) == ("delivered", None)


def test_a_failure_that_was_not_reported_is_learnt_by_asking(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(NO_CALLBACKS, Fault(kind=FaultKind.FAIL, code=30006))
    world.dispatch(DUE)
    settle(world, DUE + 15 * MINUTE)
    assert state(world, visit) == ("failed", "not_textable")
    assert [task.reason for task in world.tasks()] == ["not_textable"]


def test_a_network_without_receipts_is_asked_for_some_hours_only(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(Fault(kind=FaultKind.NO_RECEIPT))
    world.dispatch(DUE)
    passes = [settle(world, DUE + quarter * 15 * MINUTE) for quarter in range(1, 18)]
    row = the_row(world, visit)
    assert (row.status, row.next_at) == ("sent", None)
    assert row.settled_at is not None
    assert 3 <= sum(passes) <= 6
    assert passes[-1] == 0
    assert at_carrier(world) == {PATIENT: 1}
    assert world.tasks() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.CALLBACK_REPEAT, count=4),
        Fault(kind=FaultKind.CALLBACK_REORDER),
        Fault(kind=FaultKind.CALLBACK_DELAY, seconds=0.3),
        Fault(kind=FaultKind.CALLBACK_DROP, status="sent"),
    ],
    ids=lambda fault: fault.kind.value,
)
def test_reports_may_come_in_any_way(world: World, fault: Fault) -> None:
    visit = world.book()
    world.carrier.faults.add(fault)
    world.dispatch(DUE)
    assert state(world, visit) == ("delivered", None)
    assert {each.answered // 100 for each in world.carrier.callbacks()} == {2}
    assert world.dispatch(DUE + HOUR) == settle(world, DUE + HOUR) == 0
    assert at_carrier(world) == {PATIENT: 1}


@pytest.mark.parametrize("order", ["callback_repeat", "callback_reorder"])
def test_a_failure_is_acted_on_once_however_it_is_reported(world: World, order: str) -> None:
    visit = world.book()
    world.carrier.faults.add(
        Fault(kind=FaultKind(order)), Fault(kind=FaultKind.FAIL, code=30003, status="undelivered")
    )
    world.dispatch(DUE)
    assert state(world, visit) == ("planned", "undelivered")
    assert the_row(world, visit).attempts == 1
    assert world.dispatch(DUE + HOUR) == 1
    assert state(world, visit) == ("delivered", None)
    assert at_carrier(world) == {PATIENT: 2}


def test_a_word_that_nobody_knows_is_kept_and_changes_nothing(world: World) -> None:
    visit = world.book()
    world.carrier.faults.add(Fault(kind=FaultKind.CALLBACK_STATUS, status="teleported"))
    world.dispatch(DUE)
    assert state(world, visit) == ("sent", None)
    with world.database.reading() as session:
        details = session.scalars(select(ReminderEvent.detail)).all()
    assert "teleported" in details
    settle(world, DUE + 15 * MINUTE)
    assert state(world, visit) == ("delivered", None)


def test_reports_before_the_answer(world: World) -> None:
    """The carrier's reports overtake its own answer; the worker then finds its row settled."""
    visit = world.book()
    world.carrier.faults.add(Fault(kind=FaultKind.HOLD_RESPONSE, seconds=0.5))
    world.dispatch(DUE)
    assert state(world, visit) == ("delivered", None)
    assert the_row(world, visit).attempts == 1
    assert world.dispatch(DUE + HOUR) == settle(world, DUE + HOUR) == 0
    world.text("1")
    assert world.appointment(visit).answer == "confirmed"


def test_a_report_while_it_is_looked_up_wins(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settler's answer is older than the report, and its token is no longer the row's."""
    visit = world.book()
    world.carrier.faults.add(UNCLEAR_ANSWERS["reset"])
    world.carrier.hold_reports()
    world.dispatch(DUE)
    find_texts = CarrierClient.find_texts

    def overtaken(client: CarrierClient, to: str, since: dt.datetime) -> list[CarrierMessage]:
        listed = find_texts(client, to, since)
        world.carrier.release_reports()
        world.carrier.wait_until_idle()
        return listed

    monkeypatch.setattr(CarrierClient, "find_texts", overtaken)
    assert settle(world, GRACE_IS_OVER) == 1
    assert state(world, visit) == ("delivered", None)
    assert "found_at_carrier" not in happened(world, visit)
    assert at_carrier(world) == {PATIENT: 1}

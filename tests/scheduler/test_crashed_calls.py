"""Workers that are killed while they make calls: no call is lost, and none is made twice."""

from __future__ import annotations

import datetime as dt
import signal
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from appointment_csv import Channel
from db.models import Reminder
from emulator import Fault, FaultKind, Operation, Pickup
from tests.support.data import stored_clinic
from tests.support.processes import Running
from tests.support.waiting import wait_until
from tests.support.workers import (
    DUE,
    due_rows,
    has_answered,
    outlive_the_grace,
    pass_in_this_process,
    pass_of_worker,
    running_worker,
    states,
)
from tests.support.world import World

PATIENT, NEIGHBOUR = "+18285550173", "+18285550174"
LEASE_IS_OVER = DUE + dt.timedelta(minutes=6)
HALF_AN_HOUR = dt.timedelta(minutes=30)
BY_CALL: dict[str, Any] = {"channel": Channel.VOICE, "voice_consent": True}
ON = Operation.CREATE_CALL
HEARD = Pickup(by="human", script=("1",))
ENDS = [
    pytest.param(HEARD, "delivered", id="heard"),
    pytest.param(Pickup(by="machine"), "delivered", id="machine"),
    pytest.param(Pickup(by="hangs-up"), "planned", id="hung-up"),
    pytest.param(Pickup(by="no-answer"), "planned", id="no-answer"),
]


def kill(worker: Running) -> None:
    assert worker.stop(signal.SIGKILL) == -signal.SIGKILL


def the_row(world: World) -> Reminder:
    (row,) = due_rows(world)
    return row


def made(world: World) -> Counter[str]:
    """How many calls the carrier has taken for each phone."""
    return Counter(call.to for call in world.carrier.calls())


def wait_for_call(world: World) -> None:
    wait_until("a call at the carrier", lambda: made(world)[PATIENT] == 1)


def hold_answer(world: World, seconds: float) -> None:
    world.carrier.faults.add(Fault(kind=FaultKind.HOLD_RESPONSE, seconds=seconds, on=ON))


def assert_never_called_again(world: World, end: str) -> None:
    """One that was heard is never repeated; another waits for its half an hour."""
    row = the_row(world)
    assert (row.status, row.attempts) == (end, 1)
    assert made(world) == {PATIENT: 1}
    if end == "planned":
        assert row.reason == "not_answered"
        assert row.next_at is not None
        assert row.next_at >= DUE + HALF_AN_HOUR
        pass_in_this_process(world, row.next_at - dt.timedelta(minutes=1))
    else:
        pass_in_this_process(world, DUE + dt.timedelta(hours=2))
    assert made(world) == {PATIENT: 1}


def test_killed_before_the_request(calling: World) -> None:
    """The pace of calls holds the second one back for two seconds: its row is claimed already, and
    nothing of it is at the carrier, which would not take it up either."""
    stored_clinic(calling.database, messages_per_second=1000.0, calls_per_second=0.5)
    for phone in (PATIENT, NEIGHBOUR):
        calling.carrier.set_pickup(phone, HEARD)
    calling.book(**BY_CALL)
    calling.book(external_id="A-1002", first_name="Edith", phone=NEIGHBOUR, **BY_CALL)
    calling.carrier.faults.add(Fault(kind=FaultKind.DELAY, seconds=600, to=NEIGHBOUR, on=ON))
    with running_worker(calling, DUE) as worker:
        wait_until("one is heard", lambda: states(calling) == {"delivered": 1, "sending": 1})
        kill(worker)
    calling.carrier.faults.clear()
    pass_of_worker(calling, LEASE_IS_OVER)
    assert made(calling).total() == 1
    assert states(calling) == {"delivered": 1, "in_doubt": 1}
    outlive_the_grace(calling)
    pass_of_worker(calling, LEASE_IS_OVER + dt.timedelta(minutes=3))
    assert made(calling) == {PATIENT: 1, NEIGHBOUR: 1}
    assert states(calling) == {"delivered": 2}


@pytest.mark.parametrize(("pickup", "end"), ENDS)
def test_killed_during_the_request_and_settled_by_what_is_reported(
    calling: World, pickup: Pickup, end: str
) -> None:
    """The carrier has taken the call and has not answered yet; meanwhile the phone rings."""
    calling.book(**BY_CALL)
    calling.carrier.set_pickup(PATIENT, replace(pickup, after=3))
    hold_answer(calling, 30)
    with running_worker(calling, DUE) as worker:
        wait_for_call(calling)
        assert the_row(calling).status == "sending"
        kill(worker)
    calling.now = DUE
    wait_until("the end is known", lambda: the_row(calling).status == end)
    calling.carrier.wait_until_idle()
    outlive_the_grace(calling)
    pass_in_this_process(calling, LEASE_IS_OVER)
    assert_never_called_again(calling, end)


@pytest.mark.parametrize(("pickup", "end"), ENDS[2:])
def test_killed_during_the_request_and_settled_by_listing(
    calling: World, pickup: Pickup, end: str
) -> None:
    """No report comes: another worker finds the call in the carrier's list."""
    calling.book(**BY_CALL)
    calling.carrier.set_pickup(PATIENT, pickup)
    calling.carrier.faults.add(Fault(kind=FaultKind.CALLBACK_DROP, times=None, on=ON))
    hold_answer(calling, 30)
    with running_worker(calling, DUE) as worker:
        wait_for_call(calling)
        kill(worker)
    calling.carrier.wait_until_idle()
    assert the_row(calling).status == "sending"
    outlive_the_grace(calling)
    pass_in_this_process(calling, LEASE_IS_OVER)
    row = the_row(calling)
    assert row.next_at is not None
    assert row.next_at >= LEASE_IS_OVER + HALF_AN_HOUR
    assert_never_called_again(calling, end)


def test_killed_while_the_phone_rings(calling: World) -> None:
    """Found in the list, it goes on; the key that is pressed then settles it."""
    calling.book(**BY_CALL)
    calling.carrier.set_pickup(PATIENT, Pickup(by="ring"))
    hold_answer(calling, 30)
    with running_worker(calling, DUE) as worker:
        wait_for_call(calling)
        kill(worker)
    outlive_the_grace(calling)
    with running_worker(calling, LEASE_IS_OVER, "--once") as worker:
        assert worker.wait() == 0, worker.lines
    (call,) = calling.carrier.calls()
    assert (the_row(calling).status, the_row(calling).sid) == ("sent", call.sid)
    calling.carrier.answer(call.sid).presses("1")
    calling.carrier.wait_until_idle()
    assert_never_called_again(calling, "delivered")


@pytest.mark.parametrize(("pickup", "end"), ENDS)
def test_killed_after_the_answer_and_before_it_is_written_down(
    calling: World, pickup: Pickup, end: str
) -> None:
    """The test holds what the worker needs to write, so that it has its answer and waits."""
    calling.book(**BY_CALL)
    calling.carrier.set_pickup(PATIENT, replace(pickup, after=0.3))
    hold_answer(calling, 0.5)
    calling.now = DUE
    with running_worker(calling, DUE) as worker:
        wait_for_call(calling)
        with calling.database.transaction() as session:
            session.scalars(select(Reminder).with_for_update()).all()
            wait_until("the answer", lambda: has_answered(calling.carrier.url))
            kill(worker)
    wait_until("the end is known", lambda: the_row(calling).status == end)
    calling.carrier.wait_until_idle()
    outlive_the_grace(calling)
    pass_in_this_process(calling, LEASE_IS_OVER)
    assert_never_called_again(calling, end)

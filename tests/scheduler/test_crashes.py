"""Workers that are killed at the worst moments: nothing is lost and nothing goes out twice."""

from __future__ import annotations

import datetime as dt
import signal

import pytest

from db.contacts import lock_contact
from db.models import Reminder
from emulator import Fault, FaultKind
from tests.support.data import stored_clinic
from tests.support.processes import Running
from tests.support.waiting import wait_until
from tests.support.workers import (
    DUE,
    at_carrier,
    due_rows,
    has_answered,
    outlive_the_grace,
    pass_in_this_process,
    pass_of_worker,
    running_worker,
    states,
)
from tests.support.world import World

PATIENT = "+18285550173"
NEIGHBOUR = "+18285550174"
LEASE_IS_OVER = DUE + dt.timedelta(minutes=6)


def kill(worker: Running) -> None:
    assert worker.stop(signal.SIGKILL) == -signal.SIGKILL


def the_row(world: World) -> Reminder:
    (row,) = due_rows(world)
    return row


def wait_for_text(world: World, phone: str = PATIENT) -> None:
    wait_until("a message at the carrier", lambda: at_carrier(world)[phone] == 1)


def drop_callbacks(world: World) -> None:
    world.carrier.faults.add(Fault(kind=FaultKind.CALLBACK_DROP, times=None))


def assert_settled_by_listing(world: World) -> None:
    """A new worker finds the message in the carrier's list; it stays the only one."""
    assert the_row(world).status == "sending"
    outlive_the_grace(world)
    pass_in_this_process(world, LEASE_IS_OVER)
    (message,) = world.carrier.messages(to=PATIENT)
    row = the_row(world)
    assert (row.status, row.sid, row.attempts) == ("delivered", message.sid, 1)
    assert world.dispatch(LEASE_IS_OVER + dt.timedelta(minutes=20)) == 0


def assert_settled_by_callback(world: World) -> None:
    """The carrier's report is enough; a new worker finds nothing left to do."""
    world.carrier.release_reports()
    wait_until("the report", lambda: the_row(world).status == "delivered")
    world.carrier.wait_until_idle()
    outlive_the_grace(world)
    pass_in_this_process(world, LEASE_IS_OVER)
    assert at_carrier(world) == {PATIENT: 1}
    assert the_row(world).attempts == 1


def test_killed_before_the_request(world: World) -> None:
    """The sender's pace holds the second request back for two seconds: its row is claimed already,
    and nothing of it is at the carrier, which would not take it up either. It is sent when the
    carrier's list can be trusted, for the list may not show what went out a moment ago."""
    stored_clinic(world.database, messages_per_second=0.5)
    world.book()
    world.book(external_id="A-1002", first_name="Edith", phone=NEIGHBOUR)
    world.carrier.faults.add(Fault(kind=FaultKind.DELAY, seconds=600, to=NEIGHBOUR))
    with running_worker(world, DUE) as worker:
        wait_until("one is sent", lambda: states(world) == {"delivered": 1, "sending": 1})
        kill(worker)
    world.carrier.faults.clear()
    pass_of_worker(world, LEASE_IS_OVER)
    assert at_carrier(world).total() == 1
    assert states(world) == {"delivered": 1, "in_doubt": 1}
    outlive_the_grace(world)
    pass_of_worker(world, LEASE_IS_OVER + dt.timedelta(minutes=3))
    assert at_carrier(world) == {PATIENT: 1, NEIGHBOUR: 1}
    assert states(world) == {"delivered": 2}


@pytest.mark.parametrize("by", ["listing", "callback"])
def test_killed_during_the_request(world: World, by: str) -> None:
    """The carrier has taken the message and has not answered yet."""
    world.book()
    world.carrier.faults.add(Fault(kind=FaultKind.HOLD_RESPONSE, seconds=30))
    if by == "listing":
        drop_callbacks(world)
    else:
        world.carrier.hold_reports()
    with running_worker(world, DUE) as worker:
        wait_for_text(world)
        assert the_row(world).status == "sending"
        kill(worker)
    if by == "listing":
        assert_settled_by_listing(world)
    else:
        assert_settled_by_callback(world)


@pytest.mark.parametrize("by", ["listing", "callback"])
def test_killed_after_the_answer_and_before_it_is_written_down(world: World, by: str) -> None:
    """The test holds what the worker needs to write, so that it has its answer and waits."""
    world.book()
    world.carrier.faults.add(Fault(kind=FaultKind.HOLD_RESPONSE, seconds=3))
    if by == "listing":
        drop_callbacks(world)
    else:
        world.carrier.hold_reports()
    with running_worker(world, DUE) as worker:
        wait_for_text(world)
        with world.database.transaction() as session:
            lock_contact(session, world.profile.id, PATIENT, DUE)
            wait_until("the answer", lambda: has_answered(world.carrier.url))
            kill(worker)
    if by == "listing":
        assert_settled_by_listing(world)
    else:
        assert_settled_by_callback(world)

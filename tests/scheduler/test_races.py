"""What two do at the same moment: a claim and a line that stops, a slow worker and another one."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from db.clinics import Clinics
from db.lines import ACCOUNT, Refusal, start_lines, stop_line, take_slots
from db.models import Reminder, SenderPace
from db.session import Database
from scheduler.claiming import Claim, claim
from scheduler.clocks import wall_clock
from scheduler.outcomes import line_of
from scheduler.settling import Settler
from tests.support.csv_files import NOW
from tests.support.waiting import wait_until
from tests.support.web import lock_waits
from tests.support.workers import DUE, at_carrier, book_many, due_rows, outlive_the_grace, states
from tests.support.world import World, running_world

SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def postgres_world(postgres_url: str) -> Iterator[World]:
    """The world on PostgreSQL only, where a row's lock can be waited for."""
    database = Database(postgres_url)
    with running_world(database, NOW) as world:
        yield world
    database.close()


# A request that is late


def run_slowly(
    world: World,
    jump: dt.timedelta,
    meanwhile: Callable[[], object],
    begins: dt.datetime = DUE,
) -> None:
    """A pass that makes one request after the other, the first of which takes as long as `jump`;
    before the second one something else happens.

    It happens where the second one is about to be made: the thread that claims may look at the
    clock in a transaction, and would wait for itself.
    """
    done: list[object] = []
    claiming = threading.get_ident()

    def clock() -> dt.datetime:
        if not at_carrier(world) or (not done and threading.get_ident() == claiming):
            return begins
        if not done:
            done.append(None)  # what happens meanwhile may look at the clock itself
            meanwhile()
        return begins + jump

    replace(world.dispatcher, threads=1).run(clock)
    world.carrier.wait_until_idle()
    assert done


def nothing() -> None:
    """Nobody else does anything."""


def first_and_second(world: World) -> tuple[Reminder, Reminder]:
    first, second = sorted(due_rows(world), key=lambda row: row.id)
    return first, second


def assert_each_got_one(world: World) -> None:
    assert sorted(at_carrier(world).values()) == [1, 1]
    assert states(world) == {"delivered": 2}
    assert len({row.sid for row in due_rows(world)}) == 2


def test_with_a_minute_of_the_lease_left_a_request_is_made(world: World) -> None:
    book_many(world, 2)
    run_slowly(world, 4 * MINUTE - SECOND, nothing)
    assert_each_got_one(world)
    assert {row.attempts for row in due_rows(world)} == {1}


def test_with_less_of_the_lease_left_it_is_not_begun_and_made_later(world: World) -> None:
    book_many(world, 2)
    run_slowly(world, 4 * MINUTE, nothing)
    first, second = first_and_second(world)
    assert (first.status, second.status, second.token) == ("delivered", "planned", None)
    assert second.next_at is not None
    assert DUE + 4 * MINUTE <= second.next_at <= DUE + 5 * MINUTE
    assert (second.attempts, second.reason) == (0, None)
    assert at_carrier(world).total() == 1
    world.dispatch(DUE + 5 * MINUTE)
    assert_each_got_one(world)


def test_it_is_not_begun_when_another_worker_looks_for_its_message_already(world: World) -> None:
    """The lease is over: the other worker finds nothing at the carrier and will have it sent."""
    book_many(world, 2)
    other = Settler(world.database, world.dispatcher.carrier, Clinics())

    def settle() -> None:
        outlive_the_grace(world)
        assert other.run(lambda: DUE + 6 * MINUTE) > 0

    run_slowly(world, 6 * MINUTE, settle)
    world.dispatch(DUE + 7 * MINUTE)
    assert_each_got_one(world)
    _, second = first_and_second(world)
    assert second.attempts >= 2  # more if the clock jumps between a claim's two looks at it


def test_a_request_that_waits_past_its_last_moment_is_not_made(world: World) -> None:
    """The lease still holds; the patient is phoned instead."""
    book_many(world, 2)
    send_by = DUE + dt.timedelta(hours=48)
    run_slowly(world, 3 * MINUTE, nothing, begins=send_by - 2 * MINUTE)
    first, second = first_and_second(world)
    assert (first.status, second.status, second.reason) == ("delivered", "missed", "too_late")
    assert at_carrier(world).total() == 1
    assert [task.reason for task in world.tasks()] == ["too_late"]


# A line that stops while a claim is waiting


def claim_now(world: World, real: dt.datetime) -> Claim:
    with world.database.connection() as connection:
        library = world.dispatcher.library
        return claim(connection, library, world.profile, 40, DUE, real)


@pytest.mark.parametrize("what", ["account", "sender"])
def test_a_line_that_stops_during_a_claim_gives_the_rows_back(
    postgres_world: World, what: str
) -> None:
    """The claim has seen that the line runs and waits for the sender's row, which is locked."""
    world = postgres_world
    book_many(world, 3)
    sender = line_of(world.profile)
    line = ACCOUNT if what == "account" else sender
    real = wall_clock()
    with world.database.connection() as connection:
        take_slots(connection, sender, 1000.0, 1, SECOND, real)  # so that the row is there
    with ThreadPoolExecutor(1) as pool:
        with world.database.transaction() as session:
            lock = select(SenderPace).where(SenderPace.sender == sender).with_for_update()
            taken_until = session.scalars(lock).one().taken_until
            claiming = pool.submit(claim_now, world, real)
            wait_until("the claim waits", lambda: lock_waits(world.database) == 1)
            with world.database.connection() as other:
                assert stop_line(other, Refusal(line, "account", 20003, by_report=False), real)
        one = claiming.result()
    assert (one.sends, one.looked_at) == ((), 0)
    rows = due_rows(world)
    assert {(row.status, row.reason, row.attempts) for row in rows} == {
        ("planned", "line_stopped", 0)
    }
    assert {(row.token, row.next_at) for row in rows} == {(None, DUE)}
    with world.database.reading() as session:
        assert session.scalars(select(SenderPace.taken_until)).one() == taken_until
    assert at_carrier(world).total() == 0

    with world.database.connection() as connection:
        assert start_lines(connection, [line]) == 1
    world.dispatch(DUE)
    assert states(world) == {"delivered": 3}
    assert set(at_carrier(world).values()) == {1}


def test_a_line_of_another_clinic_that_stops_holds_nothing_back(postgres_world: World) -> None:
    world = postgres_world
    book_many(world, 2)
    sender = line_of(world.profile)
    real = wall_clock()
    with world.database.connection() as connection:
        take_slots(connection, sender, 1000.0, 1, SECOND, real)
    with ThreadPoolExecutor(1) as pool:
        with world.database.transaction() as session:
            lock = select(SenderPace).where(SenderPace.sender == sender).with_for_update()
            session.scalars(lock).one()
            claiming = pool.submit(claim_now, world, real)
            wait_until("the claim waits", lambda: lock_waits(world.database) == 1)
            with world.database.connection() as other:
                stop_line(other, Refusal("sender:else", "account", 20003, by_report=False), real)
        one = claiming.result()
    assert len(one.sends) == 2

"""What holds reminders back: a stopped line, the sender's pace, enough messages for one day."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from db.lines import ACCOUNT, stopped_lines
from db.models import StoppedLine
from emulator.faults import Fault, FaultKind
from scheduler.claiming import claim
from scheduler.clocks import wall_clock
from scheduler.watching import warn_of_waiting
from tests.support.data import stored_clinic
from tests.support.visits import local
from tests.support.world import World

WEEK_BEFORE = local("2026-11-24T10:00")
DAY_BEFORE = local("2026-11-30T10:00")
EVENING_BEFORE = local("2026-11-30T20:00")
SECOND = dt.timedelta(seconds=1)
MANY = 1000


def refuse_all(world: World) -> None:
    """The carrier refuses our account from now on."""
    world.carrier.faults.add(Fault(kind=FaultKind.ERROR, code=20003, times=MANY))


def tries(world: World) -> int:
    """How many requests were refused so far."""
    [fault] = world.carrier.faults.waiting()
    return MANY - (fault.times or 0)


def make_probe_due(world: World) -> None:
    with world.database.transaction() as session:
        session.execute(update(StoppedLine).values(probe_at=wall_clock() - SECOND))


def lines(world: World) -> list[str]:
    with world.database.connection() as connection:
        return [stop.line for stop in stopped_lines(connection)]


def readiness(world: World) -> str:
    """What `/readyz` says of the carrier."""
    port = urlsplit(world.settings.public_base_url).port
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/readyz")
        return str(json.loads(connection.getresponse().read())["carrier"])


def book_many(world: World, how_many: int) -> list[int]:
    return [
        world.book(
            external_id=f"A-{number}",
            date_of_birth=dt.date(1900, 1, number - 99),
            phone=f"+18285550{number}",
        )
        for number in range(100, 100 + how_many)
    ]


def statuses(world: World, visits: list[int], kind: str = "week_before") -> list[str]:
    return [world.reminders(visit)[kind].status for visit in visits]


def test_on_a_stopped_line_nothing_is_sent_but_one_try_a_minute(world: World) -> None:
    visits = book_many(world, 6)
    refuse_all(world)
    world.dispatch(WEEK_BEFORE)
    assert lines(world) == [ACCOUNT]
    assert readiness(world).startswith("the account is refused since")
    before = tries(world)
    for _ in range(3):
        assert world.dispatch() == 0
    assert tries(world) == before
    make_probe_due(world)
    world.dispatch()
    world.dispatch()
    assert tries(world) == before + 1
    assert statuses(world, visits) == ["planned"] * 6
    assert {world.reminders(visit)["week_before"].attempts for visit in visits} == {0}

    world.carrier.faults.clear()
    make_probe_due(world)
    world.dispatch()
    assert (lines(world), readiness(world)) == ([], "ok")
    assert statuses(world, visits) == ["delivered"] * 6
    assert world.tasks() == []


def test_near_their_last_moment_waiting_ones_are_phoned_unless_they_arrive(world: World) -> None:
    [visit] = book_many(world, 1)
    refuse_all(world)
    world.dispatch(WEEK_BEFORE)
    send_by = world.reminders(visit)["week_before"].send_by
    with world.database.transaction() as session:
        assert warn_of_waiting(session, send_by - dt.timedelta(minutes=31)) == 0
        assert warn_of_waiting(session, send_by - dt.timedelta(minutes=20)) == 1
    [task] = world.tasks()
    assert (task.kind, task.reason, task.appointment_id) == ("unreachable", "waiting", visit)
    world.carrier.faults.clear()
    make_probe_due(world)
    world.dispatch(send_by - dt.timedelta(minutes=10))
    assert statuses(world, [visit]) == ["delivered"]
    assert world.tasks() == []


def test_on_a_line_that_stays_stopped_they_end_as_missed(world: World) -> None:
    [visit] = book_many(world, 1)
    refuse_all(world)
    world.dispatch(WEEK_BEFORE)
    send_by = world.reminders(visit)["week_before"].send_by
    make_probe_due(world)
    world.dispatch(send_by)
    row = world.reminders(visit)["week_before"]
    assert (row.status, row.reason) == ("missed", "too_late")
    assert [task.reason for task in world.tasks()] == ["too_late"]


def test_a_claim_takes_no_more_than_the_senders_pace_allows(world: World) -> None:
    profile = stored_clinic(world.database, messages_per_second=1.0)
    book_many(world, 6)
    real = wall_clock()
    with world.database.connection() as connection:
        library = world.dispatcher.library
        first = claim(connection, library, profile, 40, WEEK_BEFORE, real)
        second = claim(connection, library, profile, 40, WEEK_BEFORE, real)
    assert [slot for _, slot in first.sends] == [real, real + SECOND, real + 2 * SECOND]
    assert (second.sends, second.looked_at, second.is_paced) == ((), 0, True)


@pytest.mark.parametrize(("cap", "arrive"), [(2, 0), (3, 1), (4, 2)])
def test_two_patients_on_one_phone_share_its_day_and_fasting_goes_first(
    world: World, cap: int, arrive: int
) -> None:
    stored_clinic(world.database, messages_per_second=1000.0, messages_per_day=cap)
    visits = [world.book(), world.book(external_id="A-1002", first_name="Edith")]
    for moment in (WEEK_BEFORE, DAY_BEFORE, EVENING_BEFORE):
        world.dispatch(moment)
    assert statuses(world, visits, "fasting_start") == ["delivered"] * 2
    rows = [world.reminders(visit)["day_before"] for visit in visits]
    assert [row.status for row in rows] == ["delivered"] * arrive + ["skipped"] * (2 - arrive)
    assert {row.reason for row in rows} - {None} == ({"daily_cap"} if arrive < 2 else set())
    assert [task.reason for task in world.tasks()] == ["daily_cap"] * (2 - arrive)

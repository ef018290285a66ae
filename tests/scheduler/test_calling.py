"""The line of a clinic's calls: its pace, one call at a time to a phone, and what stops it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from appointment_csv import Channel as Wish
from db.lines import Refusal, stop_line, stopped_lines
from db.models import Reminder, SenderPace, StoppedLine
from db.session import Database
from emulator import Fault, FaultKind, Operation, Pickup
from scheduler.channel import Channel
from scheduler.claiming import Claim, claim
from scheduler.clocks import wall_clock
from scheduler.outcomes import line_of
from tests.support.csv_files import NOW
from tests.support.data import stored_clinic
from tests.support.visits import local
from tests.support.waiting import wait_until
from tests.support.web import lock_waits
from tests.support.world import CLINIC_NUMBER, World, running_world

WEEK_BEFORE = local("2026-11-24T10:00")
SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
CALLS, TEXTS = f"calls:{CLINIC_NUMBER}", f"sender:{CLINIC_NUMBER}"
BY_CALL: dict[str, Any] = {"channel": Wish.VOICE, "voice_consent": True}
OUR_NUMBER = 21210
HEARD = Pickup(by="human", script=("1",))


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[World]:
    """The world on PostgreSQL only, where a row's lock can be waited for."""
    database = Database(postgres_url)
    with running_world(database, NOW, makes_calls=True) as world:
        yield world
    database.close()


def book(world: World, how_many: int, first: int = 300, **wishes: object) -> list[int]:
    """So many patients, each with a phone of their own that is answered."""
    visits = []
    for number in range(first, first + how_many):
        phone = f"+18285550{number}"
        born = dt.date(1930, 1, 1) + dt.timedelta(days=number)
        world.carrier.set_pickup(phone, HEARD)
        visits.append(
            world.book(NOW, external_id=f"A-{number}", date_of_birth=born, phone=phone, **wishes)
        )
    return visits


def claim_now(world: World, real: dt.datetime, most: int = 40) -> Claim:
    with world.database.connection() as connection:
        library = world.dispatcher.library
        return claim(
            connection, library, world.profile, most, WEEK_BEFORE, real, caller=CLINIC_NUMBER
        )


def slots(one: Claim, real: dt.datetime) -> list[float]:
    return [(slot - real).total_seconds() for _, slot in one.sends]


def channels(one: Claim) -> list[str]:
    return [send.channel.value for send, _ in one.sends]


def slow(world: World, **speeds: float) -> None:
    world.profile = stored_clinic(world.database, **{"messages_per_second": 1000.0} | speeds)


def rows(world: World, visits: list[int]) -> list[Reminder]:
    return [world.reminders(visit)["week_before"] for visit in visits]


def statuses(world: World, visits: list[int]) -> list[str]:
    return [row.status for row in rows(world, visits)]


def taken_until(world: World, line: str) -> dt.datetime:
    with world.database.reading() as session:
        return session.scalars(
            select(SenderPace.taken_until).where(SenderPace.sender == line)
        ).one()


def lines(world: World) -> list[str]:
    with world.database.connection() as connection:
        return [stop.line for stop in stopped_lines(connection)]


def stop(world: World, line: str) -> None:
    with world.database.connection() as connection:
        refusal = Refusal(line, "sender_config", OUR_NUMBER, by_report=False)
        stop_line(connection, refusal, wall_clock())


def make_probe_due(world: World) -> None:
    with world.database.transaction() as session:
        session.execute(update(StoppedLine).values(probe_at=wall_clock() - SECOND))


# The pace


def test_calls_keep_their_own_pace_and_texts_theirs(calling: World) -> None:
    slow(calling, calls_per_second=1.0, messages_per_second=2.0)
    called = book(calling, 5, **BY_CALL)
    book(calling, 2, first=400)
    real = wall_clock()
    one = claim_now(calling, real)
    assert channels(one) == ["voice"] * 3
    assert slots(one, real) == [0, 1, 2]
    rest = claim_now(calling, real)
    assert channels(rest) == ["sms"] * 2
    assert slots(rest, real) == [0, 0.5]
    assert statuses(calling, called) == ["sending"] * 3 + ["planned"] * 2
    waiting = rows(calling, called)[3:]
    assert {row.attempts for row in waiting} == {0}
    assert {row.reason for row in waiting} == {None}


def test_a_full_line_of_calls_is_not_asked_again_and_again(calling: World) -> None:
    """The calls that wait stay as they are, however many claims go by."""
    slow(calling, calls_per_second=1.0)
    called = book(calling, 6, **BY_CALL)
    real = wall_clock()
    claim_now(calling, real)
    before = [row.next_at for row in rows(calling, called)]
    for _ in range(3):
        again = claim_now(calling, real)
        assert (again.looked_at, again.is_paced) == (0, True)
    assert [row.next_at for row in rows(calling, called)] == before
    later = claim_now(calling, real + 3 * SECOND)
    assert slots(later, real) == [3, 4, 5]
    assert not claim_now(calling, real + 3 * SECOND).is_paced


def test_two_workers_together_keep_the_pace(on_postgres: World) -> None:
    """The second claim waits for the first to end, and goes on where that one stopped."""
    world = on_postgres
    slow(world, calls_per_second=2.0)
    book(world, 6, **BY_CALL)
    real = wall_clock()
    library = world.dispatcher.library
    with ThreadPoolExecutor(1) as pool, world.database.connection() as connection:
        first = claim(connection, library, world.profile, 2, WEEK_BEFORE, real, CLINIC_NUMBER)
        waiting = pool.submit(claim_now, world, real)
        wait_until("the other claim waits", lambda: lock_waits(world.database) == 1)
        connection.commit()
        second = waiting.result()
    assert slots(first, real) == [0, 0.5]
    assert slots(second, real) == [1, 1.5, 2]
    claimed = [send.row.id for one in (first, second) for send, _ in one.sends]
    assert len(set(claimed)) == 5


def test_slots_that_are_not_needed_are_given_back(calling: World) -> None:
    """Two of one phone take one slot of calls, and none of texts."""
    slow(calling, calls_per_second=1.0, messages_per_second=1.0)
    for name in ("Rosalind", "Edith"):
        calling.book(external_id=name, first_name=name, **BY_CALL)
    real = wall_clock()
    assert slots(claim_now(calling, real), real) == [0]
    assert taken_until(calling, CALLS) == real + SECOND
    assert taken_until(calling, TEXTS) == real


# One phone


def test_a_phone_is_called_for_one_patient_after_the_other(calling: World) -> None:
    phone = "+18285550173"
    calling.carrier.set_pickup(phone, Pickup(by="ring"))
    visits = [
        calling.book(external_id=name, first_name=name, **BY_CALL) for name in ("Rosalind", "Edith")
    ]
    with ThreadPoolExecutor(1) as pool:
        pass_ = pool.submit(calling.dispatcher.run, lambda: WEEK_BEFORE)
        call = calling.carrier.wait_for_call(phone)
        pass_.result()
        assert statuses(calling, visits) == ["sent", "planned"]
        assert rows(calling, visits)[1].attempts == 0
        assert calling.dispatch(WEEK_BEFORE + MINUTE) > 0
        assert len(calling.carrier.calls(to=phone)) == 1
        calling.carrier.answer(call.sid).presses("1")
        calling.carrier.wait_until_idle()
    assert statuses(calling, visits) == ["delivered", "planned"]
    calling.carrier.set_pickup(phone, HEARD)
    calling.dispatch(WEEK_BEFORE + 2 * MINUTE)  # who has just hung up is left alone for a while
    assert statuses(calling, visits) == ["delivered", "planned"]
    with calling.database.transaction() as session:
        session.execute(update(Reminder).values(started_at=Reminder.created_at))
    calling.dispatch(WEEK_BEFORE + 4 * MINUTE)
    assert statuses(calling, visits) == ["delivered", "delivered"]
    assert len(calling.carrier.calls(to=phone)) == 2


def test_two_workers_do_not_call_one_phone_at_a_time(on_postgres: World) -> None:
    """Each claims the reminder of another patient; the second sees what the first does."""
    world = on_postgres
    visits = [
        world.book(external_id=name, first_name=name, **BY_CALL) for name in ("Rosalind", "Edith")
    ]
    library, real = world.dispatcher.library, wall_clock()
    with ThreadPoolExecutor(1) as pool, world.database.connection() as connection:
        first = claim(connection, library, world.profile, 1, WEEK_BEFORE, real, CLINIC_NUMBER)
        waiting = pool.submit(claim_now, world, real)
        wait_until("the other claim waits", lambda: lock_waits(world.database) == 1)
        connection.commit()
        second = waiting.result()
    assert (len(first.sends), len(second.sends), second.looked_at) == (1, 0, 1)
    assert sorted(statuses(world, visits)) == ["planned", "sending"]


# A stopped line


def test_a_refused_number_stops_calls_and_lets_texts_go(calling: World) -> None:
    on = Operation.CREATE_CALL
    calling.carrier.faults.add(Fault(kind=FaultKind.ERROR, code=OUR_NUMBER, times=None, on=on))
    called, texted = book(calling, 4, **BY_CALL), book(calling, 4, first=400)
    calling.dispatch(WEEK_BEFORE)
    assert lines(calling) == [CALLS]
    assert statuses(calling, texted) == ["delivered"] * 4
    assert statuses(calling, called) == ["planned"] * 4
    assert {row.attempts for row in rows(calling, called)} == {0}
    assert calling.tasks() == []
    assert calling.dispatch() == 0

    calling.carrier.faults.clear()
    assert calling.dispatch() == 0
    make_probe_due(calling)
    calling.dispatch()
    assert lines(calling) == []
    assert statuses(calling, called) == ["delivered"] * 4


def test_while_it_is_stopped_one_call_a_minute_tries_it(calling: World) -> None:
    called, texted = book(calling, 3, **BY_CALL), book(calling, 2, first=400)
    stop(calling, CALLS)
    real = wall_clock()
    assert channels(claim_now(calling, real)) == ["sms", "sms"]
    assert claim_now(calling, real).looked_at == 0
    make_probe_due(calling)
    assert channels(claim_now(calling, real)) == ["voice"]
    assert claim_now(calling, real).looked_at == 0
    assert sorted(statuses(calling, called)) == ["planned", "planned", "sending"]
    assert statuses(calling, texted) == ["sending"] * 2


def test_a_stopped_line_of_texts_lets_calls_go(calling: World) -> None:
    called, texted = book(calling, 3, **BY_CALL), book(calling, 3, first=400)
    stop(calling, TEXTS)
    calling.dispatch(WEEK_BEFORE)
    assert statuses(calling, called) == ["delivered"] * 3
    assert statuses(calling, texted) == ["planned"] * 3
    assert lines(calling) == [TEXTS]
    make_probe_due(calling)
    calling.dispatch()
    assert statuses(calling, texted) == ["delivered"] * 3
    assert lines(calling) == []


def test_a_refused_account_stops_both_and_either_tries_it(calling: World) -> None:
    called, texted = book(calling, 2, **BY_CALL), book(calling, 2, first=400)
    stop(calling, "account")
    assert calling.dispatch(WEEK_BEFORE) == 0
    make_probe_due(calling)
    calling.dispatch()
    assert lines(calling) == []
    assert statuses(calling, called + texted) == ["delivered"] * 4


def test_a_full_line_of_texts_lets_calls_go(calling: World) -> None:
    slow(calling, messages_per_second=0.1, calls_per_second=1000.0)
    texted, called = book(calling, 2), book(calling, 2, first=400, **BY_CALL)
    real = wall_clock()
    one = claim_now(calling, real)
    assert (channels(one), one.is_paced) == (["sms"], False)
    rest = claim_now(calling, real)
    assert (channels(rest), rest.is_paced) == (["voice"] * 2, True)
    assert claim_now(calling, real).is_paced
    assert statuses(calling, texted) == ["sending", "planned"]
    assert statuses(calling, called) == ["sending"] * 2


def test_who_wants_texts_since_is_not_called(calling: World) -> None:
    """Taken up by itself as a call; decided, it is a text, which waits for its own line."""
    (visit,) = book(calling, 1, **BY_CALL)
    book_again: dict[str, Any] = {"channel": Wish.SMS, "sms_consent": True, "voice_consent": True}
    calling.book(
        external_id="A-300",
        date_of_birth=dt.date(1930, 1, 1) + dt.timedelta(days=300),
        phone="+18285550300",
        **book_again,
    )
    calling.dispatch(WEEK_BEFORE)
    assert rows(calling, [visit])[0].channel == Channel.SMS
    assert calling.carrier.calls() == []
    assert len(calling.texts_to("+18285550300")) == 1


def test_a_report_that_a_call_rang_shows_that_the_line_runs(calling: World) -> None:
    (visit,) = book(calling, 1, **BY_CALL)
    calling.carrier.set_pickup("+18285550300", Pickup(by="ring"))
    with ThreadPoolExecutor(1) as pool:
        pass_ = pool.submit(calling.dispatcher.run, lambda: WEEK_BEFORE)
        call = calling.carrier.wait_for_call("+18285550300")
        pass_.result()
    with calling.database.transaction() as session:
        refusal = Refusal(CALLS, "sender_config", OUR_NUMBER, by_report=True)
        stop_line(session.connection(), refusal, wall_clock() - MINUTE)
    calling.carrier.answer(call.sid).presses("1")
    calling.carrier.wait_until_idle()
    assert statuses(calling, [visit]) == ["delivered"]
    assert lines(calling) == []


def test_texts_and_calls_have_lines_of_their_own(calling: World) -> None:
    assert line_of(calling.profile) == TEXTS
    assert line_of(calling.profile, Channel.VOICE) == CALLS

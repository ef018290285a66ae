"""Texts by staff: sent once, followed to their end, never repeated blindly."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from carrier.errors import ErrorClass
from db.contacts import set_contact
from db.models import StaffText
from emulator import Fault, FaultKind
from scheduler.callbacks import record_status
from scheduler.claiming import LEASE
from scheduler.clocks import wall_clock
from scheduler.outcomes import GRACE
from scheduler.staff_texts import StaffTexts
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.staff_replies import reply, stored
from tests.support.waiting import wait_until
from tests.support.workers import running_worker
from tests.support.world import World


def sender(world: World) -> StaffTexts:
    line = world.dispatcher
    return StaffTexts(world.database, line.carrier, line.clinics, line.callback_url)


def go(world: World, after: dt.timedelta = dt.timedelta()) -> StaffText:
    """One pass, and all of the carrier's reports on it; how the first text stands then."""
    world.now += after
    sender(world).run(lambda: world.now)
    world.carrier.wait_until_idle()
    return stored(world.database)[0]


def bodies(world: World) -> list[str]:
    return [message.body for message in world.carrier.messages(to=desk.PHONE)]


def tasks(world: World) -> list[str]:
    return [task.kind for task in world.tasks()]


def test_a_text_goes_out_with_our_id_and_is_followed(world: World) -> None:
    key = reply(world.database, "Yes, you may bring your dog.", NOW)
    row = go(world)
    assert (row.status, row.carrier_status, row.next_at) == ("delivered", "delivered", None)
    assert (row.attempts, row.token, row.error_class) == (1, None, None)
    [message] = world.carrier.messages(to=desk.PHONE)
    assert (message.body, message.sid) == ("Yes, you may bring your dog.", row.sid)
    reports = world.carrier.callbacks(message.sid)
    assert {each.url.partition("/sms/")[2] for each in reports} == {f"status?s={key}&a=1"}
    assert tasks(world) == []


def test_a_worker_process_sends_it_within_seconds(world: World) -> None:
    with running_worker(world, NOW) as worker:
        worker.wait_for_line("worker_started")
        reply(world.database, "We will call you at noon.", NOW)
        wait_until("the text has gone out", lambda: bodies(world))
    assert bodies(world) == ["We will call you at noon."]


def test_two_workers_send_each_text_once(world: World) -> None:
    for number in range(6):
        reply(world.database, f"Text {number}", NOW)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(sender(world).run, lambda: world.now) for _ in range(2)]:
            done.result()
    world.carrier.wait_until_idle()
    assert sorted(bodies(world)) == [f"Text {number}" for number in range(6)]
    assert {row.status for row in stored(world.database)} == {"delivered"}


@pytest.mark.parametrize(
    ("code", "error_class", "column"),
    [
        (21610, ErrorClass.OPTED_OUT, "opted_out_at"),
        (21614, ErrorClass.NOT_TEXTABLE, "textable"),
        (21211, ErrorClass.BAD_NUMBER, "reachable"),
    ],
)
def test_what_a_refusal_says_of_the_phone_is_kept(
    world: World, code: int, error_class: ErrorClass, column: str
) -> None:
    reply(world.database, "Hello", NOW)
    before = getattr(world.contact(), column)
    world.carrier.faults.add(Fault(kind=FaultKind.ERROR, code=code))
    row = go(world)
    assert (row.status, row.error_class, row.error_code) == ("failed", error_class.value, code)
    assert getattr(world.contact(), column) != before
    assert tasks(world) == ["reply_failed"]
    go(world, dt.timedelta(hours=2))
    assert bodies(world) == []


@pytest.mark.parametrize(("code", "learnt"), [(30003, True), (30006, False)])
def test_what_did_not_arrive_is_told_and_not_repeated(
    world: World, code: int, learnt: bool
) -> None:
    reply(world.database, "Hello", NOW)
    world.carrier.faults.add(Fault(kind=FaultKind.FAIL, code=code))
    row = go(world)
    assert (row.status, row.error_code, row.carrier_status) == ("failed", code, "undelivered")
    assert world.contact().textable is learnt
    go(world, dt.timedelta(hours=1))
    assert len(bodies(world)) == 1
    assert tasks(world) == ["reply_failed"]


@pytest.mark.parametrize("kind", [FaultKind.RESET_AFTER_ACCEPT, FaultKind.BROKEN_JSON])
def test_an_answer_that_is_lost_is_made_good_by_the_report(world: World, kind: FaultKind) -> None:
    reply(world.database, "Hello", NOW)
    world.carrier.faults.add(Fault(kind=kind))
    assert go(world).status == "delivered"
    go(world, GRACE * 2)
    assert bodies(world) == ["Hello"]


def test_without_answer_and_report_it_is_looked_for(world: World) -> None:
    reply(world.database, "Hello", NOW)
    world.carrier.faults.add(
        Fault(kind=FaultKind.RESET_AFTER_ACCEPT), Fault(kind=FaultKind.CALLBACK_DROP, times=None)
    )
    row = go(world)
    assert (row.status, row.sid) == ("in_doubt", None)
    row = go(world, GRACE)
    assert (row.status, row.sid) == ("delivered", world.carrier.messages(to=desk.PHONE)[0].sid)
    assert bodies(world) == ["Hello"]


def age_attempts(world: World) -> None:
    """Let the newest attempt be older than the carrier's list needs to show its message."""
    earlier = wall_clock() - GRACE * 2
    with world.database.transaction() as session:
        session.execute(update(StaffText).values(started_at=earlier))


def test_what_a_dead_worker_never_sent_goes_out_once(world: World) -> None:
    reply(world.database, "Hello", NOW)
    with world.database.transaction() as session:
        lost = {"status": "sending", "token": "dead", "attempts": 1, "next_at": NOW + LEASE}
        session.execute(update(StaffText).values(started_at=wall_clock(), **lost))
    assert go(world).status == "sending"
    assert go(world, LEASE).status == "in_doubt"
    assert bodies(world) == []
    age_attempts(world)
    assert go(world, GRACE).status == "delivered"
    assert bodies(world) == ["Hello"]


def test_one_in_doubt_that_was_never_taken_goes_out_again(world: World) -> None:
    reply(world.database, "Hello", NOW)
    world.carrier.faults.add(Fault(kind=FaultKind.HTTP_ERROR, http_status=503))
    assert go(world).status == "in_doubt"
    age_attempts(world)
    row = go(world, GRACE)
    assert (row.status, row.attempts) == ("delivered", 2)


def test_a_busy_or_absent_carrier_is_asked_again_until_it_is_too_late(world: World) -> None:
    reply(world.database, "Hello", NOW)
    world.carrier.faults.add(Fault(kind=FaultKind.ERROR, code=20429))
    row = go(world)
    assert (row.status, row.attempts) == ("planned", 1)
    assert row.next_at is not None
    assert row.next_at > NOW
    with world.carrier.refusing():
        assert go(world, dt.timedelta(minutes=1)).status == "planned"
    assert go(world, dt.timedelta(minutes=1)).status == "delivered"
    reply(world.database, "Too late", world.now)
    go(world, dt.timedelta(hours=1))
    late = stored(world.database)[1]
    assert (late.status, late.error_class) == ("failed", "too_late")
    assert bodies(world) == ["Hello"]


def test_nothing_goes_to_somebody_who_opts_out_before_it_left(world: World) -> None:
    reply(world.database, "Hello", NOW)
    with world.database.transaction() as session:
        set_contact(session, world.contact().id, opted_out_at=NOW)
    row = go(world)
    assert (row.status, row.error_class) == ("failed", "opted_out")
    assert bodies(world) == []


def test_reports_that_are_late_strange_or_about_nothing_change_nothing(world: World) -> None:
    key = reply(world.database, "Hello", NOW)
    done = go(world)
    clinics = world.dispatcher.clinics
    for args, sid, status in (
        ({"s": str(key), "a": "1"}, done.sid, "sent"),
        ({"s": str(key), "a": "1"}, "SM" + "0" * 32, "failed"),
        ({"s": str(key), "a": "1"}, done.sid, "pondering"),
        ({"s": "999"}, "SM" + "0" * 32, "delivered"),
        ({"s": "x"}, "SM" + "0" * 32, "delivered"),
        ({"s": "9999999999"}, "SM" + "0" * 32, "delivered"),
    ):
        with world.database.transaction() as session:
            form = {"MessageSid": sid or "", "MessageStatus": status}
            record_status(session, clinics, args, form, NOW)
        assert stored(world.database)[0].status == "delivered"


def test_without_a_receipt_sent_is_the_last_word(world: World) -> None:
    reply(world.database, "Hello", NOW)
    world.carrier.faults.add(Fault(kind=FaultKind.NO_RECEIPT))
    assert go(world).status == "sent"
    row = go(world, dt.timedelta(minutes=15))
    assert row.next_at is not None
    row = go(world, dt.timedelta(hours=3))
    assert (row.status, row.next_at) == ("sent", None)
    assert bodies(world) == ["Hello"]

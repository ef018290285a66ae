"""Worker processes: several at once, beside a busy web app, told to stop, set up wrongly."""

from __future__ import annotations

import datetime as dt
import itertools
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import msgspec
import pytest
from sqlalchemy import func, select

from db.contacts import lock_contact
from db.models import Conversation, InboundText, UnsentText, WorkerBeat
from db.session import Database
from db.staff import NewStaff, Role, add_staff
from db.unsent_texts import Box, keep
from emulator import Fault, FaultKind
from flows.model import Session as Talk
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import stored_clinic
from tests.support.processes import Running, free_port, running
from tests.support.signals import taken_by_another_thread
from tests.support.waiting import wait_until
from tests.support.web import lock_waits
from tests.support.workers import (
    DUE,
    at_carrier,
    book_many,
    due_rows,
    environment,
    outlive_the_grace,
    pass_of_worker,
    running_worker,
    running_worker_of_few,
    states,
)
from tests.support.world import CLINIC_NUMBER, World, running_world

PATIENT = "+18285550173"
LEASE_IS_OVER = DUE + dt.timedelta(minutes=6)
ONE_REPORT = Fault(kind=FaultKind.CALLBACK_DROP, status="sent", times=None)
"""Only the last report of each message comes, which saves time."""


@pytest.fixture
def postgres_world(postgres_url: str) -> Iterator[World]:
    """The world on PostgreSQL only: several workers are meant for it."""
    database = Database(postgres_url)
    with running_world(database, NOW) as world:
        yield world
    database.close()


@pytest.fixture
def sqlite_world(sqlite_url: str) -> Iterator[World]:
    """The world on SQLite only, where one may write at a time."""
    database = Database(sqlite_url)
    with running_world(database, NOW) as world:
        yield world
    database.close()


def assert_each_once(world: World, count: int) -> None:
    """Every phone has its one message, and the row names just that message."""
    sent = {m.to: m.sid for m in world.carrier.messages() if m.direction.value == "outbound-api"}
    assert at_carrier(world) == dict.fromkeys(sent, 1)
    assert len(sent) == count
    assert {row.to: row.sid for row in due_rows(world)} == sent
    assert states(world) == {"delivered": count}


def all_delivered(world: World, count: int) -> Callable[[], bool]:
    return lambda: states(world) == {"delivered": count}


def start_workers(stack: ExitStack, world: World, count: int) -> list[Running]:
    """Workers that tick already, and find nothing to do yet."""
    workers = [stack.enter_context(running_worker(world, DUE)) for _ in range(count)]
    for worker in workers:
        worker.wait_for_line("worker_started")
    return workers


def troubles(*processes: Running) -> list[str]:
    """What the processes said of errors, in their own words or those of the database."""
    words = ("error", "locked", "traceback")
    lines = (line for process in processes for line in process.lines)
    return [line for line in lines if any(word in line.lower() for word in words)]


def test_three_workers_share_what_is_due(postgres_world: World) -> None:
    world = postgres_world
    world.carrier.faults.add(ONE_REPORT)
    with ExitStack() as stack:
        workers = start_workers(stack, world, 3)
        book_many(world, 300)
        wait_until("300 reports", all_delivered(world, 300))
        assert [worker.stop() for worker in workers] == [0, 0, 0]
    world.carrier.wait_until_idle()
    assert_each_once(world, 300)
    assert {row.attempts for row in due_rows(world)} == {1}
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(WorkerBeat)) == 3
    assert troubles(*workers) == []


def test_a_text_taken_in_while_a_result_waits_is_not_forgotten(postgres_world: World) -> None:
    """The conversation is read when its lock is held, not when it was asked for."""
    world = postgres_world
    world.book()
    world.carrier.faults.add(
        Fault(kind=FaultKind.HOLD_RESPONSE, seconds=1.5),
        Fault(kind=FaultKind.CALLBACK_DROP, times=None),
    )
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(world.dispatch, DUE)
        wait_until("a message at the carrier", lambda: at_carrier(world)[PATIENT] == 1)
        with world.database.transaction() as session:
            contact = lock_contact(session, world.profile.id, PATIENT, DUE)
            wait_until("the result waits", lambda: lock_waits(world.database) == 1)
            state = msgspec.json.encode(Talk("en", turn=7)).decode()
            session.add(
                Conversation(contact_id=contact.id, channel="sms", state=state, updated_at=DUE)
            )
        assert sending.result() == 1
    with world.database.reading() as session:
        stored = session.scalars(select(Conversation.state)).one()
    assert msgspec.json.decode(stored, type=Talk).turn == 7
    assert states(world) == {"sent": 1}


def test_one_of_two_workers_is_killed_in_the_middle(postgres_world: World) -> None:
    world = postgres_world
    slow = Fault(kind=FaultKind.HOLD_RESPONSE, seconds=1, times=None)
    world.carrier.faults.add(slow, ONE_REPORT)
    with ExitStack() as stack:
        book_many(world, 320)  # more than one worker takes up at a time
        killed = stack.enter_context(running_worker_of_few(world, DUE, 150))
        wait_until("the middle", lambda: at_carrier(world).total() > 10)
        [survivor] = start_workers(stack, world, 1)
        killed.stop(signal.SIGKILL)
        world.carrier.faults.clear()
        world.carrier.faults.add(ONE_REPORT)
        wait_until("everything was taken up", lambda: states(world)["planned"] == 0)
        assert survivor.stop() == 0
    world.carrier.wait_until_idle()
    world.carrier.faults.clear()
    assert states(world)["sending"] > 0
    outlive_the_grace(world)
    with running_worker(world, LEASE_IS_OVER):
        wait_until("the rest", all_delivered(world, 320), seconds=300)
    world.carrier.wait_until_idle()
    assert_each_once(world, 320)


def test_a_worker_beside_a_busy_web_app_on_sqlite(sqlite_world: World) -> None:
    """The two processes write to one file; neither ever meets a lock that it can't wait out."""
    world = sqlite_world
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = environment(world) | {"PUBLIC_BASE_URL": base}
    world.carrier.app_url = base
    book_many(world, 60)
    phones = [f"+1828557{number:04}" for number in range(40)]
    turns = list(itertools.product(("menu", "1"), phones))
    with (
        running("gunicorn", "app:create_app()", env=env | {"PORT": str(port)}) as web,
        ThreadPoolExecutor(20) as pool,
    ):
        web.wait_for_http(f"{base}/healthz")
        command = ("python", "-m", "scheduler", "--now", DUE.isoformat())
        with running(*command, env=env) as worker:
            worker.wait_for_line("worker_started")
            answers = list(
                pool.map(lambda turn: world.carrier.text(turn[1], CLINIC_NUMBER, turn[0]), turns)
            )
            wait_until("60 reports", all_delivered(world, 60))
            assert worker.stop(seconds=60) == 0
        world.carrier.wait_until_idle()
        assert web.stop() == 0
    assert {answer.status for answer in answers} == {200}
    assert all(answer.replies for answer in answers)
    assert {callback.answered // 100 for callback in world.carrier.callbacks()} == {2}
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InboundText)) == len(turns)
    assert_each_once(world, 60)
    assert troubles(web, worker) == []


def test_sigterm_finishes_what_is_under_way(world: World) -> None:
    world.book()
    world.carrier.faults.add(
        Fault(kind=FaultKind.HOLD_RESPONSE, seconds=3),
        Fault(kind=FaultKind.CALLBACK_DROP, times=None),
    )
    with running_worker(world, DUE) as worker:
        wait_until("a message at the carrier", lambda: at_carrier(world)[PATIENT] == 1)
        (row,) = due_rows(world)
        assert row.status == "sending"
        assert worker.stop() == 0
        worker.wait_for_line("worker_stopped")
    (row,) = due_rows(world)
    (message,) = world.carrier.messages(to=PATIENT)
    assert (row.status, row.sid, row.token) == ("sent", message.sid, None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_another_thread_takes_ends_the_worker(
    sqlite_world: World, number: signal.Signals
) -> None:
    command = taken_by_another_thread("scheduler")
    with running(*command, env=environment(sqlite_world)) as worker:
        worker.wait_for_line("worker_started")
        assert worker.stop(number) == 0
        worker.wait_for_line("worker_stopped")


def test_after_sigterm_nothing_further_is_taken_up(sqlite_world: World) -> None:
    """One in two seconds: the second one, whose row is claimed for its slot already, is finished
    as well, and the others stay planned; a busy machine may be told to stop some slots later."""
    world = sqlite_world
    stored_clinic(world.database, messages_per_second=0.5)
    book_many(world, 10)
    with running_worker(world, DUE) as worker:
        wait_until("one is under way", lambda: at_carrier(world).total() >= 1)
        assert worker.stop() == 0
    world.carrier.wait_until_idle()
    sent = at_carrier(world).total()
    assert 2 <= sent < 10
    assert states(world) == {"delivered": sent, "planned": 10 - sent}


def test_once_does_what_is_due_and_ends(world: World) -> None:
    world.book()
    worker = pass_of_worker(world, DUE)
    assert "1 reminders taken up" in worker.lines
    assert at_carrier(world) == {PATIENT: 1}
    early = pass_of_worker(world, DUE + dt.timedelta(minutes=1))
    assert "0 reminders taken up" in early.lines


def test_what_nobody_sent_is_deleted_after_a_day(world: World) -> None:
    task = desk.task(world.database)
    with world.database.transaction() as session:
        writer = add_staff(session, NewStaff("a@example.org", "A", Role.COORDINATOR), NOW)
        keep(session, Box(writer.id, task_id=task), "Called, no ans", NOW)
    for later, left in ((23, 1), (24, 0)):
        pass_of_worker(world, NOW + dt.timedelta(hours=later))
        with world.database.reading() as session:
            assert len(session.scalars(select(UnsentText)).all()) == left


def ended(*options: str, env: dict[str, str]) -> tuple[int, str]:
    """The exit code of a worker that should end by itself, and what it said."""
    with running("python", "-m", "scheduler", *options, env=env) as worker:
        return worker.wait(), "\n".join(worker.lines)


def test_a_database_without_tables_ends_it_with_advice(bare_url: str) -> None:
    env = {
        "DATABASE_URL": bare_url,
        "SECRET_KEY": "x" * 43,
        "PUBLIC_BASE_URL": "https://bot.example.org",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "0123456789abcdef" * 2,
        "TWILIO_FROM_NUMBER": CLINIC_NUMBER,
    }
    code, words = ended("--once", env=env)
    assert code == 2
    assert "no reminder was touched" in words
    assert "flask db upgrade" in words
    assert "Traceback" not in words


def test_settings_that_are_missing_are_named() -> None:
    code, words = ended("--once", env={"DATABASE_URL": "sqlite:///nowhere.db"})
    assert code == 2
    assert "TWILIO_ACCOUNT_SID" in words
    assert "Traceback" not in words


@pytest.mark.parametrize(
    ("moment", "advice"),
    [("tomorrow", "is not a moment"), ("2026-11-24T15:00:00", "has no time zone")],
)
def test_a_moment_must_be_clear(moment: str, advice: str) -> None:
    code, words = ended("--once", "--now", moment, env={})
    assert code == 2
    assert advice in words

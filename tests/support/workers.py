"""The worker as a real process, beside the rest of an installation that runs in the test."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select, update

from appointments import upsert_all
from carrier.client import Sender
from db.models import Reminder
from scheduler.settling import Settler
from scheduler.worker import Worker
from tests.support.carrier_line import client_of
from tests.support.csv_files import NOW
from tests.support.data import row
from tests.support.processes import Running, running
from tests.support.visits import local
from tests.support.waiting import wait_until
from tests.support.world import CLINIC_NUMBER, World

DUE = local("2026-11-24T10:00")
"""When the first reminder of the usual appointment is due, and no other one is."""
_ESTABLISHED = "01"
_OF_FEW = """
import sys
from scheduler import __main__ as program, dispatch
assert min(dispatch._BATCH, dispatch._ENOUGH, dispatch._GROUP) > {most}
dispatch._BATCH = dispatch._ENOUGH = dispatch._GROUP = {most}
sys.exit(program.main())
"""


def environment(world: World) -> dict[str, str]:
    """The settings of a process that works on the world's database, with its carrier."""
    return {
        "DATABASE_URL": world.database.url,
        "SECRET_KEY": world.settings.secret_key,
        "PUBLIC_BASE_URL": world.settings.public_base_url,
        "TWILIO_FROM_NUMBER": CLINIC_NUMBER,
        **world.carrier.environment,
    }


@contextmanager
def running_worker(
    world: World, now: dt.datetime, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A worker whose clock shows `now` at its start; `env` holds settings of its own."""
    moment = now.isoformat()
    command = ("python", "-m", "scheduler", "--now", moment, *options)
    with running(*command, env={**environment(world), **(env or {})}) as worker:
        yield worker


def pass_of_worker(world: World, now: dt.datetime) -> Running:
    """One pass of a worker process at `now`, that has ended well, and all that the carrier says."""
    with running_worker(world, now, "--once") as worker:
        assert worker.wait() == 0, worker.lines
    world.carrier.wait_until_idle()
    return worker


def pass_in_this_process(world: World, now: dt.datetime) -> int:
    """As `pass_of_worker`, without a process of its own, whose start is a second of computing: for
    a pass that is only to find things as another process left them."""
    settler = Settler(world.database, world.dispatcher.carrier, world.dispatcher.clinics)
    taken = Worker(world.database, world.dispatcher, settler, lambda: now).once()
    world.carrier.wait_until_idle()
    return taken


@contextmanager
def running_worker_of_few(world: World, now: dt.datetime, most: int) -> Iterator[Running]:
    """As `running_worker`, for a worker that takes up no more than twice `most` at a time: so much
    less has to be sent until several have something to do."""
    command = ("python", "-c", _OF_FEW.format(most=most), "--now", now.isoformat())
    with running(*command, env=environment(world)) as worker:
        yield worker


def book_many(world: World, count: int) -> None:
    """Book so many patients, each with a phone of their own, whose first reminders fall due."""
    rows = [
        row(
            external_id=f"M-{number}",
            last_name=f"Quackenbush {number}",
            phone=f"+1828556{number:04}",
        )
        for number in range(count)
    ]
    with world.database.transaction() as session:
        upsert_all(session, world.profile, rows, NOW)


def due_rows(world: World) -> list[Reminder]:
    """The reminders that are due at `DUE`, as they are stored now."""
    with world.database.reading() as session:
        query = select(Reminder).where(Reminder.due_at <= DUE).order_by(Reminder.id)
        return list(session.scalars(query).all())


def states(world: World) -> Counter[str]:
    """How many of the reminders that are due at `DUE` are in each state."""
    query = select(Reminder.status, func.count()).where(Reminder.due_at <= DUE)
    with world.database.reading() as session:
        return Counter(dict(session.execute(query.group_by(Reminder.status)).all()))


def dispatch_in_a_hurry(world: World, now: dt.datetime, phone: str) -> None:
    """One pass that gives the carrier half a second for its answer. However late the carrier is,
    it has the phone's one message in the end, and all its reports are made."""
    patient = world.dispatcher
    with closing(client_of(world.carrier, Sender(CLINIC_NUMBER), timeout=0.5)) as client:
        world.dispatcher = replace(patient, carrier=client)
        world.dispatch(now)
    world.dispatcher = patient
    wait_until("a message at the carrier", lambda: at_carrier(world)[phone] == 1)
    world.carrier.wait_until_idle()


def outlive_the_grace(world: World) -> None:
    """Let every attempt so far lie further back than the carrier's list needs to show it."""
    with world.database.transaction() as session:
        earlier = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=3)
        session.execute(
            update(Reminder).where(Reminder.started_at > earlier).values(started_at=earlier)
        )


def at_carrier(world: World) -> Counter[str]:
    """How many messages of ours the carrier has taken for each phone."""
    return Counter(m.to for m in world.carrier.messages() if m.direction.value == "outbound-api")


def has_answered(carrier_url: str) -> bool:
    """Whether every request of the carrier's has its answer: no connection to it is open."""
    port = f":{urlsplit(carrier_url).port:04X}"
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    fields = [line.split() for line in lines]
    return not any(
        local.endswith(port) and state == _ESTABLISHED for _, local, _, state, *_ in fields
    )

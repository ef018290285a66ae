"""Random schedules of everything that can happen to reminders, and what must hold all the same.

Bookings, moves, texts, clock jumps, worker passes, carrier faults and crashes in any order. Every
change of a reminder's state is written down by a trigger, so that no step between goes unseen.

`STATE_MACHINE_EXAMPLES=500` in the environment searches longer than a test run has time for.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from appointment_csv import RowStatus
from appointments import upsert
from conversation.turn import Conversations, TextIn
from db import migrate
from db.clinics import Clinics, store_profile
from db.models import Base, Contact, Reminder, Task
from db.session import Database
from flows.library import default_library
from profiles import Profile
from scheduler.callbacks import record_status
from scheduler.dispatch import Dispatcher
from scheduler.planning import visit_of
from scheduler.policy import Kind, closing, fasting_starts_at, in_window
from scheduler.settling import Settler
from scheduler.worker import Worker
from tests.support import postgres
from tests.support.csv_files import sample_profiles
from tests.support.data import row as csv_row
from tests.support.fake_carrier import CrashError, FakeCarrier, Fate, Message, Report
from tests.support.schedules import (
    BEGINNINGS,
    CLINICS,
    MINUTE,
    NAMES,
    PHONES,
    VISITS,
    WORDS,
    Person,
    fates,
    jumps,
    minutes_ahead,
    people,
    visits,
)
from tests.support.watched import watched_database

EXAMPLES: Final = int(os.environ.get("STATE_MACHINE_EXAMPLES", "12"))
STEPS: Final = 25
FINAL: Final = ("delivered", "failed", "cancelled", "skipped", "missed")
NEEDS_NO_TASK: Final = ("booked_late", "appointment_past", "rules_changed")
ALLOWED: Final = {
    "planned": {"sending", "cancelled", "delivered", "skipped", "missed"},
    "sending": {"sent", "planned", "in_doubt", "delivered", "missed", "failed"},
    "sent": {"delivered", "failed", "planned", "in_doubt"},
    "in_doubt": {"sent", "planned", "in_doubt", "missed", "failed", "delivered"},
    "failed": {"delivered"},
    "delivered": set[str](),
    "cancelled": set[str](),
    "skipped": set[str](),
    "missed": set[str](),
}


@dataclass
class MachineClock:
    """The one clock of the machine: it stands still until it is moved."""

    now: dt.datetime = BEGINNINGS[0]

    def __call__(self) -> dt.datetime:
        return self.now


class Reminders(RuleBasedStateMachine):
    """What may happen, one rule each; what must hold, one invariant each."""

    def __init__(self, database: Database, clock: MachineClock) -> None:
        super().__init__()
        self.database, self.clock = database, clock
        self.profiles = _fresh(database)
        self.carrier = FakeCarrier(clock, self._taken, self._report)
        clinics, library = Clinics(), default_library()
        self.worker = Worker(
            database,
            Dispatcher(database, self.carrier, library, clinics, "http://x/sms/status", threads=1),
            Settler(database, self.carrier, clinics),
            clock,
        )
        self.clinics = clinics
        self.talks = Conversations(database, library, clinics)
        self.booked: dict[int, dict[str, Any]] = {}
        self.stopped: set[tuple[str, str]] = set()
        self.broken: list[str] = []
        self.texts = self.changes_seen = 0

    # What happens

    @initialize(
        beginning=st.sampled_from(BEGINNINGS),
        bookings=st.lists(st.tuples(people, minutes_ahead), min_size=2, max_size=VISITS),
    )
    def begin(self, beginning: dt.datetime, bookings: list[tuple[Person, int]]) -> None:
        self.clock.now = beginning
        for visit, (person, ahead) in enumerate(bookings):
            self.book_or_move(visit, person, ahead)

    @rule(visit=visits, person=people, ahead=minutes_ahead)
    def book_or_move(self, visit: int, person: Person, ahead: int) -> None:
        patient, phone, clinic = person
        known = self.booked.get(visit) or {
            "external_id": f"A-{visit}",
            "clinic": clinic,
            "first_name": NAMES[patient],
            "date_of_birth": dt.date(1940 + patient, 5, 17),
            "phone": phone,
        }
        start = (self.clock.now + ahead * MINUTE).replace(second=0, microsecond=0)
        start += dt.timedelta(seconds=visit)  # no two visits say the same words by accident
        self._import(visit, known | {"starts_at": start, "status": RowStatus.SCHEDULED})

    @rule(visit=visits)
    def import_again(self, visit: int) -> None:
        if visit in self.booked:
            before = self._rows()
            self._import(visit, self.booked[visit])
            assert [r.id for r in self._rows()] == [r.id for r in before]

    @rule(visit=visits, shift=st.sampled_from((-2880, -1440, -60, 60, 1440, 2880)))
    def move(self, visit: int, shift: int) -> None:
        known = self.booked.get(visit)
        if known is not None and known["starts_at"] + shift * MINUTE > self.clock.now:
            later = known["starts_at"] + shift * MINUTE
            self._import(visit, known | {"starts_at": later, "status": RowStatus.SCHEDULED})

    @rule(visit=visits)
    def cancel(self, visit: int) -> None:
        if visit in self.booked:
            self._import(visit, self.booked[visit] | {"status": RowStatus.CANCELLED})

    @rule(
        visit=visits,
        phone=st.sampled_from(PHONES),
        consent=st.sampled_from(((True, False), (True, True), (False, True), (False, False))),
    )
    def correct(self, visit: int, phone: str, consent: tuple[bool, bool]) -> None:
        if visit in self.booked:
            sms, voice = consent
            new = {"phone": phone, "sms_consent": sms, "voice_consent": voice}
            self._import(visit, self.booked[visit] | new)

    @rule(
        phone=st.sampled_from(PHONES), clinic=st.sampled_from(CLINICS), word=st.sampled_from(WORDS)
    )
    def patient_texts(self, phone: str, clinic: str, word: str) -> None:
        self.texts += 1
        number = self.profiles[clinic].texting_number or ""
        came = TextIn(f"SMin{self.texts:030x}", phone, number, word)
        self.talks.answer(came, lambda body, _: body, self.clock)
        with self.database.reading() as session:
            found = session.scalars(
                select(Contact).where(Contact.clinic_id == clinic, Contact.phone == phone)
            ).one()
        if word == "STOP":
            assert found.opted_out_at is not None
            self.stopped.add((clinic, phone))
        elif found.opted_out_at is None:
            self.stopped.discard((clinic, phone))

    @rule(minutes=jumps)
    def time_goes_by(self, minutes: int) -> None:
        self.clock.now += minutes * MINUTE

    @rule(passes=st.lists(st.tuples(st.integers(0, 3), fates), min_size=1, max_size=6))
    def work_as_things_fall_due(self, passes: list[tuple[int, list[Fate]]]) -> None:
        """A worker that is up looks in time; most passes are like that."""
        for late, met in passes:
            due = [row.next_at for row in self._rows() if row.next_at is not None]
            if due:
                self.clock.now = max(self.clock.now, min(due)) + late * MINUTE
            self.work(met)

    @rule(fates=fates)
    def work(self, fates: list[Fate]) -> None:
        self.clock.now += dt.timedelta(seconds=1)
        self.carrier.go_on()
        self.carrier.fates.extend(fates)
        with suppress(CrashError):
            self.worker.once()
        self.carrier.fates.clear()
        self.carrier.go_on()

    @rule(order=st.randoms(use_true_random=False), fate=st.sampled_from(("all", "drop", "twice")))
    def reports_come_in(self, order: random.Random, fate: str) -> None:
        self.carrier.go_on()
        reports, self.carrier.reports = self.carrier.reports, []
        order.shuffle(reports)
        for report in reports[:: 2 if fate == "drop" else 1]:
            for _ in range(2 if fate == "twice" else 1):
                self._report(report)

    @rule(answers=st.booleans())
    def lookups(self, answers: bool) -> None:
        self.carrier.answers_lookups = answers

    def _import(self, visit: int, values: dict[str, Any]) -> None:
        profile = self.profiles[values["clinic"]]
        with self.database.transaction() as session:
            upsert(session, profile, csv_row(**values), self.clock.now)
        self.booked[visit] = values

    def _report(self, report: Report) -> None:
        row, form = report
        with self.database.transaction() as session:
            record_status(session, self.clinics, {"r": str(row)}, form, self.clock.now)

    # What must hold

    def _taken(self, message: Message) -> None:
        """Look at a message at the moment the carrier takes it. This is a sending thread."""
        now = self.clock.now
        with self.database.reading() as session:
            row = session.get_one(Reminder, message.row)
            visit = row.appointment
            profile = self.profiles[row.clinic_id]
            fasting = fasting_starts_at(visit_of(profile, visit.procedure, visit.starts_at))
            contact = session.scalars(
                select(Contact).where(
                    Contact.clinic_id == row.clinic_id, Contact.phone == message.text.to
                )
            ).one()
            scheduled = "cancelled" if row.kind == Kind.CANCELLED else "scheduled"
            rules = {
                "outside the window": not in_window(profile, now),
                "at or after send_by": now >= row.send_by,
                "before it was due": now < row.due_at,
                "after the start": now >= visit.starts_at,
                "fasting reminder after fasting began": row.kind == Kind.FASTING_START
                and now >= fasting,
                "outlives send_by": message.expires_at > row.send_by,
                "outlives the window": message.expires_at > closing(profile, now),
                "old version": row.version != visit.version,
                "of a visit in another state": visit.status != scheduled,
                "after STOP": (row.clinic_id, message.text.to) in self.stopped,
                "while held": contact.held_until is not None and now < contact.held_until,
                "not marked": row.status != "sending",
            }
        self.broken += [
            f"row {message.row} was sent: {name}" for name, is_so in rules.items() if is_so
        ]

    @invariant()
    def nothing_was_sent_wrongly(self) -> None:
        assert self.broken == []

    @invariant()
    def nobody_is_told_twice(self) -> None:
        told = Counter(each.row for each in self.carrier.messages if each.is_live)
        assert not [row for row, times in told.items() if times > 1]

    @invariant()
    def no_phone_gets_too_much_a_day(self) -> None:
        rows = {row.id: row.clinic_id for row in self._rows()}
        had: Counter[tuple[str, str, dt.date]] = Counter()
        for each in self.carrier.messages:
            if each.is_live:
                profile = self.profiles[rows[each.row]]
                day = each.taken_at.astimezone(profile.zone).date()
                had[profile.id, each.text.to, day] += 1
        assert all(times <= self.profiles[key[0]].messages_per_day for key, times in had.items())

    @invariant()
    def states_move_along_the_graph(self) -> None:
        with self.database.reading() as session:
            moves = session.execute(
                text('SELECT n, "row", before, after FROM seen WHERE n > :n ORDER BY n'),
                {"n": self.changes_seen},
            ).all()
        for number, row, before, after in moves:
            self.changes_seen = number
            assert after in ALLOWED[before], (row, before, after)
            if (before, after) == ("sent", "planned"):
                assert any(e.row == row and not e.is_live for e in self.carrier.messages)

    def teardown(self) -> None:
        """Let the carrier work and time go on until nothing is left to do; then count up."""
        self.carrier.answers_lookups = True
        for _ in range(300):
            waiting = [row.next_at for row in self._rows() if row.next_at is not None]
            if not waiting:
                break
            self.clock.now = max(min(waiting), self.clock.now + 10 * MINUTE)
            self.work([])
        self.nothing_was_sent_wrongly()
        self.nobody_is_told_twice()
        self.no_phone_gets_too_much_a_day()
        self.states_move_along_the_graph()
        self._everyone_was_told()

    def _everyone_was_told(self) -> None:
        reached = {
            each.row for each in self.carrier.messages if each.status in ("delivered", "sent")
        }
        with self.database.reading() as session:
            rows = session.scalars(select(Reminder)).all()
            asked = set(
                session.scalars(select(Task.appointment_id).where(Task.kind == "unreachable"))
            )
            for row in rows:
                facts = (row.id, row.kind, row.status, row.reason)
                assert row.status in FINAL or (row.status == "sent" and row.next_at is None), facts
                assert row.token is None, facts
                assert row.status != "delivered" or row.id in reached, facts
                assert row.id not in reached or _is_known_to_reach(row), facts
                visit = row.appointment
                if row.version != visit.version or row.id in reached:
                    continue
                if row.reason in NEEDS_NO_TASK:
                    continue
                called_off = visit.status == "cancelled" and row.status == "cancelled"
                assert called_off or visit.id in asked, facts

    def _rows(self) -> Sequence[Reminder]:
        with self.database.reading() as session:
            return session.scalars(select(Reminder).order_by(Reminder.id)).all()


def _is_known_to_reach(row: Reminder) -> bool:
    """Whether staff are told rightly of a message that reached the patient."""
    return row.status in ("delivered", "sent") or row.reason == "in_doubt"


def _fresh(database: Database) -> dict[str, Profile]:
    """Empty the database and store both clinics, with senders that need not be waited for."""
    profiles = {
        name: msgspec.structs.replace(profile, messages_per_second=1e5)
        for name, profile in sample_profiles().items()
    }
    with database.connection() as connection:
        connection.execute(text("DELETE FROM seen"))
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    with database.transaction() as session:
        for profile in profiles.values():
            store_profile(session, profile, BEGINNINGS[0])
    return profiles


@pytest.fixture(params=["sqlite", "postgresql"])
def watched(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of this test alone that writes down every change of a reminder's state."""
    if request.param == "sqlite":
        yield from watched_database(request.getfixturevalue("sqlite_url"))
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database() as url:
        migrate.upgrade(url)
        yield from watched_database(url)


def test_whatever_happens_everyone_is_told_once_or_phoned(
    watched: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = MachineClock()
    for room in ("dispatch", "settling", "outcomes"):
        monkeypatch.setattr(f"scheduler.{room}.wall_clock", clock)
    machine: Any = lambda: Reminders(watched, clock)  # noqa: E731 - a factory is as good as a class
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )

"""Random schedules of everything that can happen to reminders, and what must hold all the same.

Bookings, moves, texts, clock jumps, passes of two workers, carrier faults and crashes in any order
(`tests.support.happenings`). Every change of a reminder's state is written down by a trigger, so
that no step between goes unseen. When and what may be sent is worked out apart from the code under
test (`tests.support.policy_oracle`).

`STATE_MACHINE_EXAMPLES=500` in the environment searches longer than a test run has time for.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from sqlalchemy import select, text

from db import migrate
from db.models import Contact, Reminder, Task
from db.session import Database
from profiles import Profile
from tests.support import postgres
from tests.support.fake_calls import Call
from tests.support.fake_carrier import Message
from tests.support.happenings import Happenings, MachineClock
from tests.support.inline_senders import InlineSenders
from tests.support.policy_oracle import Step, closes_at, fasting_begins, is_open
from tests.support.schedules import MINUTE
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
    "skipped": {"planned"},
    "missed": set[str](),
}


class Reminders(Happenings):
    """What must hold, one invariant each."""

    def __init__(self, database: Database, clock: MachineClock) -> None:
        super().__init__(database, clock)
        self.broken: list[str] = []
        self.changes_seen = 0

    def on_taken(self, message: Message) -> None:
        profile, row = self._look(message.row, "sms", message.text.to)
        now = self.clock.now
        self._complain(
            message.row,
            {
                "outlives send_by": message.expires_at > row.send_by,
                "outlives the window": message.expires_at > closes_at(profile, now),
            },
        )

    def on_called(self, call: Call) -> None:
        profile, row = self._look(call.row, "voice", call.call.to)
        now = self.clock.now
        others = [each for each in self.carrier.calls if each.call.to == call.call.to][:-1]
        mine = [each for each in others if each.row == call.row]
        self._complain(
            call.row,
            {
                "rings after send_by": call.rings_until > row.send_by,
                "rings at night": call.rings_until > closes_at(profile, now),
                "while the phone is called": any(not each.is_over for each in others),
                "right after another call": any(
                    each.taken_at > now - 2 * MINUTE for each in others
                ),
                "soon after the call before": any(
                    each.taken_at > now - 30 * MINUTE for each in mine
                ),
                "for the fourth time": len(mine) > 2,
                "after it was heard": any(each.was_heard for each in mine),
                "again for one attempt": any(each.attempt == call.attempt for each in mine),
                "without consent to calls": not row.appointment.patient.voice_consent,
                "from another number": call.call.from_number != profile.texting_number,
            },
        )

    def _look(self, number: int, channel: str, to: str) -> tuple[Profile, Reminder]:
        """What must hold of all that goes out, at the moment it does."""
        now = self.clock.now
        with self.database.reading() as session:
            row = session.get_one(Reminder, number)
            held_up = now - (row.started_at or now)
            visit = row.appointment
            profile = self.profiles[row.clinic_id]
            fasting = fasting_begins(profile, Step(now, visit.starts_at, visit.procedure))
            contact = session.scalars(
                select(Contact).where(Contact.clinic_id == row.clinic_id, Contact.phone == to)
            ).one()
            visit.patient.voice_consent  # noqa: B018 - loaded for whoever looks on
            scheduled = "cancelled" if row.kind == "cancelled" else "scheduled"
            rules = {
                "outside the window": not is_open(profile, now),
                "at or after send_by": now >= row.send_by,
                "when its lease was nearly over": held_up >= 4 * MINUTE,
                "before it was due": now < row.due_at,
                "after the start": now >= visit.starts_at,
                "fasting reminder after fasting began": row.kind == "fasting_start"
                and (fasting is None or now >= fasting),
                "old version": row.version != visit.version,
                "of a visit in another state": visit.status != scheduled,
                "after STOP": (row.clinic_id, to) in self.stopped,
                "while held": contact.held_until is not None and now < contact.held_until,
                "not marked": row.status != "sending",
                "by another channel": row.channel != channel,
                "to a phone that takes no texts": channel == "sms" and not contact.textable,
            }
        self._complain(number, rules)
        return profile, row

    def _complain(self, number: int, rules: dict[str, bool]) -> None:
        self.broken += [f"row {number} went out {name}" for name, is_so in rules.items() if is_so]

    @invariant()
    def nothing_was_sent_wrongly(self) -> None:
        assert self.broken == []

    @invariant()
    def nobody_is_told_twice(self) -> None:
        names = {row.id: (row.appointment_id, row.version, row.kind) for row in self.rows()}
        told = Counter(names[each.row] for each in self.carrier.messages if each.is_live)
        told.update(names[each.row] for each in self.carrier.calls if each.was_heard)
        assert not [name for name, times in told.items() if times > 1]

    @invariant()
    def no_phone_gets_too_much_a_day(self) -> None:
        rows = {row.id: row.clinic_id for row in self.rows()}
        had: Counter[tuple[str, str, dt.date]] = Counter()
        for each in self.carrier.messages:
            if each.is_live:
                profile = self.profiles[rows[each.row]]
                day = each.taken_at.astimezone(profile.zone).date()
                had[profile.id, each.text.to, day] += 1
        for call in self.carrier.calls:
            if call.was_heard:
                profile = self.profiles[rows[call.row]]
                day = call.taken_at.astimezone(profile.zone).date()
                had[profile.id, call.call.to, day] += 1
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
                unheard = any(e.row == row and not e.was_heard for e in self.carrier.calls)
                failed = any(e.row == row and not e.is_live for e in self.carrier.messages)
                assert unheard or failed
            if (before, after) == ("skipped", "planned"):
                was_called = any(each.row == row for each in self.carrier.calls)
                was_texted = any(each.row == row for each in self.carrier.messages)
                assert not was_called
                assert not was_texted

    def teardown(self) -> None:
        """Let the carrier work and time go on until nothing is left to do; then count up."""
        self.carrier.answers_lookups, self.during_lookup = True, None
        for _ in range(300):
            waiting = [row.next_at for row in self.rows() if row.next_at is not None]
            if not waiting:
                break
            self.clock.now = max(min(waiting), self.clock.now + 10 * MINUTE)
            self.work([], None)
        self.nothing_was_sent_wrongly()
        self.nobody_is_told_twice()
        self.no_phone_gets_too_much_a_day()
        self.states_move_along_the_graph()
        self._everyone_was_told()

    def _everyone_was_told(self) -> None:
        reached = {
            each.row for each in self.carrier.messages if each.status in ("delivered", "sent")
        } | {each.row for each in self.carrier.calls if each.was_heard}
        with self.database.reading() as session:
            rows = session.scalars(select(Reminder)).all()
            asked = set(
                session.scalars(select(Task.appointment_id).where(Task.kind == "unreachable"))
            )
            for row in rows:
                facts = (row.id, row.kind, row.status, row.reason)
                assert row.status in FINAL or _is_last_word(row), facts
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


def _is_last_word(row: Reminder) -> bool:
    """Whether no more is heard of a text that was sent; of a call that is never enough."""
    return row.status == "sent" and row.next_at is None and row.channel == "sms"


def _is_known_to_reach(row: Reminder) -> bool:
    """Whether staff are told rightly of a message that reached the patient."""
    return row.status in ("delivered", "sent") or row.reason == "in_doubt"


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
    monkeypatch.setattr("scheduler.dispatch.Senders", InlineSenders)
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

"""Everything that can happen to reminders, one rule of a Hypothesis state machine each."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select

from appointment_csv import Channel, RowStatus
from appointments import Change, upsert
from carrier.status import recognise
from conversation.turn import Conversations, TextIn
from db.clinics import Clinics
from db.models import Appointment, Contact, Reminder
from db.session import Database
from flows.library import default_library
from scheduler.call_reports import (
    record_call_answered,
    record_call_heard,
    record_call_status,
)
from scheduler.callbacks import record_status
from scheduler.dispatch import CallDesk, Dispatcher
from scheduler.settling import Settler
from scheduler.worker import Worker
from tests.support.data import row as csv_row
from tests.support.fake_calls import ANSWERED_BY, Call, Met
from tests.support.fake_carrier import (
    CrashError,
    FakeCarrier,
    Fate,
    Message,
    Report,
    call_report,
    report,
)
from tests.support.plan_checks import assert_planned_rightly
from tests.support.schedules import (
    BEGINNINGS,
    CLINICS,
    MINUTE,
    NAMES,
    PHONES,
    VISITS,
    WISHES,
    WORDS,
    Person,
    Wishes,
    echoes,
    edges,
    fates,
    jumps,
    minutes_ahead,
    pauses,
    people,
    visits,
)
from tests.support.watched import emptied

ON_THE_WAY: Final = ("queued", "sending", "sent", "delivered")


@dataclass
class MachineClock:
    """The one clock of the machine: it stands still until it is moved.

    `before_request` happens once, when the next request to send looks at the clock.
    """

    now: dt.datetime = BEGINNINGS[0]
    before_request: Callable[[], None] | None = None

    def __call__(self) -> dt.datetime:
        if self.before_request and threading.current_thread().name.startswith("send"):
            happens, self.before_request = self.before_request, None
            happens()
        return self.now


class Happenings(RuleBasedStateMachine):
    """What may happen: bookings, moves, texts, clock jumps, passes of two workers, carrier faults,
    crashes, and reports in any order. `on_taken` sees each message as the carrier takes it."""

    def __init__(self, database: Database, clock: MachineClock) -> None:
        super().__init__()
        self.database, self.clock = database, clock
        self.profiles = emptied(database, BEGINNINGS[0])
        self.clinics = Clinics()
        self.carrier = FakeCarrier(
            clock, self.on_taken, self._report, self._on_lookup, self.on_called, self._on_answered
        )
        self.carrier.usually[PHONES[2]] = Met.NO_ANSWER
        self.worker, self.other_worker = self._worker(), self._worker()
        self.talks = Conversations(database, default_library(), self.clinics)
        self.booked: dict[int, dict[str, Any]] = {}
        self.stopped: set[tuple[str, str]] = set()
        self.during_lookup: str | None = None
        self.texts = 0
        clock.before_request = None

    def on_taken(self, message: Message) -> None:
        """Look at a message at the moment the carrier takes it. This is a sending thread."""

    def on_called(self, call: Call) -> None:
        """Look at a call at the moment the carrier takes it. This is a sending thread."""

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
        patient, phone, clinic, (channel, sms, voice) = person
        known = self.booked.get(visit) or {
            "external_id": f"A-{visit}",
            "clinic": clinic,
            "first_name": NAMES[patient],
            "date_of_birth": dt.date(1940 + patient, 5, 17),
            "phone": phone,
            "channel": channel,
            "sms_consent": sms,
            "voice_consent": voice,
        }
        start = (self.clock.now + ahead * MINUTE).replace(second=0, microsecond=0)
        start += (visit - start.minute % VISITS) * MINUTE  # no two visits say the same words
        self._import(visit, known | {"starts_at": start, "status": RowStatus.SCHEDULED})

    @rule(visit=visits)
    def import_again(self, visit: int) -> None:
        if visit in self.booked:
            before = self.rows()
            self._import(visit, self.booked[visit])
            assert [r.id for r in self.rows()] == [r.id for r in before]

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
        wishes=st.sampled_from((*WISHES, (Channel.SMS, False, False))),
    )
    def correct(self, visit: int, phone: str, wishes: Wishes) -> None:
        if visit in self.booked:
            channel, sms, voice = wishes
            new = {"channel": channel, "sms_consent": sms, "voice_consent": voice}
            new["phone"] = phone
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

    @rule(clinic=st.sampled_from(CLINICS), edge=edges)
    def morning_or_evening_comes(self, clinic: str, edge: dt.time) -> None:
        """Around the times at which patients may be texted, or no longer."""
        zone = self.profiles[clinic].zone
        local = self.clock.now.astimezone(zone)
        day = local.date() + dt.timedelta(days=local.time() >= edge)
        self.clock.now = dt.datetime.combine(day, edge, zone).astimezone(dt.UTC)

    @rule(
        passes=st.lists(st.tuples(st.integers(0, 3), fates, pauses, echoes), min_size=1, max_size=6)
    )
    def work_as_things_fall_due(
        self, passes: list[tuple[int, list[Fate], int | None, str | None]]
    ) -> None:
        """A worker that is up looks in time; most passes are like that."""
        for late, met, pause, echo in passes:
            due = [row.next_at for row in self.rows() if row.next_at is not None]
            if due:
                self.clock.now = max(self.clock.now, min(due)) + late * MINUTE
            self.work(met, pause)
            if echo:
                self.old_news(echo)

    @rule(fates=fates, pause=pauses)
    def work(self, fates: list[Fate], pause: int | None) -> None:
        """A pass of a worker. With a pause it comes to a stop for so many minutes between claiming
        and sending, and meanwhile the other worker makes a pass."""

        def hold_up() -> None:
            self.clock.now += (pause or 0) * MINUTE
            with suppress(CrashError):
                self.other_worker.once()

        self.clock.now += dt.timedelta(seconds=1)
        self.carrier.go_on()
        self.carrier.fates.extend(fates)
        self.clock.before_request = hold_up if pause else None
        with suppress(CrashError):
            self.worker.once()
        self.clock.before_request = None
        self.carrier.fates.clear()
        self.carrier.go_on()

    @rule(
        order=st.randoms(use_true_random=False),
        fate=st.sampled_from(("all", "drop", "late", "twice")),
    )
    def reports_come_in(self, order: random.Random, fate: str) -> None:
        self.carrier.go_on()
        reports, self.carrier.reports = self.carrier.reports, []
        order.shuffle(reports)
        self.carrier.reports = reports[1::2] if fate == "late" else []
        for each in reports[:: 2 if fate in ("drop", "late") else 1]:
            for _ in range(2 if fate == "twice" else 1):
                self._report(each)

    @rule(status=st.sampled_from(("queued", "sending", "sent", "undelivered", "failed")))
    def old_news(self, status: str) -> None:
        """Reports that were overtaken by newer ones, or contradict that of the arrival."""
        arrived = {row.sid: _told(row) for row in self.rows() if row.status == "delivered"}
        for message in self.carrier.messages:
            was_so = status in ("queued", "sending") or message.status == "undelivered"
            if message.sid in arrived or was_so:
                self._report(report(message, status))
        for call in self.carrier.calls:
            if call.is_over:
                self._report(call_report(call))
            self._report(call_report(call, "ringing"))
        after = {row.sid: _told(row) for row in self.rows() if row.sid in arrived}
        assert after == arrived

    @rule()
    def what_failed_arrives_after_all(self) -> None:
        """A network takes back what it said, of messages after which no other one was tried."""
        failed = {row.sid for row in self.rows() if row.status == "failed"}
        for message in self.carrier.messages:
            if message.sid in failed and message.status == "undelivered":
                message.status, message.error_code = "delivered", None
                self._report(report(message))

    @rule(answers=st.booleans(), happens=st.sampled_from((None, None, "reports", "crash")))
    def lookups(self, answers: bool, happens: str | None) -> None:
        """From now on look-ups are answered or not; during the next one something else happens."""
        self.carrier.answers_lookups = answers
        self.during_lookup = happens

    def rows(self) -> Sequence[Reminder]:
        """All reminders as they are stored now."""
        with self.database.reading() as session:
            return session.scalars(select(Reminder).order_by(Reminder.id)).all()

    def _on_lookup(self) -> None:
        happens, self.during_lookup = self.during_lookup, None
        if happens == "crash":
            raise CrashError
        if happens == "reports":
            self.carrier.go_on()
            reports, self.carrier.reports = self.carrier.reports, []
            for each in reports:
                self._report(each)

    def _on_answered(self, call: Call) -> bool:
        """The phone is picked up: the app is asked what to say, and hears of a key."""
        sid, by = call.sid, ANSWERED_BY[call.met]
        told = (call.row, call.attempt, sid)
        with self.database.transaction() as session:
            row = record_call_answered(session, self.clinics, *told, by, self.clock.now)
            if row is None:
                return False
            visit = row.appointment
            scheduled = "cancelled" if row.kind == "cancelled" else "scheduled"
            assert (row.version, visit.status) == (visit.version, scheduled)
            assert (row.id, row.sid, row.attempts) == (call.row, sid, call.attempt)
        if call.met is Met.HANG_UP:
            return False
        how: Literal["key", "message"] = "key" if call.met is Met.KEY else "message"
        with self.database.transaction() as session:
            record_call_heard(session, self.clinics, *told, how, self.clock.now)
        with self.database.reading() as session:
            assert session.get_one(Reminder, call.row).status == "delivered"
        return True

    def _import(self, visit: int, values: dict[str, Any]) -> None:
        profile, line = self.profiles[values["clinic"]], csv_row(**values)
        with self.database.transaction() as session:
            change = upsert(session, profile, line, self.clock.now)
        self.booked[visit] = values
        if change in {Change.NEW, Change.MOVED, Change.CANCELLED}:
            with self.database.reading() as session:
                query = select(Appointment).where(Appointment.external_id == line.external_id)
                stored = session.scalars(query).one()
            rows = [row for row in self.rows() if row.appointment_id == stored.id]
            assert_planned_rightly(profile, stored, rows, change, self.clock.now)

    def _report(self, came: Report) -> None:
        """Pass a report on. The newest attempt's arrival is believed; nothing else goes back."""
        if "CallSid" in came.form:
            self._report_call(came)
            return
        number, status, sid = (
            int(came.args["r"]),
            came.form["MessageStatus"],
            came.form["MessageSid"],
        )
        with self.database.transaction() as session:
            row = session.get_one(Reminder, number)
            before, is_newest = _told(row), came.args["a"] == str(row.attempts)
            record_status(session, self.clinics, came.args, came.form, self.clock.now)
        with self.database.reading() as session:
            after = _told(session.get_one(Reminder, number))
        if status == "delivered":
            assert not is_newest or after[0] in ("delivered", "cancelled", "skipped", "missed")
        elif not is_newest and before[1] != sid:
            assert after == before
        elif after[1] == before[1]:
            assert _rank(after[2]) >= _rank(before[2])

    def _report_call(self, came: Report) -> None:
        """A report on a call never says that it was heard, and one on a former call nothing."""
        number, sid = int(came.args["r"]), came.form["CallSid"]
        with self.database.transaction() as session:
            row = session.get_one(Reminder, number)
            before, is_newest = _told(row), came.args["a"] == str(row.attempts)
            record_call_status(session, self.clinics, came.args, came.form, self.clock.now)
        with self.database.reading() as session:
            after = _told(session.get_one(Reminder, number))
        assert (after[0] == "delivered") == (before[0] == "delivered")
        if before[0] in ("delivered", "failed", "cancelled", "skipped", "missed"):
            assert after == before
        if before[0] == "planned":
            assert after[1] in (before[1], sid)
        if not is_newest:
            assert after == before

    def _worker(self) -> Worker:
        address, desk = "http://x/sms/status", CallDesk("http://x/voice", None)
        parts = (self.database, self.carrier, default_library(), self.clinics, address)
        settler = Settler(self.database, self.carrier, self.clinics)
        return Worker(self.database, Dispatcher(*parts, desk=desk, threads=1), settler, self.clock)


def _told(row: Reminder) -> tuple[str, str | None, str | None]:
    return row.status, row.sid, row.carrier_status


def _rank(status: str | None) -> int:
    known = recognise(status or "")
    return ON_THE_WAY.index(known) if known in ON_THE_WAY else len(ON_THE_WAY) - 1 if known else -1

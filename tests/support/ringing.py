"""A reminder whose call is under way, and what is reported of it, in any order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, select

from appointment_csv import Channel
from db.clinics import Clinics
from db.models import Contact, Reminder, ReminderEvent, Task
from db.session import Database
from profiles import Profile
from scheduler.call_reports import (
    record_call_answered,
    record_call_heard,
    record_call_status,
)
from scheduler.outcomes import RECEIPT
from tests.support.csv_files import NOW
from tests.support.data import booked, stored_clinic
from tests.support.visits import local

PATIENT = "+18285550173"
TEN = local("2026-11-24T10:00")
"""When the week-before reminder is due; it is useful for 48 hours."""


@dataclass
class Ringing:
    """The week-before reminder of one patient who is called; `now` is when things happen."""

    database: Database
    profile: Profile
    visit: int
    now: dt.datetime = TEN

    @classmethod
    def of(cls, database: Database) -> Ringing:
        """Book the patient; nothing was tried yet."""
        profile = stored_clinic(database)
        wishes: dict[str, Any] = {"channel": Channel.VOICE, "voice_consent": True}
        return cls(database, profile, booked(database, profile, NOW, **wishes))

    def row(self) -> Reminder:
        """The reminder as it is stored now."""
        with self.database.reading() as session:
            return session.scalars(self._query()).one()

    def begin(self, attempt: int = 1, status: str = "sending", sid: str | None = None) -> Ringing:
        """Have the worker make a call; with `sid`, its answer is written down already."""
        with self.database.transaction() as session:
            row = session.scalars(self._query()).one()
            row.status, row.reason, row.attempts, row.sid = status, None, attempt, sid
            row.channel, row.to, row.body = "voice", PATIENT, "Hello."
            row.token = "token" if status == "sending" else None
            row.started_at = row.sent_at = self.now
            row.next_at = self.now + RECEIPT
        return self

    def change(self, **values: object) -> None:
        """Change columns of the reminder."""
        with self.database.transaction() as session:
            row = session.scalars(self._query()).one()
            for name, value in values.items():
                setattr(row, name, value)

    def answered(self, sid: str = "CA1", attempt: int = 1, by: str = "human") -> bool:
        """The phone is answered; whether the reminder is to be told."""
        number = self.row().id
        with self.database.transaction() as session:
            told = record_call_answered(session, Clinics(), number, attempt, sid, by, self.now)
            assert told is None or told.id == number
            return told is not None

    def heard(
        self, sid: str = "CA1", attempt: int = 1, how: Literal["key", "message"] = "key"
    ) -> None:
        """A key is pressed, or the message is left on a machine."""
        number = self.row().id
        with self.database.transaction() as session:
            record_call_heard(session, Clinics(), number, attempt, sid, how, self.now)

    def report(
        self, status: str, sid: str = "CA1", attempt: int | str = 1, code: int | None = None
    ) -> None:
        """The carrier's report."""
        form = {"CallSid": sid, "CallStatus": status}
        if code is not None:
            form["SipResponseCode"] = str(code)
        self.send({"r": str(self.row().id), "a": str(attempt)}, form)

    def send(self, args: dict[str, str], form: dict[str, str]) -> None:
        """Any report."""
        with self.database.transaction() as session:
            record_call_status(session, Clinics(), args, form, self.now)

    def state(self) -> tuple[str, str | None]:
        """The reminder's state and reason."""
        row = self.row()
        return row.status, row.reason

    def tasks(self, *, is_open: bool = True) -> list[Task]:
        """The open tasks, or those that are done."""
        condition = Task.done_at.is_(None) if is_open else Task.done_at.is_not(None)
        with self.database.reading() as session:
            return list(session.scalars(select(Task).where(condition).order_by(Task.id)))

    def contact(self) -> Contact:
        """The patient's phone."""
        with self.database.reading() as session:
            return session.scalars(select(Contact).where(Contact.phone == PATIENT)).one()

    def events(self) -> list[str]:
        """What was written down of the reminder, in order."""
        with self.database.reading() as session:
            query = select(ReminderEvent.what).order_by(ReminderEvent.id)
            return list(session.scalars(query))

    def _query(self) -> Select[Reminder]:
        return select(Reminder).where(
            Reminder.appointment_id == self.visit,
            Reminder.kind == "week_before",
            Reminder.version == 1,
        )

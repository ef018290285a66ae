"""What is stored. All moments are UTC; phone numbers are E.164; enumerations are short words.

The rows are the truth for everything: there is no queue, cache or job store beside them.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base
from db.desk_models import CheckedFinding, ImportDraft
from db.staff_models import Audit, Staff, StaffLink

__all__ = [
    "Appointment",
    "Audit",
    "Base",
    "CheckedFinding",
    "Clinic",
    "ConsentChange",
    "Contact",
    "Conversation",
    "ImportDraft",
    "InboundText",
    "Lateness",
    "OptChange",
    "Patient",
    "Reconciliation",
    "Reminder",
    "ReminderEvent",
    "SenderPace",
    "Staff",
    "StaffLink",
    "StoppedLine",
    "Task",
    "WorkerBeat",
]

_PLANNED: Final = text("status = 'planned'")
_OPEN: Final = text("next_at IS NOT NULL")
_WENT_OUT: Final = text("status IN ('sent','delivered')")


class Clinic(Base):
    """A clinic and its profile as it was last loaded."""

    __tablename__ = "clinic"

    id: Mapped[str] = mapped_column(String(63), primary_key=True)
    texting_number: Mapped[str | None] = mapped_column(String(16), unique=True)
    profile: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(String(16))
    loaded_at: Mapped[dt.datetime]


class Patient(Base):
    """A person with appointments at one clinic. Who they are: clinic, name and date of birth.

    `channel` is sms, voice or auto, as the patient prefers.
    """

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("clinic_id", "name_key", "date_of_birth"),
        Index(None, "clinic_id", "phone"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    name_key: Mapped[str] = mapped_column(String(202))
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    date_of_birth: Mapped[dt.date]
    phone: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    channel: Mapped[str] = mapped_column(String(5))
    sms_consent: Mapped[bool]
    voice_consent: Mapped[bool]
    created_at: Mapped[dt.datetime]


class ConsentChange(Base):
    """When a patient's consent to a channel was given or withdrawn, and by what."""

    __tablename__ = "consent_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    channel: Mapped[str] = mapped_column(String(5))
    granted: Mapped[bool]
    source: Mapped[str] = mapped_column(String(40))
    at: Mapped[dt.datetime]


class Contact(Base):
    """A phone number that a clinic talks with; several patients may share it.

    `language` is set once the patient has chosen one, `opted_out_at` while automated messages are
    switched off, `held_until` while they wait after a red flag. This is the row that is locked
    while a text of this number is answered.
    """

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("clinic_id", "phone"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    phone: Mapped[str] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(2))
    opted_out_at: Mapped[dt.datetime | None]
    held_until: Mapped[dt.datetime | None]
    textable: Mapped[bool] = mapped_column(default=True)
    reachable: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]


class OptChange(Base):
    """An opt-out, opt-in or call for help as it came in: when, by which means, in which words."""

    __tablename__ = "opt_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    change: Mapped[str] = mapped_column(String(8))
    how: Mapped[str] = mapped_column(String(12))
    wording: Mapped[str]
    at: Mapped[dt.datetime]


class Conversation(Base):
    """The state of a conversation by one channel, between two turns."""

    __tablename__ = "conversation"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(5), primary_key=True)
    state: Mapped[str]
    updated_at: Mapped[dt.datetime]


class InboundText(Base):
    """A text that came in, what was made of it, and the answer byte for byte.

    `sid` is the carrier's id: the same one again gets the same bytes back. `segments` is what the
    answer is charged as.
    """

    __tablename__ = "inbound_text"
    __table_args__ = (Index(None, "contact_id", "at"), Index(None, "at"))

    sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    at: Mapped[dt.datetime]
    body: Mapped[str]
    media: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    labels: Mapped[str]
    rule: Mapped[str]
    reply: Mapped[str]
    response: Mapped[str]
    segments: Mapped[int | None]


class Appointment(Base):
    """One visit. `version` counts its dates: a move makes a new one.

    `status` is scheduled, cancelled, arrived or no_show; `answer` is what the patient said about
    this version: confirmed or cannot_come.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("clinic_id", "external_id"),
        Index(None, "clinic_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    external_id: Mapped[str] = mapped_column(String(64))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    procedure: Mapped[str] = mapped_column(String(63))
    starts_at: Mapped[dt.datetime]
    status: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    answer: Mapped[str | None] = mapped_column(String(12))
    answered_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]

    patient: Mapped[Patient] = relationship()


class Reminder(Base):
    """One message that is to reach a patient about one version of an appointment.

    `due_at` is when it goes out, `send_by` its last useful moment. `next_at` is when a worker must
    look at the row again (it is due, its lease has run out, its fate must be settled) and null once
    nothing is left to do; the indexes that workers search hold just those rows. `token` is the
    lease of the worker that has it; `started_at` when the newest attempt began, by the real clock.
    `to`, `body` and `sid` are what really went out, `segments` what the text is charged as.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("appointment_id", "version", "kind"),
        Index("ix_reminder_next_at", "next_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index(
            "ix_reminder_planned",
            "clinic_id",
            "send_by",
            "id",
            postgresql_where=_PLANNED,
            sqlite_where=_PLANNED,
        ),
        Index("ix_reminder_to_sent_at", "to", "sent_at"),
        Index(None, "clinic_id", "due_at"),
        Index(
            "ix_reminder_went_out",
            "appointment_id",
            "status",
            postgresql_where=_WENT_OUT,
            sqlite_where=_WENT_OUT,
        ),
        CheckConstraint(
            "status IN ('planned','sending','sent','delivered','failed','cancelled','skipped',"
            "'missed','in_doubt')",
            name="status",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(5))
    due_at: Mapped[dt.datetime]
    send_by: Mapped[dt.datetime]
    status: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(32))
    next_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None] = mapped_column(String(32))
    started_at: Mapped[dt.datetime | None]
    to: Mapped[str | None] = mapped_column(String(16))
    body: Mapped[str | None]
    segments: Mapped[int | None]
    sid: Mapped[str | None] = mapped_column(String(64), index=True)
    carrier_status: Mapped[str | None] = mapped_column(String(20))
    error_code: Mapped[int | None]
    sent_at: Mapped[dt.datetime | None]
    settled_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]

    appointment: Mapped[Appointment] = relationship()


class ReminderEvent(Base):
    """One thing that happened to a reminder: an attempt, its outcome, a callback."""

    __tablename__ = "reminder_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminder.id"), index=True)
    at: Mapped[dt.datetime]
    what: Mapped[str] = mapped_column(String(24))
    detail: Mapped[str | None]
    error_code: Mapped[int | None]


class Task(Base):
    """Something a coordinator must do. `words` is what the patient wrote, in their own words."""

    __tablename__ = "task"
    __table_args__ = (
        Index(None, "clinic_id", "done_at", "created_at"),
        Index(None, "clinic_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    urgency: Mapped[str] = mapped_column(String(10))
    topic: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(32))
    words: Mapped[str]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    done_at: Mapped[dt.datetime | None]


class WorkerBeat(Base):
    """The last sign of life of one worker process."""

    __tablename__ = "worker_beat"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[dt.datetime]
    beat_at: Mapped[dt.datetime]


class StoppedLine(Base):
    """A line to the carrier that is stopped: the whole account, or one sender.

    Nothing is sent on it but one attempt after `probe_at`, to see whether it was mended. Where the
    carrier takes messages and reports the refusal later (`by_report`), only a later report that one
    went out shows that.
    """

    __tablename__ = "stopped_line"

    line: Mapped[str] = mapped_column(String(60), primary_key=True)
    since: Mapped[dt.datetime]
    error_code: Mapped[int | None]
    error_class: Mapped[str] = mapped_column(String(20))
    by_report: Mapped[bool]
    probe_at: Mapped[dt.datetime]


class SenderPace(Base):
    """Up to when a sender's slots are taken, by the real clock: all workers share its limit."""

    __tablename__ = "sender_pace"

    sender: Mapped[str] = mapped_column(String(60), primary_key=True)
    taken_until: Mapped[dt.datetime]


class Lateness(Base):
    """How many reminders went out at most `seconds` after they were due (and more than the next
    smaller bucket); 2147483647 stands for any lateness."""

    __tablename__ = "lateness"

    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    total_seconds: Mapped[float]


class Reconciliation(Base):
    """One clinic's day, looked back on: what should have gone out and what did.

    `day` is the clinic's own calendar day. `mended` counts reminders that should have been planned
    and were not, and were planned by the look back.
    """

    __tablename__ = "reconciliation"

    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    expected: Mapped[int]
    reached: Mapped[int]
    unconfirmed: Mapped[int]
    handed_over: Mapped[int]
    unaccounted: Mapped[int]
    mended: Mapped[int]
    made_at: Mapped[dt.datetime]

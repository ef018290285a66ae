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
from db.content_models import ProfileVersion
from db.data_models import CheckedFinding, ImportDraft
from db.desk_models import Caregiver, StaffText, TaskNote, UnsentText
from db.staff_models import Audit, Staff, StaffLink
from db.work_models import Lateness, Reconciliation, SenderPace, StoppedLine, WorkerBeat

__all__ = [
    "Appointment",
    "Audit",
    "Base",
    "Caregiver",
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
    "ProfileVersion",
    "Reconciliation",
    "Reminder",
    "ReminderEvent",
    "SenderPace",
    "Staff",
    "StaffLink",
    "StaffText",
    "StoppedLine",
    "Task",
    "TaskNote",
    "UnsentText",
    "WorkerBeat",
]

_PLANNED: Final = text("status = 'planned'")
_OPEN: Final = text("next_at IS NOT NULL")
_LOST: Final = text("status IN ('failed','missed','in_doubt','skipped')")
_SHUT: Final = text("opted_out_at IS NOT NULL OR NOT reachable")
_NOTED: Final = text("opted_out_at IS NOT NULL OR NOT reachable OR NOT textable")
_WENT_OUT: Final = text("status IN ('sent','delivered')")


class Clinic(Base):
    """A clinic and its profile as it counts now.

    `file_profile` is what the file said that was loaded last, while something was edited on the
    site that differs from it. While reminders are brought in line with changed rules,
    `replan_after` is the key of the last appointment that was looked at.
    """

    __tablename__ = "clinic"

    id: Mapped[str] = mapped_column(String(63), primary_key=True)
    texting_number: Mapped[str | None] = mapped_column(String(16), unique=True)
    profile: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(String(16))
    loaded_at: Mapped[dt.datetime]
    file_profile: Mapped[str | None]
    replan_after: Mapped[int | None]


class Patient(Base):
    """A person with appointments at one clinic. Who they are: clinic, name and date of birth.

    `channel` is sms, voice or auto, as the patient prefers. `file_sms_consent` and
    `file_voice_consent` are what the last file with them said, whether or not that counted; None if
    none had them.
    """

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("clinic_id", "name_key", "date_of_birth"),
        Index(None, "clinic_id", "phone", postgresql_include=["id"]),
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
    file_sms_consent: Mapped[bool | None]
    file_voice_consent: Mapped[bool | None]
    created_at: Mapped[dt.datetime]


class ConsentChange(Base):
    """When a patient's consent to a channel was given or withdrawn, and by what.

    `staff_id` is who entered it by hand.
    """

    __tablename__ = "consent_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    channel: Mapped[str] = mapped_column(String(5))
    granted: Mapped[bool]
    source: Mapped[str] = mapped_column(String(40))
    at: Mapped[dt.datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Contact(Base):
    """A phone number that a clinic talks with; several patients may share it.

    `language` is set once the patient has chosen one, `opted_out_at` while automated messages are
    switched off, `held_until` while they wait after a red flag. `identity_misses` counts the wrong
    dates of birth given, and `identity_locked_until` is while no more are taken. `paused_until` is
    while a member of staff (`paused_by`) talks with the patient and no menus are sent. This is the
    row that is locked while a text of this number is answered.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("clinic_id", "phone"),
        Index("ix_contact_shut", "clinic_id", "phone", postgresql_where=_SHUT, sqlite_where=_SHUT),
        Index(
            "ix_contact_noted",
            "clinic_id",
            "phone",
            postgresql_where=_NOTED,
            sqlite_where=_NOTED,
            postgresql_include=["textable", "reachable", "opted_out_at"],
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    phone: Mapped[str] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(2))
    opted_out_at: Mapped[dt.datetime | None]
    held_until: Mapped[dt.datetime | None]
    textable: Mapped[bool] = mapped_column(default=True)
    reachable: Mapped[bool] = mapped_column(default=True)
    identity_misses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    identity_locked_until: Mapped[dt.datetime | None]
    paused_until: Mapped[dt.datetime | None]
    paused_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[dt.datetime]


class Identity(Base):
    """A patient whose date of birth was given from this number, and until when that counts."""

    __tablename__ = "identity"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    verified_until: Mapped[dt.datetime]


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
    __table_args__ = (
        Index(None, "contact_id", "at"),
        Index(None, "at", postgresql_include=["contact_id", "kind", "labels", "segments"]),
    )

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
        Index(
            None, "clinic_id", "starts_at", postgresql_include=["patient_id", "status", "answer"]
        ),
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


class PrepAnswer(Base):
    """An answer to one item of the check-list before one version of an appointment; the latest of
    an item counts."""

    __tablename__ = "prep_answer"
    __table_args__ = (Index(None, "appointment_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    version: Mapped[int]
    item: Mapped[str] = mapped_column(String(24))
    answer: Mapped[str] = mapped_column(String(24))
    at: Mapped[dt.datetime]


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
            "next_at",  # only there to tell what is due without a look at the row
            postgresql_where=_PLANNED,
            sqlite_where=_PLANNED,
        ),
        Index("ix_reminder_to_sent_at", "to", "sent_at"),
        Index(
            "ix_reminder_lost",
            "appointment_id",
            "version",
            postgresql_where=_LOST,
            sqlite_where=_LOST,
        ),
        Index(
            None,
            "clinic_id",
            "due_at",
            postgresql_include=["channel", "status", "sent_at", "segments"],
        ),
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
    """Something a coordinator must do. `words` is what the patient wrote or said, `call_sid` the
    last call in which they did: its number, language and recording.

    `updated_at` is when the patient or a worker last had something to say about it. Members of
    staff: `assignee_id` works on it, `acknowledged_by` has seen the emergency, `done_by` is null
    also for what was closed by itself.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index(None, "clinic_id", "done_at", "created_at"),
        Index(None, "clinic_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    call_sid: Mapped[str | None] = mapped_column(ForeignKey("call.sid"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    urgency: Mapped[str] = mapped_column(String(10))
    topic: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(32))
    words: Mapped[str]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    done_at: Mapped[dt.datetime | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    acknowledged_at: Mapped[dt.datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    done_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

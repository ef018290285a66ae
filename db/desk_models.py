"""What is stored about coordinators' work with patients: notes, replies, other people to tell."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base

_OPEN: Final = text("next_at IS NOT NULL")


class TaskNote(Base):
    """One thing that a member of staff did with a task, or wrote down about it. Rows are only ever
    added: the database itself refuses to change or delete one.

    `what` is a word of `db.task_work.Step`; `body` is what was written, or whom it was handed to.
    """

    __tablename__ = "task_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[dt.datetime]
    what: Mapped[str] = mapped_column(String(16))
    body: Mapped[str]


class StaffText(Base):
    """A text that a member of staff wrote to a patient.

    `form_key` is that of the form it was written in: the same form sent twice is one text.
    `send_by` is when it stops being an answer to anything. `next_at` is when a worker must look at
    it again and null once nothing is left to do, `token` the lease of the worker that has it;
    `started_at` when the newest attempt began, by the real clock. `error_class` is a word of
    `carrier.errors.ErrorClass`.
    """

    __tablename__ = "staff_text"
    __table_args__ = (
        Index("ix_staff_text_next_at", "next_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index(None, "contact_id", "created_at"),
        CheckConstraint(
            "status IN ('planned','sending','sent','delivered','failed','in_doubt')",
            name="status",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    form_key: Mapped[str] = mapped_column(String(36), unique=True)
    to: Mapped[str] = mapped_column(String(40))
    body: Mapped[str]
    status: Mapped[str] = mapped_column(String(10))
    error_class: Mapped[str | None] = mapped_column(String(20))
    error_code: Mapped[int | None]
    send_by: Mapped[dt.datetime]
    next_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None] = mapped_column(String(32))
    started_at: Mapped[dt.datetime | None]
    sid: Mapped[str | None] = mapped_column(String(64), index=True)
    carrier_status: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
    settled_at: Mapped[dt.datetime | None]


class UnsentText(Base):
    """What a member of staff has begun to write and not sent or stored: a text to a contact, or a
    note of a task. Kept for its writer alone, for a day at most.

    It is gone with what it is about, whoever deletes that.
    """

    __tablename__ = "unsent_text"
    __table_args__ = (
        UniqueConstraint("contact_id", "staff_id"),
        UniqueConstraint("task_id", "staff_id"),
        CheckConstraint("(contact_id IS NULL) <> (task_id IS NULL)", name="place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    body: Mapped[str]
    written_at: Mapped[dt.datetime]


class Caregiver(Base):
    """Somebody else who may be told about a patient's appointments; at most one for each."""

    __tablename__ = "caregiver"

    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(16))
    relation: Mapped[str] = mapped_column(String(40))
    updated_at: Mapped[dt.datetime]
    updated_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))

"""Calls as they are stored. All moments are UTC; phone numbers are E.164."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.models import Base


class Call(Base):
    """One call, by the carrier's id. `contact_id` is null where the caller withholds the number.

    `phone` is where the caller can be called: their own number, or one that they keyed in.
    `direction` is in or out; `reminder_id` and `attempt` belong to a call of ours. `state` is what
    the conversation remembers, `turn` the number of its last turn, `status` the carrier's word for
    the call; `ended_at` is null while it goes on. This is the row that is locked during a turn.
    """

    __tablename__ = "call"
    __table_args__ = (Index(None, "contact_id", "started_at"),)

    sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    phone: Mapped[str | None] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    direction: Mapped[str] = mapped_column(String(3))
    reminder_id: Mapped[int | None] = mapped_column(ForeignKey("reminder.id"), index=True)
    attempt: Mapped[int | None]
    state: Mapped[str]
    turn: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    answered_by: Mapped[str | None] = mapped_column(String(24))
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class CallTurnRow(Base):
    """One turn of a call: what was pressed or said, what was made of it, and the answer byte for
    byte. The same turn again gets the same bytes back."""

    __tablename__ = "call_turn"

    call_sid: Mapped[str] = mapped_column(ForeignKey("call.sid"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime]
    said: Mapped[str]
    kind: Mapped[str] = mapped_column(String(12))
    labels: Mapped[str]
    rule: Mapped[str]
    reply: Mapped[str]
    response: Mapped[str]


class Recording(Base):
    """A voice message that the carrier keeps, by its id; `seconds` is its length."""

    __tablename__ = "recording"

    sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    call_sid: Mapped[str] = mapped_column(ForeignKey("call.sid"), index=True)
    url: Mapped[str]
    seconds: Mapped[int]
    at: Mapped[dt.datetime]

"""What workers keep of their own work: signs of life, lines, pace, lateness, the look back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


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

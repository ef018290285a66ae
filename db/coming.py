"""A clinic's coming appointments with the reminders that stand for each, as planning sees them.

Each function is one statement or two, however many rows there are.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from db.models import Appointment, Reminder
from profiles import RuleKind


@dataclass(frozen=True, slots=True)
class Message:
    """A reminder about an appointment's newest date."""

    kind: str
    status: str
    due_at: dt.datetime
    send_by: dt.datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """An appointment that lies ahead; moments are UTC."""

    id: int
    procedure: str
    starts_at: dt.datetime
    messages: Sequence[Message]


def coming(session: Session, clinic_id: str, now: dt.datetime, limit: int) -> list[Coming]:
    """The next appointments of a clinic, at most `limit`, in order."""
    ahead = _ahead(clinic_id, now).order_by(Appointment.starts_at, Appointment.id).limit(limit)
    visits = session.execute(ahead).all()
    keys = [visit[0] for visit in visits]
    rows = select(
        Reminder.appointment_id, Reminder.kind, Reminder.status, Reminder.due_at, Reminder.send_by
    )
    rows = rows.join(Appointment, Appointment.id == Reminder.appointment_id).where(
        Reminder.appointment_id.in_(keys),
        Reminder.version == Appointment.version,
        Reminder.kind.in_([kind.value for kind in RuleKind]),
    )
    messages: dict[int, list[Message]] = defaultdict(list)
    for row in session.execute(rows):
        messages[row.appointment_id].append(Message(*row[1:]))
    return [Coming(key, procedure, starts, messages[key]) for key, procedure, starts in visits]


def count_coming(session: Session, clinic_id: str, now: dt.datetime) -> int:
    """How many appointments of a clinic lie ahead."""
    ahead = _ahead(clinic_id, now).subquery()
    return session.scalar(select(func.count()).select_from(ahead)) or 0


def with_patients(session: Session, keys: Collection[int]) -> Sequence[Appointment]:
    """These appointments with their patients, in the order of their time."""
    query = select(Appointment).where(Appointment.id.in_(keys))
    query = query.options(joinedload(Appointment.patient))
    return session.scalars(query.order_by(Appointment.starts_at, Appointment.id)).all()


def _ahead(clinic_id: str, now: dt.datetime) -> Select[int, str, dt.datetime]:
    return select(Appointment.id, Appointment.procedure, Appointment.starts_at).where(
        Appointment.clinic_id == clinic_id,
        Appointment.status == "scheduled",
        Appointment.starts_at > now,
    )

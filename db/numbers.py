"""Sums over a period: messages, appointments, questions, tasks. One statement for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from db.models import Appointment, Clinic, Contact, InboundText, Reminder, Task

_LATE: int = 24 * 3600


@dataclass(frozen=True, slots=True)
class Span:
    """These clinics in [since, until), UTC."""

    clinic_ids: tuple[str, ...]
    since: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class MessageSum:
    """Messages that were due in the span and are alike: how many seconds after their moment they
    went out (`None` for those that did not), and the segments they are charged as."""

    channel: str
    status: str
    late: int | None
    count: int
    segments: int


@dataclass(frozen=True, slots=True)
class VisitSums:
    """Appointments that start in the span. `patients` are different people; `reached` of them got
    a message delivered, `unconfirmed` only some without a receipt. Late is within 24 hours before
    the start."""

    patients: int
    reached: int
    unconfirmed: int
    appointments: int
    confirmed: int
    cannot_come: int
    late_cannot_come: int
    cancelled: int
    late_cancelled: int
    no_show: int


@dataclass(frozen=True, slots=True)
class TextSum:
    """Texts of patients that were taken alike; `labels` are topics, separated by blanks."""

    kind: str
    labels: str
    count: int
    segments: int


@dataclass(frozen=True, slots=True)
class TaskSum:
    """Tasks that were opened in the span about one kind of matter and topic."""

    kind: str
    topic: str | None
    count: int
    still_open: int


def _seconds(
    session: Session,
    start: SQLColumnExpression[Any],
    end: SQLColumnExpression[Any],
) -> ColumnElement[int]:
    """Whole seconds from one moment to another."""
    if session.get_bind().dialect.name == "sqlite":
        days = func.julianday(end) - func.julianday(start)
        return cast(func.round(days * 86_400), Integer)
    return cast(func.date_part("epoch", end - start), Integer)  # no decimals: they are slow


def sum_messages(session: Session, span: Span) -> list[MessageSum]:
    """What became of the messages that were due; those that were never to go out are left out."""
    late = case(
        (
            Reminder.sent_at.is_not(None),
            _seconds(session, Reminder.due_at, Reminder.sent_at),
        )
    )
    rows: Iterable[Any] = session.execute(
        select(
            Reminder.channel,
            Reminder.status,
            late,
            func.count(),
            func.coalesce(func.sum(Reminder.segments), 0),
        )
        .where(
            Reminder.clinic_id.in_(span.clinic_ids),
            Reminder.due_at >= span.since,
            Reminder.due_at < span.until,
            Reminder.status != "cancelled",
        )
        .group_by(Reminder.channel, Reminder.status, late)
    )
    return [MessageSum(*row) for row in rows]


def sum_visits(session: Session, span: Span) -> VisitSums:
    """How the appointments of the span went."""
    each = _by_patient(session, span).c
    heard = func.count().filter(each.reach >= 1)
    reached = func.count().filter(each.reach == 2)
    sums = [func.coalesce(func.sum(each[name]), 0) for name in _SUMMED]
    row: Any = session.execute(select(func.count(), reached, heard - reached, *sums)).one()
    return VisitSums(*row)


_SUMMED: Final = tuple(each.name for each in fields(VisitSums))[3:]


def _by_patient(session: Session, span: Span) -> Subquery:
    """Each patient's appointments: the best that became of a message (2 delivered, 1 without a
    receipt), and how many there are of each kind. Whether a message got through is looked up once
    for each appointment that way."""
    visit = Appointment
    went_out = and_(Reminder.appointment_id == visit.id, Reminder.status.in_(("sent", "delivered")))
    delivered = exists().where(went_out, Reminder.status == "delivered")
    reach = case((delivered, 2), (exists().where(went_out), 1), else_=0)
    changed = _seconds(session, visit.updated_at, visit.starts_at)
    answered = _seconds(session, visit.answered_at, visit.starts_at)
    is_cancelled, refuses = visit.status == "cancelled", visit.answer == "cannot_come"
    having: dict[str, ColumnElement[int]] = {
        "appointments": func.count(),
        "confirmed": func.count().filter(visit.answer == "confirmed"),
        "cannot_come": func.count().filter(refuses),
        "late_cannot_come": func.count().filter(refuses, answered < _LATE),
        "cancelled": func.count().filter(is_cancelled),
        "late_cancelled": func.count().filter(is_cancelled, changed.between(0, _LATE)),
        "no_show": func.count().filter(visit.status == "no_show"),
    }
    return (
        select(
            func.max(reach).label("reach"),
            *(count.label(name) for name, count in having.items()),
        )
        .where(
            visit.clinic_id.in_(span.clinic_ids),
            visit.starts_at >= span.since,
            visit.starts_at < span.until,
        )
        .group_by(visit.patient_id)
        .subquery()
    )


def sum_texts(session: Session, span: Span) -> list[TextSum]:
    """What patients wrote about, as it was understood."""
    other = exists().where(Clinic.id.not_in(span.clinic_ids))
    ours = select(Contact.id).where(Contact.clinic_id.in_(span.clinic_ids))
    rows: Iterable[Any] = session.execute(
        select(
            InboundText.kind,
            InboundText.labels,
            func.count(),
            func.coalesce(func.sum(InboundText.segments), 0),
        )
        .where(
            InboundText.at >= span.since,
            InboundText.at < span.until,
            InboundText.contact_id.is_not(None),
            or_(
                ~other, InboundText.contact_id.in_(ours)
            ),  # where there is no other, nothing to look up
        )
        .group_by(InboundText.kind, InboundText.labels)
    )
    return [TextSum(*row) for row in rows]


def sum_tasks(session: Session, span: Span) -> list[TaskSum]:
    """What coordinators were asked for, and how much of it is still open."""
    rows: Iterable[Any] = session.execute(
        select(Task.kind, Task.topic, func.count(), func.count().filter(Task.done_at.is_(None)))
        .where(
            Task.clinic_id.in_(span.clinic_ids),
            Task.created_at >= span.since,
            Task.created_at < span.until,
        )
        .group_by(Task.kind, Task.topic)
    )
    return [TaskSum(*row) for row in rows]

"""The list of appointments by day and clinic: rows, counts, and what belongs to them.

Each function is one statement, however many rows there are.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session, joinedload, selectinload

from db.contacts import ContactState
from db.models import Appointment, Contact, Patient, Reminder, Task

_LOST: Final = text("reminder.status IN ('failed','missed','in_doubt','skipped')")
_SHUT: Final = text("(contact.opted_out_at IS NOT NULL OR NOT contact.reachable)")
"""As the partial indexes say it: with parameters in it the planner could not tell that they fit."""
_HARMLESS: Final = ("booked_late", "appointment_past")
_CONTACT: Final = tuple(getattr(Contact, name) for name in ContactState.columns())


@dataclass(frozen=True, slots=True)
class Days:
    """A clinic's days: `starts` holds the beginning of each and the end of the last, UTC."""

    clinic_id: str
    starts: Sequence[dt.datetime]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which appointments: on these days; only those nobody has confirmed, only those with a
    problem, or both."""

    days: Sequence[Days]
    unconfirmed: bool = False
    problems: bool = False


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many appointments of a clinic's day (0 is the first) have this status and answer."""

    day: int
    clinic_id: str
    status: str
    answer: str | None
    count: int


def visits_on(
    session: Session, wanted: Wanted, limit: int, after: int | None = None
) -> Sequence[tuple[int, Appointment]]:
    """Appointments with their patients and the number of their day (0 is the first), by day,
    clinic and time, at most `limit`; only those behind the appointment `after` if it is given."""
    day = _day_number(wanted.days)
    order: tuple[Any, ...] = (Appointment.starts_at, Appointment.id)  # days follow each other
    if len(wanted.days) > 1:
        order = (day, Appointment.clinic_id, *order)
    query = (
        select(day.label("day"), Appointment)
        .where(_is_wanted(wanted))
        .options(selectinload(Appointment.patient))
        .order_by(*order)
        .limit(limit)
    )
    if after is not None:
        last = session.execute(select(*order).where(Appointment.id == after)).one_or_none()
        if last is not None and last[0] is not None:
            query = query.where(tuple_(*order) > tuple_(*last))
    return [(number, visit) for number, visit in session.execute(query)]


def count_visits(session: Session, wanted: Wanted) -> Sequence[DayCount]:
    """How many appointments there are, by day, clinic, status and answer."""
    day = _day_number(wanted.days).label("day")
    kinds = (day, Appointment.clinic_id, Appointment.status, Appointment.answer)
    query = select(*kinds, func.count()).where(_is_wanted(wanted)).group_by(*kinds)
    return [DayCount(*row) for row in session.execute(query)]


def visit_with_patient(session: Session, appointment_id: int) -> Appointment | None:
    """One appointment with its patient as they are stored now, whatever was read before."""
    return session.scalar(
        select(Appointment)
        .where(Appointment.id == appointment_id)
        .options(joinedload(Appointment.patient))
        .execution_options(populate_existing=True)
    )


def visit_by_external_id(session: Session, clinic_id: str, external_id: str) -> Appointment | None:
    """A clinic's appointment by its id there."""
    return session.scalar(
        select(Appointment).where(
            Appointment.clinic_id == clinic_id, Appointment.external_id == external_id
        )
    )


def known_patient(
    session: Session, clinic_id: str, name_key: str, date_of_birth: dt.date
) -> Patient | None:
    """The clinic's patient with this name (as `appointments.name_key` writes it) and birth date."""
    return session.scalar(
        select(Patient).where(
            Patient.clinic_id == clinic_id,
            Patient.name_key == name_key,
            Patient.date_of_birth == date_of_birth,
        )
    )


def reminders_of(
    session: Session, visits: Collection[Appointment]
) -> dict[int, Sequence[Reminder]]:
    """The messages about the appointments' newest dates, in the order they are due."""
    query = (
        select(Reminder)
        .join(Reminder.appointment)
        .where(
            Reminder.appointment_id.in_([visit.id for visit in visits]),
            Reminder.version == Appointment.version,
        )
        .order_by(Reminder.due_at, Reminder.id)
    )
    found: dict[int, list[Reminder]] = defaultdict(list)
    for reminder in session.scalars(query):
        found[reminder.appointment_id].append(reminder)
    return dict(found)


def contacts_of(
    session: Session, patients: Collection[Patient]
) -> dict[tuple[str, str], ContactState]:
    """What is known of the patients' phones, by clinic and number; not locked."""
    query = select(*_CONTACT).where(
        Contact.clinic_id.in_({patient.clinic_id for patient in patients}),
        Contact.phone.in_({patient.phone for patient in patients}),
    )
    states = [ContactState(*row) for row in session.execute(query)]
    return {(state.clinic_id, state.phone): state for state in states}


def open_tasks_about(
    session: Session, visits: Collection[Appointment], contacts: Collection[ContactState]
) -> Sequence[Task]:
    """What is open about these appointments or these phones, the oldest first."""
    query = (
        select(Task)
        .where(
            Task.done_at.is_(None),
            or_(
                Task.appointment_id.in_([visit.id for visit in visits]),
                Task.contact_id.in_([contact.id for contact in contacts]),
            ),
        )
        .order_by(Task.created_at, Task.id)
    )
    return session.scalars(query).all()


def _day_number(days: Sequence[Days]) -> ColumnElement[int]:
    """Which of the wanted days an appointment is on that is on one of them."""
    numbers = [
        (Appointment.clinic_id == each.clinic_id, _number_among(each.starts)) for each in days
    ]
    if not numbers:
        return literal(0)
    return numbers[0][1] if len(numbers) == 1 else case(*numbers, else_=None)


def _number_among(
    starts: Sequence[dt.datetime], first: int = 0, end: int | None = None
) -> ColumnElement[int]:
    """As a tree of comparisons: a month of days takes five for each appointment."""
    end = len(starts) - 1 if end is None else end
    if end - first == 1:
        return literal(first)
    middle = (first + end) // 2
    earlier = Appointment.starts_at < starts[middle]
    return case(
        (earlier, _number_among(starts, first, middle)), else_=_number_among(starts, middle, end)
    )


def _is_wanted(wanted: Wanted) -> ColumnElement[bool]:
    spans = [_within(each.clinic_id, each.starts[0], each.starts[-1]) for each in wanted.days]
    conditions: list[ColumnElement[bool]] = [or_(false(), *spans)]
    if wanted.unconfirmed:
        conditions += [Appointment.status == "scheduled", Appointment.answer.is_(None)]
    if wanted.problems:
        conditions.append(_has_problem([each.clinic_id for each in wanted.days]))
    return and_(*conditions)


def _within(clinic_id: str, since: dt.datetime, until: dt.datetime) -> ColumnElement[bool]:
    return and_(
        Appointment.clinic_id == clinic_id,
        Appointment.starts_at >= since,
        Appointment.starts_at < until,
    )


def _has_problem(clinic_ids: Collection[str]) -> ColumnElement[bool]:
    """The patient can't come, a message did not reach them or can't, or somebody waits for us.

    Few patients wait and few phones are shut: those are gathered first. An appointment's phone and
    its lost messages are looked up one by one; as joins (or without the `limit`) PostgreSQL would
    read all patients, and all messages that were ever lost.
    """
    its_phone = select(Patient.phone).where(Patient.id == Appointment.patient_id).scalar_subquery()
    phone = tuple_(Appointment.clinic_id, its_phone)
    lost = (
        select(Reminder.id)
        .where(
            Reminder.appointment_id == Appointment.id,
            Reminder.version == Appointment.version,
            _LOST,
            or_(Reminder.status != "skipped", Reminder.reason.not_in(_HARMLESS)),
        )
        .limit(1)
        .scalar_subquery()
    )
    shut = select(Contact.clinic_id, Contact.phone).where(_SHUT)
    waits = (
        select(Patient.id)
        .join(Contact, and_(Patient.clinic_id == Contact.clinic_id, Patient.phone == Contact.phone))
        .join(Task, Task.contact_id == Contact.id)
        .where(Task.done_at.is_(None), Task.clinic_id.in_(clinic_ids))
    )
    asked = select(Task.appointment_id).where(
        Task.done_at.is_(None), Task.clinic_id.in_(clinic_ids), Task.appointment_id.is_not(None)
    )
    ahead = and_(
        Appointment.status == "scheduled",
        or_(Appointment.answer == "cannot_come", phone.in_(shut), lost.is_not(None)),
    )
    return or_(Appointment.id.in_(asked), Appointment.patient_id.in_(waits), ahead)

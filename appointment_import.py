"""A file of appointments, taken in piece by piece: tried out or for good, and what follows from it.

A piece is one transaction. It holds few rows, so that a patient's text never waits long, and all
rows of a person, so that a piece that is tried out and rolled back tells what will really happen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from appointment_csv import AppointmentRow
from appointments import Change, name_key, upsert_all
from carrier.segments import count
from db.models import Appointment, Patient, Reminder, ReminderEvent
from db.session import Database
from flows.library import Library
from profiles import Profile
from scheduler.bodies import Occasioned, body_of
from scheduler.channel import Channel
from scheduler.planning_again import EVENT
from scheduler.policy import Kind, Reason

_PIECE: Final = 100  # rows
_NOTICES: Final = frozenset({Kind.BOOKED, Kind.MOVED, Kind.CANCELLED})
_NOBODY_TO_PHONE: Final = frozenset({None, Reason.BOOKED_LATE, Reason.APPOINTMENT_PAST})


class Messages(msgspec.Struct, frozen=True):
    """How many messages: texts, the segments that these cost, and calls."""

    texts: int = 0
    segments: int = 0
    calls: int = 0

    def __add__(self, other: Messages) -> Messages:
        return Messages(
            self.texts + other.texts, self.segments + other.segments, self.calls + other.calls
        )


class Outcome(msgspec.Struct, frozen=True):
    """What one row of a file did, or would do.

    `before` is when the appointment had been going to start (UTC), if it was known, and
    `was_ahead` whether it stood then as one to come. `notices` go out at once or when the clinic's
    sending hours begin, `reminders` later; `to_phone` says that the patient can't be reached by
    some of them and is to be phoned.
    """

    row: int
    clinic: str
    external_id: str
    change: Change
    before: dt.datetime | None = None
    was_ahead: bool = False
    notices: Messages = Messages()
    reminders: Messages = Messages()
    to_phone: bool = False


def pieces(rows: Iterable[AppointmentRow]) -> list[list[AppointmentRow]]:
    """The rows in the pieces that they are taken in by; a person's rows stay together as far as
    they fit into one piece."""
    people: dict[tuple[object, ...], list[AppointmentRow]] = {}
    for row in rows:
        key = (row.clinic, name_key(row.first_name, row.last_name), row.date_of_birth)
        people.setdefault(key, []).append(row)
    found: list[list[AppointmentRow]] = [[]]
    for theirs in people.values():
        for start in range(0, len(theirs), _PIECE):
            part = theirs[start : start + _PIECE]
            if len(found[-1]) + len(part) > _PIECE:
                found.append([])
            found[-1] += part
    return [piece for piece in found if piece]


def import_piece(
    session: Session,
    profiles: Mapping[str, Profile],
    rows: Sequence[AppointmentRow],
    now: dt.datetime,
) -> list[Change]:
    """Take in rows, those of one clinic after those of another, the clinics in order, as contacts
    are locked; `now` is UTC. What was done, in the order of the rows."""
    changes: dict[tuple[str, str], Change] = {}
    for clinic in sorted({row.clinic for row in rows}):
        mine = [row for row in rows if row.clinic == clinic]
        done = upsert_all(session, profiles[clinic], mine, now)
        changes |= {(clinic, row.external_id): each for row, each in zip(mine, done, strict=True)}
    return [changes[row.clinic, row.external_id] for row in rows]


def import_and_tell(
    session: Session,
    profiles: Mapping[str, Profile],
    library: Library,
    rows: Sequence[AppointmentRow],
    now: dt.datetime,
) -> list[Outcome]:
    """As `import_piece`; tells besides what stood there before and which messages follow."""
    before = _known(session, rows)
    newest = session.scalar(select(func.max(Reminder.id))) or 0
    newest_event = session.scalar(select(func.max(ReminderEvent.id))) or 0
    changes = import_piece(session, profiles, rows, now)
    planned = _planned_since(session, rows, newest, newest_event)
    outcomes = []
    for row, change in zip(rows, changes, strict=True):
        key = (row.clinic, row.external_id)
        starts_at, status = before.get(key, (None, None))
        told = Outcome(
            row=row.row,
            clinic=row.clinic,
            external_id=row.external_id,
            change=change,
            before=starts_at,
            was_ahead=starts_at is not None and status == "scheduled" and starts_at > now,
        )
        outcomes.append(_with_messages(told, profiles[row.clinic], library, planned.get(key, [])))
    return outcomes


def try_out(
    database: Database,
    profiles: Mapping[str, Profile],
    library: Library,
    rows: Sequence[AppointmentRow],
    now: dt.datetime,
) -> list[Outcome]:
    """What `import_and_tell` would do: it is done, and rolled back."""
    with database.transaction() as session:
        outcomes = import_and_tell(session, profiles, library, rows, now)
        session.rollback()
    return outcomes


def _known(
    session: Session, rows: Sequence[AppointmentRow]
) -> dict[tuple[str, str], tuple[dt.datetime, str]]:
    query = select(
        Appointment.clinic_id, Appointment.external_id, Appointment.starts_at, Appointment.status
    ).where(*_named(rows))
    found = session.execute(query)
    return {(clinic, each): (starts_at, status) for clinic, each, starts_at, status in found}


def _named(rows: Sequence[AppointmentRow]) -> tuple[Any, ...]:
    """The condition that an appointment has the numbers of these rows; a number that another
    clinic of the file has as well does no harm, since what is found is kept by both."""
    return (
        Appointment.clinic_id.in_(sorted({row.clinic for row in rows})),
        Appointment.external_id.in_(sorted({row.external_id for row in rows})),
    )


def _planned_since(
    session: Session, rows: Sequence[AppointmentRow], newest: int, newest_event: int
) -> dict[tuple[str, str], list[Any]]:
    """The reminders of these rows that were stored after the one numbered `newest`, and those that
    came back, as an event after the one numbered `newest_event` says."""
    came_back = select(ReminderEvent.reminder_id).where(
        ReminderEvent.id > newest_event, ReminderEvent.what == EVENT
    )
    is_back = Reminder.id.in_(came_back) & (Reminder.status == "planned")
    query = (
        select(
            Appointment.clinic_id,
            Appointment.external_id,
            Appointment.procedure,
            Appointment.starts_at,
            Patient.first_name,
            Patient.language,
            *(Reminder.kind, Reminder.channel, Reminder.status, Reminder.reason, Reminder.due_at),
        )
        .join(Reminder.appointment)
        .join(Appointment.patient)
        .where(*_named(rows), or_(Reminder.id > newest, is_back))
    )
    found: dict[tuple[str, str], list[Any]] = {}
    for row in session.execute(query):
        found.setdefault((row.clinic_id, row.external_id), []).append(row)
    return found


def _with_messages(
    told: Outcome, profile: Profile, library: Library, planned: Sequence[Any]
) -> Outcome:
    notices = reminders = Messages()
    to_phone = False
    for row in planned:
        if row.status != "planned":
            to_phone = to_phone or row.reason not in _NOBODY_TO_PHONE
        elif row.kind in _NOTICES:
            notices += _message(profile, library, row)
        else:
            reminders += _message(profile, library, row)
    return msgspec.structs.replace(told, notices=notices, reminders=reminders, to_phone=to_phone)


def _message(profile: Profile, library: Library, row: Any) -> Messages:  # noqa: ANN401 - a row of _planned_since
    if row.channel == Channel.VOICE:
        return Messages(calls=1)
    about = Occasioned(row.first_name, row.language, row.procedure, row.starts_at)
    body = body_of(library, profile, about, Kind(row.kind), row.due_at)
    return Messages(texts=1, segments=count(body).count)

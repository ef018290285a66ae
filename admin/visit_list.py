"""Appointments as the list shows them: grouped by day and clinic, with all that belongs to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from admin import task_words
from admin.prep_words import Prep, prep_of
from admin.times import day_start, day_words
from admin.visit_words import Badge, MessageLine, message_lines, state_of
from db.contacts import ContactState
from db.models import Appointment, Reminder, Task
from db.prep_answers import answers_by_visit
from db.visits import (
    DayCount,
    Days,
    Wanted,
    contacts_of,
    count_visits,
    open_tasks_about,
    reminders_of,
    visits_on,
)
from profiles import Profile
from scheduler.channel import choose_channel
from scheduler.planning import reachability

PAGE_SIZE: Final = 60
_SHORTENED: Final = 90


@dataclass(frozen=True, slots=True)
class Question:
    """Something open about a patient, by its task; `words` are the patient's own, shortened, and
    empty where no more than a key was pressed."""

    task: int
    urgency: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One appointment. `obstacle` says why no message will reach the patient, if none will."""

    id: int
    clock: str
    name: str
    procedure: str
    state: Badge
    messages: Sequence[MessageLine]
    obstacle: str
    questions: Sequence[Question]
    prep: Prep


@dataclass(frozen=True, slots=True)
class Group:
    """A day at a clinic: its heading, how many there are of each kind, and the rows."""

    key: str
    day: str
    clinic: str
    zone: str
    total: int
    confirmed: int
    unconfirmed: int
    cannot_come: int
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class VisitList:
    """What a page of the list holds; `last` is its last appointment if the list goes on."""

    groups: Sequence[Group] = ()
    shown: int = 0
    total: int = 0
    last: int | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read about the appointments of a page."""

    reminders: dict[int, Sequence[Reminder]]
    contacts: dict[tuple[str, str], ContactState]
    tasks: Sequence[Task]
    prep: Mapping[int, Mapping[str, str]]
    by_visit: dict[int, list[Task]] = field(default_factory=dict)
    by_contact: dict[int, list[Task]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for task in self.tasks:
            if task.appointment_id is not None:
                self.by_visit.setdefault(task.appointment_id, []).append(task)
            if task.contact_id is not None:
                self.by_contact.setdefault(task.contact_id, []).append(task)

    def tasks_of(self, visit: Appointment, contact: ContactState | None) -> list[Task]:
        """What is open about an appointment or its patient's phone, the oldest first."""
        of_phone = self.by_contact.get(contact.id, []) if contact else []
        found = {task.id: task for task in [*self.by_visit.get(visit.id, []), *of_phone]}
        return sorted(found.values(), key=lambda task: (task.created_at, task.id))


def days_of(clinic: Profile, first: dt.date, last: dt.date) -> Days:
    """The clinic's own days from the first to the last."""
    count = (last - first).days + 2
    days = [first + dt.timedelta(days=number) for number in range(count)]
    return Days(clinic.id, [day_start(day, clinic.zone) for day in days])


def read_list(
    db: Session, wanted: Wanted, clinics: Sequence[Profile], now: dt.datetime, after: int | None
) -> VisitList:
    """A page of the list, in a number of queries that does not grow with the rows."""
    numbered = visits_on(db, wanted, PAGE_SIZE + 1, after)
    goes_on, numbered = len(numbered) > PAGE_SIZE, numbered[:PAGE_SIZE]
    visits = [visit for _, visit in numbered]
    contacts = contacts_of(db, [visit.patient for visit in visits])
    known = _Known(
        reminders=reminders_of(db, visits),
        contacts=contacts,
        tasks=open_tasks_about(db, visits, list(contacts.values())),
        prep=answers_by_visit(db, visits),
    )
    counts = count_visits(db, wanted)
    return VisitList(
        groups=_groups(numbered, known, counts, {each.id: each for each in clinics}, now),
        shown=len(visits),
        total=sum(each.count for each in counts if each.status != "cancelled"),
        last=visits[-1].id if goes_on else None,
    )


def _groups(
    numbered: Sequence[tuple[int, Appointment]],
    known: _Known,
    counts: Sequence[DayCount],
    clinics: dict[str, Profile],
    now: dt.datetime,
) -> list[Group]:
    groups: dict[tuple[int, str], Group] = {}
    for number, visit in numbered:
        clinic = clinics[visit.clinic_id]
        place = (number, clinic.id)
        if place not in groups:
            mine = [each for each in counts if (each.day, each.clinic_id) == place]
            groups[place] = _group(clinic, visit.starts_at, mine)
        groups[place].rows.append(_row(visit, known, clinic, now))
    return list(groups.values())


def _group(clinic: Profile, moment: dt.datetime, counts: Sequence[DayCount]) -> Group:
    def many(status: str, answer: str | None) -> int:
        return sum(each.count for each in counts if (each.status, each.answer) == (status, answer))

    local = moment.astimezone(clinic.zone)
    return Group(
        key=f"{local.date()}-{clinic.id}",
        day=day_words(local.date()),
        clinic=clinic.name,
        zone=f"{local:%Z}",
        total=sum(each.count for each in counts if each.status != "cancelled"),
        confirmed=many("scheduled", "confirmed"),
        unconfirmed=many("scheduled", None),
        cannot_come=many("scheduled", "cannot_come"),
        rows=[],
    )


def _row(visit: Appointment, known: _Known, clinic: Profile, now: dt.datetime) -> Row:
    patient = visit.patient
    contact = known.contacts.get((clinic.id, patient.phone))
    reminders = known.reminders.get(visit.id, ())
    is_ahead = visit.status == "scheduled" and visit.starts_at > now
    obstacle = choose_channel(reachability(patient, contact))[1] if is_ahead else None
    procedure = clinic.procedures.get(visit.procedure)
    return Row(
        id=visit.id,
        clock=_clock(visit.starts_at, clinic.zone),
        name=f"{patient.first_name} {patient.last_name}",
        procedure=procedure.name.en if procedure else visit.procedure,
        state=state_of(visit),
        messages=message_lines(reminders, clinic.zone, obstacle),
        obstacle=obstacle.words if obstacle else "",
        questions=questions_of(known.tasks_of(visit, contact)),
        prep=prep_of(known.prep.get(visit.id, {})),
    )


def _clock(moment: dt.datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local:%M %p}"


def questions_of(tasks: Sequence[Task]) -> list[Question]:
    """Open tasks in words."""
    return [_question(task) for task in tasks]


def _question(task: Task) -> Question:
    words = " ".join(task.words.split())
    if not any(map(str.isalpha, words)):
        words = ""
    short = words if len(words) <= _SHORTENED else f"{words[:_SHORTENED].rstrip()}…"
    return Question(task.id, task.urgency, task_words.heading(task), short)

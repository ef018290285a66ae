"""Tasks as pages show them: who it is about, how to reach them, which appointment, whose it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from admin import task_words
from admin.clinic_choice import zone_of
from admin.times import micros
from admin.words import gettext as _
from carrier.phones import is_person, pretty
from db.models import Appointment, Patient, Task
from db.staff import all_staff
from db.task_work import Around, TaskView, around
from flows.model import TaskKind
from profiles import Profile
from scheduler.planning_again import CORRECTABLE


@dataclass(frozen=True, slots=True)
class Phone:
    """A number to call: as it is read, and as a telephone dials it (empty for a short code)."""

    shown: str
    dialled: str


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment: its procedure in the clinic's words, and its start (UTC)."""

    appointment: Appointment
    procedure: str
    is_named: bool
    """Whether the task is about this one; otherwise it is the patient's next one."""


@dataclass(frozen=True, slots=True)
class Card:
    """One task in words. `stamp` is its state as the reader sees it; what they do carries it
    along. `clinic` is empty where only one is looked at."""

    task: Task
    heading: str
    to_do: str
    topic: str
    reason: str
    age: str
    stamp: str
    zone: ZoneInfo
    clinic: str
    phone: Phone | None
    patients: Sequence[Patient]
    visit: Visit | None
    assignee: str
    acknowledged_by: str
    done_by: str
    held_until: dt.datetime | None

    @property
    def is_alarm(self) -> bool:
        """Whether it is an emergency that nobody has acknowledged."""
        task = self.task
        return task.urgency == "emergency" and task.acknowledged_at is None and task.done_at is None

    @property
    def can_go_out(self) -> bool:
        """Whether it asked to phone somebody whose messages can go out after a correction."""
        return self.task.kind == TaskKind.UNREACHABLE and self.task.reason in CORRECTABLE

    @property
    def who(self) -> str:
        """The patients it may be about, by name."""
        names = [f"{each.first_name} {each.last_name}" for each in self.patients]
        return _(" or ").join(names) or _("Somebody who is not on file")


def cards(
    session: Session, views: Sequence[TaskView], clinics: Sequence[Profile], now: dt.datetime
) -> list[Card]:
    """The tasks as cards; three statements, however many there are."""
    beside = around(session, views, now)
    names = {person.id: person.name for person in all_staff(session)}
    profiles = {clinic.id: clinic for clinic in clinics}
    return [_card(view, beside, names, profiles, now) for view in views]


def stamp_of(task: Task) -> str:
    """What a task's page was made of: the newest word about it, and whose it was."""
    return f"{micros(task.updated_at)}-{task.assignee_id or 0}"


def phone_of(number: str) -> Phone:
    """A number as it is shown and dialled."""
    return Phone(pretty(number), number if is_person(number) else "")


def _card(
    view: TaskView,
    beside: Around,
    names: Mapping[int, str],
    profiles: Mapping[str, Profile],
    now: dt.datetime,
) -> Card:
    task, contact = view.task, view.contact
    shared = beside.patients.get(contact.id, ()) if contact is not None else ()
    patients = [view.patient] if view.patient is not None else shared
    number = contact.phone if contact is not None else None
    if number is None and view.patient is not None:
        number = view.patient.phone
    held_until = contact.held_until if contact is not None else None
    return Card(
        task=task,
        heading=task_words.heading(task),
        to_do=task_words.to_do(task),
        topic=task_words.topic(task),
        reason=task_words.reason(task) if task.reason else "",
        age=task_words.age(task.created_at, now),
        stamp=stamp_of(task),
        zone=zone_of(task.clinic_id, list(profiles.values())),
        clinic=profiles[task.clinic_id].name if len(profiles) > 1 else "",
        phone=phone_of(number) if number else None,
        patients=patients,
        visit=_visit(view, patients, beside, profiles.get(task.clinic_id)),
        assignee=names.get(task.assignee_id or 0, ""),
        acknowledged_by=names.get(task.acknowledged_by or 0, ""),
        done_by=names.get(task.done_by or 0, ""),
        held_until=held_until if held_until is not None and held_until > now else None,
    )


def _visit(
    view: TaskView, patients: Sequence[Patient], beside: Around, profile: Profile | None
) -> Visit | None:
    found = view.appointment
    if found is None:
        coming = [beside.next_visits[p.id] for p in patients if p.id in beside.next_visits]
        if not coming:
            return None
        found = min(coming, key=lambda each: each.starts_at)
    known = profile.procedures.get(found.procedure) if profile is not None else None
    procedure = known.name.en if known is not None else found.procedure
    return Visit(found, procedure, is_named=view.appointment is not None)

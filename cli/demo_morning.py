"""The demo's morning: what coordinators find when they sign in, as the system itself has made it.

Everybody of `demo_morning.yaml` lives through the days before now, on the app's own parts
(`cli.demo_past`): they are booked, reminded, text and call, and staff work on what comes of it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from admin import link_address
from admin.texting import PAUSE
from appointment_csv import AppointmentRow
from appointments import Outcome, mark, upsert
from cli.demo_cast import Member, Step, cancelled, cast_of, moved, start_at
from cli.demo_past import Past
from db import staff as accounts
from db import staff_texts, task_work
from db.audit import SERVER, Action, Actor, Entity, record
from db.clinics import Clinics
from db.contacts import lock_contact
from db.models import Appointment, Contact, Reminder, Task
from db.session import Database
from db.staff import NewStaff, Role
from db.staff_models import Staff
from profiles import Profile
from scheduler.reconciling import look_back

PEOPLE: Final = (
    NewStaff("coordinator@example.org", "Casey Coordinator", Role.COORDINATOR),
    NewStaff("manager@example.org", "Morgan Manager", Role.MANAGER),
)
_COLLEAGUE: Final = NewStaff("colleague@example.org", "Robin Colleague", Role.COORDINATOR)
_LOOK_BACK: Final = "06:10"
_DAYS: Final = range(-8, 1)
_STEPS: Final = {
    "take": (task_work.Step.TAKEN, Action.TASK_TAKEN),
    "acknowledge": (task_work.Step.ACKNOWLEDGED, Action.TASK_ACKNOWLEDGED),
    "note": (task_work.Step.NOTE, Action.TASK_NOTED),
    "done": (task_work.Step.DONE, Action.TASK_DONE),
}
_BEFORE: Final = dt.timedelta(minutes=20)
_AFTER: Final = dt.timedelta(minutes=40)


def make_morning(database: Database, now: dt.datetime) -> bool:
    """Live through the days before `now` (UTC), once for each day; whether that was done.

    The sample clinics must be loaded.
    """
    with database.reading() as session:
        profiles = Clinics().all(session)
        cast = cast_of(profiles, now)
        first = select(Appointment.id).where(Appointment.external_id == cast[0].row.external_id)
        if session.scalar(first) is not None:
            return False
    _Morning(database, profiles, cast, now).live()
    return True


def sign_in_links(database: Database, public_base_url: str, now: dt.datetime) -> dict[str, str]:
    """A one-time link for each of the demo's accounts, by address; earlier ones end."""
    with database.transaction() as session:
        links = {}
        for new in PEOPLE:
            secret = accounts.issue_link(session, _account(session, new, now), now)
            links[new.email] = link_address(public_base_url, secret)
        return links


def _account(session: Session, new: NewStaff, now: dt.datetime) -> Staff:
    known = accounts.staff_by_email(session, new.email)
    if known is not None:
        return known
    person = accounts.add_staff(session, new, now)
    entity = Entity("staff", str(person.id))
    record(session, SERVER, Action.STAFF_ADDED, entity, at=now, detail={"role": person.role})
    return person


class _Morning:
    def __init__(
        self,
        database: Database,
        profiles: Mapping[str, Profile],
        cast: list[Member],
        now: dt.datetime,
    ) -> None:
        self._database, self._profiles, self._cast, self._now = database, profiles, cast, now
        start = min(each.booked_at for each in cast)
        phones = {each.row.phone: each.phone for each in reversed(cast)}
        self._past = Past(database, phones, start, self._arrived)
        self._by_id = {each.row.external_id: each for each in cast}
        with database.transaction() as session:
            for new in PEOPLE:
                _account(session, new, start)
            self._staff = _account(session, _COLLEAGUE, start)

    def live(self) -> None:
        for member in self._cast:
            self._past.at(member.booked_at, partial(self._upsert, member.row))
            for step in member.steps:
                if step.at is not None:
                    self._past.at(step.at, partial(self._do, member, step))
            self._plan_coming(member)
        for profile in self._profiles.values():
            for day in _DAYS:
                moment = start_at(profile, self._now, f"{day} {_LOOK_BACK}")
                self._past.at(moment, partial(self._look_back, profile))
        self._past.live_until(self._now)

    def _plan_coming(self, member: Member) -> None:
        if member.came == "open":
            return
        outcome = Outcome(member.came)
        delay = _AFTER if outcome is Outcome.NO_SHOW else -_BEFORE
        self._past.at(member.row.starts_at + delay, partial(self._mark, member, outcome))

    def _arrived(self, reminder_id: int) -> None:
        """A reminder has reached somebody: what they do next is measured from here."""
        with self._database.reading() as session:
            query = select(Reminder).options(joinedload(Reminder.appointment))
            row = session.scalars(query.where(Reminder.id == reminder_id)).one()
        member = self._by_id.get(row.appointment.external_id)
        for step in member.steps if member else ():
            if step.kind == row.kind and member is not None:
                self._past.after(step.after * 60.0, partial(self._do, member, step))

    def _do(self, member: Member, step: Step) -> None:
        profile, phone = self._profiles[member.row.clinic], member.row.phone
        match step.what:
            case "text":
                self._past.text(phone, profile, step.rest)
            case "call":
                self._past.call(phone, profile, step.rest.split(" / "))
            case "cancel":
                self._upsert(cancelled(member.row))
            case "move":
                starts_at = start_at(profile, self._now, step.rest)
                self._upsert(moved(member.row, starts_at))
            case "write":
                self._write(member, step.rest)
            case "take" | "acknowledge" | "note" | "done":
                kind, _, words = step.rest.partition(": ")
                self._work_on_task(member, step.what, kind, words)
            case other:
                raise ValueError(f"nobody in the morning knows how to {other}")

    def _upsert(self, row: AppointmentRow) -> None:
        with self._database.transaction() as session:
            upsert(session, self._profiles[row.clinic], row, self._past.now)

    def _mark(self, member: Member, outcome: Outcome) -> None:
        """Somebody came, or did not; a visit that was called off or moved is left alone."""
        with self._database.transaction() as session:
            visit = session.scalars(
                select(Appointment).where(Appointment.external_id == member.row.external_id)
            ).one()
            if visit.status == "scheduled" and visit.starts_at == member.row.starts_at:
                mark(session, visit, outcome, self._past.now)

    def _look_back(self, profile: Profile) -> None:
        now = self._past.now
        yesterday = now.astimezone(profile.zone).date() - dt.timedelta(days=1)
        with self._database.transaction() as session:
            look_back(session, profile, yesterday, now)

    def _write(self, member: Member, words: str) -> None:
        """Staff text the patient, which pauses the automatic answers."""
        row, now = member.row, self._past.now
        with self._database.transaction() as session:
            known = lock_contact(session, row.clinic, row.phone, now)
            contact = session.get_one(Contact, known.id)
            new = staff_texts.NewText(contact, self._staff.id, uuid.uuid4().hex, words)
            staff_texts.write(session, new, now)
            contact.paused_until, contact.paused_by = now + PAUSE, self._staff.id
            self._record(session, Action.TEXT_SENT, Entity("contact", str(contact.id)), row.clinic)

    def _work_on_task(self, member: Member, what: str, kind: str, words: str) -> None:
        """Staff do something with the open task of a kind about this phone; none, nothing."""
        row, now, me = member.row, self._past.now, self._staff.id
        step, action = _STEPS[what]
        with self._database.transaction() as session:
            task = self._open_task(session, row, kind)
            if task is None:
                return
            if step is task_work.Step.TAKEN:
                task_work.assign(task, me)
            elif step is task_work.Step.ACKNOWLEDGED:
                task_work.assign(task, me)
                task_work.acknowledge(task, me, now)
            elif step is task_work.Step.DONE:
                task_work.finish(task, me, now)
            task_work.note_step(session, task, step, me, now, words)
            self._record(session, action, Entity("task", str(task.id)), row.clinic)

    def _open_task(self, session: Session, row: AppointmentRow, kind: str) -> Task | None:
        contact = lock_contact(session, row.clinic, row.phone, self._past.now)
        query = select(Task).where(
            Task.contact_id == contact.id, Task.kind == kind, Task.done_at.is_(None)
        )
        return session.scalars(query.order_by(Task.id).limit(1)).first()

    def _record(self, session: Session, action: Action, entity: Entity, clinic: str) -> None:
        actor = Actor(self._staff.id, self._staff.email)
        record(session, actor, action, entity, at=self._past.now, clinic_id=clinic)

"""Turning the policy's plan into rows, and taking rows back when an appointment changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.bulk import bulk_insert
from db.contacts import ContactState
from db.models import Appointment, Base, Contact, Patient, Reminder
from db.reminders import settle
from db.tasks import NewTask, open_task
from profiles import Profile, RuleKind
from scheduler.channel import Reachability, choose_channel
from scheduler.policy import (
    Occasion,
    PlannedReminder,
    PlanStatus,
    Reason,
    Visit,
    fasting_starts_at,
    plan,
)

_RULES: Final = frozenset(RuleKind)
_SOON: Final = dt.timedelta(hours=48)
_NEW_ROWS: Final = bulk_insert(
    Base.metadata.tables["reminder"],
    (
        *("clinic_id", "appointment_id", "version", "kind", "channel", "due_at", "send_by"),
        *("status", "reason", "next_at", "settled_at", "created_at"),
    ),
)


def visit_of(profile: Profile, procedure: str, starts_at: dt.datetime) -> Visit:
    """An appointment as the policy sees it.

    A procedure that the profile no longer lists keeps its appointments' reminders, by the rules of
    the one whose fasting starts first: too long a fast is the safer mistake.
    """
    known = profile.procedures.get(procedure)
    if known is not None:
        return Visit(starts_at, known)
    visits = (Visit(starts_at, each) for each in profile.procedures.values())
    return min(visits, key=fasting_starts_at)


def reachability(patient: Patient, contact: ContactState | Contact | None) -> Reachability:
    """What is known of how a patient can be reached."""
    wishes = Reachability(patient.channel, patient.sms_consent, patient.voice_consent)
    if contact is None:
        return wishes
    return replace(
        wishes,
        opted_out=contact.opted_out_at is not None,
        textable=contact.textable,
        reachable=contact.reachable,
    )


def plan_for(
    profile: Profile, visit: Visit, known: Reachability, occasion: Occasion, now: dt.datetime
) -> tuple[PlannedReminder, ...]:
    """The policy's plan for somebody who can be reached like this: without a way to reach them
    every message that was to go out is skipped, for that reason. Pure."""
    _, obstacle = choose_channel(known)
    return tuple(_unless_shut(each, obstacle) for each in plan(profile, visit, now, occasion))


def _unless_shut(planned: PlannedReminder, obstacle: Reason | None) -> PlannedReminder:
    if obstacle is None or planned.status is not PlanStatus.PLANNED:
        return planned
    return replace(planned, status=PlanStatus.SKIPPED, reason=obstacle)


def plan_reminders(
    session: Session,
    profile: Profile,
    appointment: Appointment,
    contact: ContactState,
    occasion: Occasion,
    now: dt.datetime,
) -> None:
    """Store what the policy plans for an appointment that was made, moved or cancelled.

    Whatever can't reach the patient (no time left, no consent, opted out) is stored as well, with
    its reason, and becomes a task.
    """
    plan_all(session, profile, [(appointment, contact)], occasion, now)


def plan_all(
    session: Session,
    profile: Profile,
    appointments: Sequence[tuple[Appointment, ContactState]],
    occasion: Occasion,
    now: dt.datetime,
) -> None:
    """As `plan_reminders` for many appointments of one clinic, stored already."""
    rows: list[dict[str, object]] = []
    to_phone: list[tuple[Appointment, ContactState, Reason]] = []
    for appointment, contact in appointments:
        visit = visit_of(profile, appointment.procedure, appointment.starts_at)
        known = reachability(appointment.patient, contact)
        channel, obstacle = choose_channel(known)
        for planned in plan_for(profile, visit, known, occasion, now):
            rows.append(_row(appointment, planned, channel, now))
            is_lost = planned.status is PlanStatus.MISSED or planned.reason is obstacle
            if is_lost and planned.reason is not None:
                to_phone.append((appointment, contact, planned.reason))
    session.flush()
    _store(session, rows)
    for appointment, contact, reason in to_phone:
        ask_to_phone(session, appointment, contact.id, reason, now)


def _store(session: Session, rows: Sequence[dict[str, object]]) -> None:
    _NEW_ROWS.run(session.connection(), rows)


@dataclass(frozen=True, slots=True)
class Stands:
    """A stored message of an appointment's newest date, as far as planning looks at it."""

    kind: str
    status: str
    due_at: dt.datetime
    send_by: dt.datetime


@dataclass(frozen=True, slots=True)
class Replanned:
    """What changed rules do to one appointment's messages, by kind: those with new moments, those
    whose rule is gone, and those that no row stands for yet."""

    moved: Mapping[str, PlannedReminder]
    gone: Collection[str]
    added: Sequence[PlannedReminder]

    @property
    def count(self) -> int:
        """How many messages are not as they were."""
        return len(self.moved) + len(self.gone) + len(self.added)


def replanned(
    profile: Profile, visit: Visit, rows: Collection[Stands], now: dt.datetime
) -> Replanned:
    """What a profile's rules make of an appointment whose messages stand already. Pure.

    What has gone out stays as it is, and so does an open reminder for which the new rule comes too
    late: the old moment is better than none. A reminder whose rule is gone is to be cancelled.
    """
    wanted = {each.kind.value: each for each in plan(profile, visit, now, Occasion.RULES_CHANGED)}
    planned = {kind: each for kind, each in wanted.items() if each.status is PlanStatus.PLANNED}
    is_open = [row for row in rows if row.kind in _RULES and row.status == "planned"]
    known = {row.kind for row in rows}
    return Replanned(
        moved={
            row.kind: planned[row.kind]
            for row in is_open
            if row.kind in planned
            and (planned[row.kind].due_at, planned[row.kind].send_by) != (row.due_at, row.send_by)
        },
        gone=[row.kind for row in is_open if row.kind not in wanted],
        added=[each for kind, each in planned.items() if kind not in known],
    )


def replan(
    session: Session,
    profile: Profile,
    appointment: Appointment,
    contact: ContactState | None,
    rows: Sequence[Reminder],
    now: dt.datetime,
) -> int:
    """Bring an appointment's open reminders in line with changed rules; returns how many changed.

    `rows` are its messages, locked.
    """
    visit = visit_of(profile, appointment.procedure, appointment.starts_at)
    newest = {row.kind: row for row in rows if row.version == appointment.version}
    stands = [Stands(r.kind, r.status, r.due_at, r.send_by) for r in newest.values()]
    done = replanned(profile, visit, stands, now)
    for kind in done.gone:
        settle(newest[kind], "cancelled", Reason.RULES_CHANGED, now)
    for kind, new in done.moved.items():
        row = newest[kind]
        row.due_at, row.send_by, row.next_at = new.due_at, new.send_by, new.due_at
    if done.added:
        plan_missing(session, appointment, contact, done.added, now)
    return done.count


def plan_missing(
    session: Session,
    appointment: Appointment,
    contact: ContactState | None,
    wanted: Sequence[PlannedReminder],
    now: dt.datetime,
) -> int:
    """Store those of the wanted reminders that the appointment has no row for; how many."""
    known = {row.kind for row in _rows_of(session, appointment)}
    channel, obstacle = choose_channel(reachability(appointment.patient, contact))
    missing = [each for each in wanted if each.kind.value not in known]
    rows = [_row(appointment, _unless_shut(each, obstacle), channel, now) for each in missing]
    _store(session, rows)
    for _ in missing:
        if obstacle:
            ask_to_phone(session, appointment, contact.id if contact else None, obstacle, now)
    return len(missing)


def _rows_of(session: Session, appointment: Appointment) -> Sequence[Reminder]:
    return session.scalars(
        select(Reminder).where(
            Reminder.appointment_id == appointment.id, Reminder.version == appointment.version
        )
    ).all()


def _row(
    appointment: Appointment,
    planned: PlannedReminder,
    channel: str,
    now: dt.datetime,
) -> dict[str, object]:
    is_open = planned.status is PlanStatus.PLANNED
    return {
        "clinic_id": appointment.clinic_id,
        "appointment_id": appointment.id,
        "version": appointment.version,
        "kind": planned.kind.value,
        "channel": str(channel),
        "due_at": planned.due_at,
        "send_by": planned.send_by,
        "status": planned.status.value,
        "reason": planned.reason.value if planned.reason else None,
        "next_at": planned.due_at if is_open else None,
        "settled_at": None if is_open else now,
        "created_at": now,
    }


def cancel_open(session: Session, appointment_id: int, reason: Reason, now: dt.datetime) -> None:
    """Cancel an appointment's reminders that have not been taken up for sending yet."""
    session.execute(
        update(Reminder)
        .where(Reminder.appointment_id == appointment_id, Reminder.status == "planned")
        .values(status="cancelled", reason=reason.value, next_at=None, settled_at=now)
        .execution_options(synchronize_session="fetch")
    )


def ask_to_phone(
    session: Session,
    appointment: Appointment,
    contact_id: int | None,
    reason: Reason,
    now: dt.datetime,
) -> None:
    """Open the one task that asks a coordinator to phone this patient about this appointment."""
    urgent = appointment.starts_at - now <= _SOON
    task = NewTask(
        clinic_id=appointment.clinic_id,
        kind="unreachable",
        urgency="urgent" if urgent else "normal",
        contact_id=contact_id,
        appointment_id=appointment.id,
        reason=reason.value,
    )
    open_task(session, task, now)

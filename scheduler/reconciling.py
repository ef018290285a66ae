"""The daily look back: what should have gone out on a clinic's day, and what did.

It works from the appointments and the policy, not from the rows alone, so that a reminder that was
never planned is noticed too.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from db.contacts import ContactState, lock_contacts
from db.models import Appointment, Reconciliation, Reminder
from db.profile_versions import locked_profile
from profiles import Profile
from scheduler.planning import ask_to_phone, plan_missing, visit_of
from scheduler.policy import Occasion, PlannedReminder, PlanStatus, Reason, plan

_log = structlog.get_logger()
LOOK_AHEAD: Final = dt.timedelta(days=8)
_REACHED: Final = frozenset({"delivered"})
_HANDED_OVER: Final = frozenset({"failed", "missed", "skipped", "cancelled"})
_LOST: Final = frozenset({"planned", "sending", "in_doubt"})


@dataclass(frozen=True, slots=True)
class LookBack:
    """The sums of one clinic's day. `expected` is how many messages were due on it: `reached` were
    delivered, `unconfirmed` sent without a receipt, `handed_over` have a reason (and a task where
    the patient would otherwise have heard nothing), `unaccounted` have neither. `mended` counts
    reminders of coming appointments that had never been planned and are now."""

    expected: int
    reached: int
    unconfirmed: int
    handed_over: int
    unaccounted: int
    mended: int


def look_back(
    session: Session, profile: Profile, day: dt.date, now: dt.datetime
) -> LookBack | None:
    """Reconcile a clinic's day that is over, once; `None` if that was done before. The transaction
    must be new: the clinic is locked first, then the contacts that something is to be done for."""
    if session.get(Reconciliation, (profile.id, day)) is not None:
        return None
    profile = locked_profile(session, profile.id) or profile
    if session.get(Reconciliation, (profile.id, day)) is not None:  # by whoever held the lock
        return None
    contacts = _lock(session, profile, day, now)
    rows = _due_on(session, profile, day)
    lost = [row for row in rows if row.status in _LOST]
    for row in lost:
        ask_to_phone(session, row.appointment, None, Reason.UNACCOUNTED, now)
    sums = LookBack(
        expected=len(rows),
        reached=sum(row.status in _REACHED for row in rows),
        unconfirmed=sum(row.status == "sent" for row in rows),
        handed_over=sum(row.status in _HANDED_OVER for row in rows),
        unaccounted=len(lost),
        mended=_mend(session, profile, contacts, now),
    )
    _store(session, profile, day, sums, now)
    return sums


def _lock(
    session: Session, profile: Profile, day: dt.date, now: dt.datetime
) -> dict[str, ContactState]:
    """Lock the contacts of what was lost and of what was never planned, by number. With the clinic
    locked already no visit gets another number; all else is read again once they are locked."""
    lost = (row for row in _due_on(session, profile, day) if row.status in _LOST)
    phones = {row.to or row.appointment.patient.phone for row in lost}
    phones |= {visit.patient.phone for visit, _ in _unplanned(session, profile, now)}
    return lock_contacts(session, profile.id, phones, now)


def _due_on(session: Session, profile: Profile, day: dt.date) -> Sequence[Reminder]:
    begins = dt.datetime.combine(day, dt.time(), profile.zone).astimezone(dt.UTC)
    ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), profile.zone)
    return session.scalars(
        select(Reminder)
        .where(
            Reminder.clinic_id == profile.id,
            Reminder.due_at >= begins,
            Reminder.due_at < ends.astimezone(dt.UTC),
        )
        .options(joinedload(Reminder.appointment).joinedload(Appointment.patient))
        .execution_options(populate_existing=True)
    ).all()


def _mend(
    session: Session, profile: Profile, contacts: Mapping[str, ContactState], now: dt.datetime
) -> int:
    """Plan what was never planned."""
    return sum(
        plan_missing(session, visit, contacts.get(visit.patient.phone), missing, now)
        for visit, missing in _unplanned(session, profile, now)
    )


def _unplanned(
    session: Session, profile: Profile, now: dt.datetime
) -> list[tuple[Appointment, list[PlannedReminder]]]:
    """The appointments of the next days with what the policy asks for and no row stands for."""
    coming = (
        Appointment.clinic_id == profile.id,
        Appointment.status == "scheduled",
        Appointment.starts_at > now,
        Appointment.starts_at <= now + LOOK_AHEAD,
    )
    planned = defaultdict[int, set[str]](set)
    rows = select(Reminder.appointment_id, Reminder.kind).join(Reminder.appointment)
    for visit_id, kind in session.execute(
        rows.where(*coming, Reminder.version == Appointment.version)
    ):
        planned[visit_id].add(kind)
    visits = session.scalars(
        select(Appointment)
        .where(*coming)
        .order_by(Appointment.id)
        .options(joinedload(Appointment.patient))
        .execution_options(populate_existing=True)
    )
    found = []
    for visit in visits:
        known = visit_of(profile, visit.procedure, visit.starts_at)
        missing = [
            each
            for each in plan(profile, known, now, Occasion.RULES_CHANGED)
            if each.status is PlanStatus.PLANNED and each.kind.value not in planned[visit.id]
        ]
        if missing:
            found.append((visit, missing))
    return found


def _store(
    session: Session, profile: Profile, day: dt.date, sums: LookBack, now: dt.datetime
) -> None:
    session.add(
        Reconciliation(
            clinic_id=profile.id,
            day=day,
            expected=sums.expected,
            reached=sums.reached,
            unconfirmed=sums.unconfirmed,
            handed_over=sums.handed_over,
            unaccounted=sums.unaccounted,
            mended=sums.mended,
            made_at=now,
        )
    )
    complete = sums.unaccounted == 0 and sums.mended == 0
    log = _log.info if complete else _log.error
    log(
        "day_reconciled",
        clinic=profile.id,
        day=day.isoformat(),
        expected=sums.expected,
        reached=sums.reached,
        unconfirmed=sums.unconfirmed,
        handed_over=sums.handed_over,
        unaccounted=sums.unaccounted,
        mended=sums.mended,
    )

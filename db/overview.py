"""Numbers for the start of a coordinator's day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Appointment, Task


def count_visits(session: Session, clinic_id: str, since: dt.datetime, until: dt.datetime) -> int:
    """How many appointments of a clinic start in [since, until) and are not cancelled."""
    query = select(func.count()).where(
        Appointment.clinic_id == clinic_id,
        Appointment.starts_at >= since,
        Appointment.starts_at < until,
        Appointment.status != "cancelled",
    )
    return session.scalar(query) or 0


def open_tasks(session: Session, clinic_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """How many tasks of these clinics are open, by clinic and urgency."""
    query = (
        select(Task.clinic_id, Task.urgency, func.count())
        .where(Task.done_at.is_(None), Task.clinic_id.in_(clinic_ids))
        .group_by(Task.clinic_id, Task.urgency)
    )
    return {(clinic, urgency): count for clinic, urgency, count in session.execute(query)}

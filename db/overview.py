"""Numbers for the start of a coordinator's day."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Task


def open_tasks(session: Session, clinic_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """How many tasks of these clinics are open, by clinic and urgency."""
    query = (
        select(Task.clinic_id, Task.urgency, func.count())
        .where(Task.done_at.is_(None), Task.clinic_id.in_(clinic_ids))
        .group_by(Task.clinic_id, Task.urgency)
    )
    return {(clinic, urgency): count for clinic, urgency, count in session.execute(query)}

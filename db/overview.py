"""Numbers for the start of a coordinator's day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Task


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many tasks are open; how many of them are emergencies that nobody has acknowledged, and
    of those the first: its key and when it was opened (UTC)."""

    tasks: int
    alarms: int
    first_alarm: int | None
    since: dt.datetime | None


def waiting(session: Session, clinic_ids: Collection[str]) -> Waiting:
    """What waits for a person at these clinics; one statement, asked for by every open page."""
    is_alarm = (Task.urgency == "emergency") & Task.acknowledged_at.is_(None)
    row = session.execute(
        select(
            func.count(),
            func.count().filter(is_alarm),
            func.min(Task.id).filter(is_alarm),
            func.min(Task.created_at).filter(is_alarm),
        ).where(Task.done_at.is_(None), Task.clinic_id.in_(clinic_ids))
    ).one()
    return Waiting(*row)

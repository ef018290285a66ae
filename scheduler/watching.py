"""Seeing to it that nobody is forgotten while something is stuck.

A reminder that is due and can't go out (a stopped line, a queue that is too long, a look-up without
an answer) becomes a request to phone while there is still time for it. If it goes out after all,
the request is closed.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from db.models import Appointment, Reminder, Task
from scheduler.planning import ask_to_phone
from scheduler.policy import Reason

_WARN_BEFORE: Final = dt.timedelta(minutes=30)
_STUCK_AFTER: Final = dt.timedelta(minutes=5)
_MOST: Final = 200


def warn_of_waiting(session: Session, now: dt.datetime) -> int:
    """Open requests to phone for reminders that are stuck and near their last useful moment.

    Returns how many reminders were found so that had no such request yet. A long queue is worked
    through in several calls, the most pressing first.
    """
    is_asked_for = exists().where(
        Task.appointment_id == Reminder.appointment_id,
        Task.kind == "unreachable",
        Task.reason == Reason.WAITING.value,
        Task.done_at.is_(None),
    )
    rows = session.scalars(
        select(Reminder)
        .where(
            Reminder.status.in_(("planned", "in_doubt")),
            Reminder.next_at.is_not(None),
            Reminder.due_at <= now - _STUCK_AFTER,
            Reminder.send_by > now,
            Reminder.send_by <= now + _WARN_BEFORE,
            ~is_asked_for,
        )
        .order_by(Reminder.send_by, Reminder.id)
        .options(joinedload(Reminder.appointment).joinedload(Appointment.patient))
        .limit(_MOST)
    ).all()
    for row in rows:
        ask_to_phone(session, row.appointment, None, Reason.WAITING, now)
    return len(rows)

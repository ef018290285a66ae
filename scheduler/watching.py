"""Seeing to it that nobody is forgotten while something is stuck.

A reminder that is due and can't go out (a stopped line, a queue that is too long, a look-up without
an answer) becomes a request to phone while there is still time for it. If it goes out after all,
the request is closed.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from db.models import Appointment, Reminder
from scheduler.planning import ask_to_phone
from scheduler.policy import Reason

_WARN_BEFORE: Final = dt.timedelta(minutes=30)
_STUCK_AFTER: Final = dt.timedelta(minutes=5)
_MOST: Final = 200


def warn_of_waiting(session: Session, now: dt.datetime) -> int:
    """Open requests to phone for reminders that are stuck and near their last useful moment.

    Returns how many reminders were found so.
    """
    rows = session.scalars(
        select(Reminder)
        .where(
            Reminder.status.in_(("planned", "in_doubt")),
            Reminder.next_at.is_not(None),
            Reminder.due_at <= now - _STUCK_AFTER,
            Reminder.send_by > now,
            Reminder.send_by <= now + _WARN_BEFORE,
        )
        .options(joinedload(Reminder.appointment).joinedload(Appointment.patient))
        .limit(_MOST)
    ).all()
    for row in rows:
        ask_to_phone(session, row.appointment, None, Reason.WAITING, now)
    return len(rows)

"""What patients answered to the check-list before a visit."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import and_, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from db.models import Appointment, PrepAnswer

_GIVEN: Final = (
    select(PrepAnswer.item, PrepAnswer.answer)
    .join(
        Appointment,
        and_(
            Appointment.id == PrepAnswer.appointment_id, Appointment.version == PrepAnswer.version
        ),
    )
    .where(Appointment.id == bindparam("appointment"))
    .order_by(PrepAnswer.id)
)


def answers_of(connection: Connection, appointment: int) -> dict[str, str]:
    """The latest answer to each item, for the present version of an appointment."""
    rows = connection.execute(_GIVEN, {"appointment": appointment})
    return {row.item: row.answer for row in rows}


def answers_by_visit(
    session: Session, visits: Collection[Appointment]
) -> Mapping[int, Mapping[str, str]]:
    """The latest answer to each item for the present versions of these appointments, by
    appointment; one statement for all."""
    query = (
        select(PrepAnswer.appointment_id, PrepAnswer.item, PrepAnswer.answer)
        .join(Appointment, Appointment.id == PrepAnswer.appointment_id)
        .where(
            PrepAnswer.appointment_id.in_([visit.id for visit in visits]),
            PrepAnswer.version == Appointment.version,
        )
        .order_by(PrepAnswer.id)
    )
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for visit, item, answer in session.execute(query):
        found[visit][item] = answer
    return found


def record_prep_answer(
    session: Session, appointment_id: int, item: str, answer: str, now: dt.datetime
) -> None:
    """Record an answer for the present version of an appointment; `now` is UTC."""
    version = session.scalar(select(Appointment.version).where(Appointment.id == appointment_id))
    if version is not None:
        session.add(
            PrepAnswer(
                appointment_id=appointment_id, version=version, item=item, answer=answer, at=now
            )
        )

"""Which questions of ours are still open."""

from __future__ import annotations

import msgspec
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from db.models import Appointment, StaffText
from flows.model import Session as Talk


def still_asked(connection: Connection, talk: Talk, contact_id: int | None = None) -> Talk:
    """The conversation without questions about appointments that were moved or called off since.

    What is texted now may answer what staff have texted this contact since our last word.
    """
    if not talk.about:
        return talk
    written = select(func.max(StaffText.created_at)).where(StaffText.contact_id == contact_id)
    rows = connection.execute(
        select(
            Appointment.id, Appointment.version, written.scalar_subquery().label("staff_wrote_at")
        ).where(
            Appointment.id.in_([subject.appointment for subject in talk.about]),
            Appointment.status == "scheduled",
        )
    ).all()
    live = {(row.id, row.version) for row in rows}
    about = tuple(s for s in talk.about if (s.appointment, s.version) in live)
    wrote_at = rows[0].staff_wrote_at if rows else None
    is_aside = talk.is_aside or bool(wrote_at and talk.spoke_at and wrote_at > talk.spoke_at)
    if about == talk.about and is_aside == talk.is_aside:
        return talk
    return msgspec.structs.replace(talk, about=about, is_aside=is_aside)

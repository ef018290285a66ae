"""Which questions of ours are still open."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from db.models import Appointment
from flows.model import Session as Talk


def still_asked(connection: Connection, talk: Talk) -> Talk:
    """The conversation without questions about appointments that were moved or called off since."""
    if not talk.about:
        return talk
    rows = connection.execute(
        select(Appointment.id, Appointment.version).where(
            Appointment.id.in_([subject.appointment for subject in talk.about]),
            Appointment.status == "scheduled",
        )
    )
    live = {(row.id, row.version) for row in rows}
    about = tuple(s for s in talk.about if (s.appointment, s.version) in live)
    return talk if about == talk.about else msgspec.structs.replace(talk, about=about)

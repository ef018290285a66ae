"""What a message that we start does to a conversation: its keys become the ones that are live."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from flows.library import CANNOT_COME, REMINDER_REPLY, START
from flows.model import Session, Subject

_ASKED: Final = (REMINDER_REPLY, CANNOT_COME)


def with_question(session: Session, subject: Subject, now: dt.datetime) -> Session:
    """The conversation after a reminder about an appointment went out: 1, 2 and 3 now answer it.

    The menu that was waiting stays one step back. `now` is UTC.
    """
    history = session.history
    if session.waiting not in (*_ASKED, START):
        history = (*history, session.waiting)
    return msgspec.structs.replace(
        session,
        waiting=REMINDER_REPLY,
        said=REMINDER_REPLY,
        history=history[-5:],
        about=(*_others(session, subject.appointment, now), subject),
        offers=(),
        misses=0,
        spoke_at=now,
        is_aside=False,
        refused=tuple(each for each in session.refused if each != subject.appointment),
    )


def without_question(session: Session, appointment: int, now: dt.datetime) -> Session:
    """The conversation after an appointment was called off: there is nothing left to answer."""
    about = _others(session, appointment, now)
    if about == session.about:
        return session
    waiting = session.waiting
    if waiting in _ASKED:
        waiting = REMINDER_REPLY if about else START
    return msgspec.structs.replace(session, about=about, waiting=waiting, said=waiting, offers=())


def _others(session: Session, appointment: int, now: dt.datetime) -> tuple[Subject, ...]:
    return tuple(s for s in session.about if s.appointment != appointment and s.until > now)

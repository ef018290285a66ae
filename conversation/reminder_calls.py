"""The first document of a call of ours: the reminder, a short message for a machine, or nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from conversation.calls import (
    CallIn,
    Calls,
    Clock,
    Render,
    contact_of_caller,
    made_call,
)
from conversation.turn import NotInServiceError
from db.calls import NewCall, OpenCall, clinic_called, open_call, response_of
from db.contacts import ContactState
from db.models import Reminder
from flows.asking import with_question
from flows.call_state import CallState, CallTurn
from flows.calls import last_words, reminder_turn, silent_end
from flows.library import REMINDER_REPLY, Library
from flows.model import Facts, Subject
from flows.model import Session as Talk
from flows.spoken_times import spoken_day
from profiles import Profile
from scheduler.bodies import occasioned, spoken_body
from scheduler.call_reports import record_call_answered, record_call_heard
from scheduler.policy import Kind

_FAX = "fax"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which reminder a call of ours is for, which attempt of it, and who answered it."""

    reminder_id: int
    number: int
    answered_by: str

    @property
    def is_machine(self) -> bool:
        """Whether a machine takes messages there."""
        return self.answered_by.startswith("machine")


class ReminderCalls:
    """Takes the first turn of our calls; the further ones are those of any call."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def answer(self, call: CallIn, attempt: Attempt, render: Render, clock: Clock) -> str:
        """The document for whoever has answered. The same call again gets its present document.

        A reminder that is not to be told any more, because the visit has changed meanwhile or this
        is an attempt of before, becomes a request to call us. Raises `NotInServiceError` where no
        clinic is behind the line, and `DatabaseDownError`.
        """
        calls = self._calls
        with calls.database.connection() as connection:
            known = open_call(connection, call.sid)
            if known is not None:
                return response_of(connection, call.sid, known.turn)
            now = clock()
            with Session(connection, expire_on_commit=False) as session:
                row = record_call_answered(
                    session,
                    calls.clinics,
                    attempt.reminder_id,
                    attempt.number,
                    call.sid,
                    attempt.answered_by,
                    now,
                )
                opened = self._made(session, call, attempt, row, now)
                taking = calls.taking(connection, opened, call.line, lambda: now)
                profile, facts = taking.profile, taking.facts()
                turn = _first_turn(calls.library, profile, opened, attempt, row, facts)
                if row is not None and attempt.is_machine:
                    ids = (attempt.reminder_id, attempt.number, call.sid)
                    record_call_heard(session, calls.clinics, *ids, "message", now)
                session.flush()
                return calls.store(taking, turn, "", render)

    def _made(
        self,
        session: Session,
        call: CallIn,
        attempt: Attempt,
        row: Reminder | None,
        now: dt.datetime,
    ) -> OpenCall:
        stored = row or session.get(Reminder, attempt.reminder_id)
        connection = session.connection()
        if stored is not None:
            clinic_id, language = stored.clinic_id, stored.appointment.patient.language
        else:
            found = clinic_called(connection, call.line)
            if found is None:
                raise NotInServiceError
            profile = self._calls.clinics.read(connection, *found)
            clinic_id, language = profile.id, profile.language
        contact = contact_of_caller(connection, clinic_id, call.patient, now)
        new = NewCall(
            sid=call.sid,
            clinic_id=clinic_id,
            contact_id=contact.id if contact else None,
            phone=contact.phone if contact else None,
            language=language,
            direction="out",
            reminder_id=stored.id if stored else None,
            attempt=attempt.number,
            answered_by=attempt.answered_by or None,
        )
        session.flush()
        return made_call(connection, new, now)


def _first_turn(
    library: Library,
    profile: Profile,
    opened: OpenCall,
    attempt: Attempt,
    row: Reminder | None,
    facts: Facts,
) -> CallTurn:
    phone = _phone(opened.contact)
    language = row.appointment.patient.language if row else opened.language
    state = CallState(Talk(language, spoke_at=facts.now), phone=phone)
    if attempt.answered_by == _FAX:
        return silent_end(state, "fax")
    if row is None:
        return last_words(library, state, facts, "call_us", "out_of_date")
    if attempt.is_machine:
        return last_words(library, state, facts, "call_us", "machine")
    return reminder_turn(library, _asking(library, profile, row, state, facts.now), facts)


def _phone(contact: ContactState | None) -> str:
    return contact.phone if contact else ""


def _asking(
    library: Library, profile: Profile, row: Reminder, state: CallState, now: dt.datetime
) -> CallState:
    """The call with its reminder and the question that comes with it; a visit that is called off
    leaves no question, only the keys."""
    kind = Kind(row.kind)
    body = spoken_body(library, profile, occasioned(row.appointment), kind, now)
    if kind is Kind.CANCELLED:
        talk = Talk(state.talk.language, waiting=REMINDER_REPLY, said=REMINDER_REPLY, spoke_at=now)
    else:
        talk = with_question(state.talk, _subject(profile, row), now)
    return CallState(talk, body=body, phone=state.phone)


def _subject(profile: Profile, row: Reminder) -> Subject:
    appointment = row.appointment
    patient = appointment.patient
    day = appointment.starts_at.astimezone(profile.zone).date()
    return Subject(
        appointment.id,
        row.version,
        patient.first_name,
        spoken_day(day, patient.language),
        appointment.starts_at,
    )

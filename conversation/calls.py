"""Taking one turn of a call: find it, ask the engine, apply its effects, store, answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from carrier.phones import is_person
from conversation.call_effects import (
    Taking,
    apply_all,
    keep_recording,
    open_voicemail,
    take_back,
)
from conversation.questions import still_asked
from conversation.turn import NotInServiceError
from db.calls import (
    NewCall,
    NewRecording,
    OpenCall,
    TakenCallTurn,
    clinic_called,
    end_call,
    make_call,
    open_call,
    response_of,
    store_call_turn,
)
from db.clinics import Clinics
from db.contacts import ContactState, language_of_patient, lock_contact
from db.session import Database
from flows.call_state import CallState, CallTurn, Happening, Recorded, Said
from flows.calls import greeting_turn, hung_up, silent_end, take_call_turn, taken_back
from flows.library import Library
from flows.model import Session as Talk
from flows.says import sms_body
from profiles import Profile
from scheduler.call_reports import record_call_heard

_log = structlog.get_logger()
_decode: Final = msgspec.json.Decoder(CallState).decode
_encode: Final = msgspec.json.Encoder().encode
Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class CallIn:
    """A call as the carrier names it. `patient` is the other end as it was given, perhaps withheld;
    `line` is the clinic's number (E.164)."""

    sid: str
    patient: str
    line: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn to be made into a document: what is said, what the call waits for then, the number of
    the turn that follows, and what it takes to say it."""

    turn: CallTurn
    next_number: int
    library: Library
    profile: Profile
    line: str


Render = Callable[[Spoken], str]


class Calls:
    """Takes the turns of all calls of one database."""

    def __init__(self, database: Database, library: Library, clinics: Clinics) -> None:
        self.database = database
        self.library = library
        self.clinics = clinics

    def begin(self, call: CallIn, render: Render, clock: Clock) -> str:
        """The document that greets a caller. The same call again gets its present document.

        Raises `NotInServiceError` if the number is no clinic's, and `DatabaseDownError`.
        """
        with self.database.connection() as connection:
            known = open_call(connection, call.sid)
            return self._begun(connection, call, render, clock, known, lost=False)

    def turn(
        self,
        call: CallIn,
        number: int,
        happening: Happening,
        recording: NewRecording | None,
        render: Render,
        clock: Clock,
    ) -> str:
        """The document that answers a turn.

        A turn that was taken before gets the present document again and changes nothing; so does a
        late one. Turns of one call are taken one after the other. A call that is not known starts
        over. Raises as `begin` does.
        """
        with self.database.connection() as connection:
            opened = open_call(connection, call.sid)
            state = None if opened is None else _read(opened)
            if opened is None or state is None:
                return self._begun(connection, call, render, clock, opened, lost=True)
            taking = self.taking(connection, opened, call.line, clock)
            if recording is not None:
                keep_recording(taking, state, recording)
            if opened.ended_at is not None:
                in_vain = taken_back(state, happening)
                if in_vain and number == opened.turn + 1:
                    take_back(taking, in_vain, opened.ended_at)
                    return self._taken(taking, state, happening, render)
                turn = silent_end(state, "ended")
                return render(self.spoken(taking, turn))
            if number != opened.turn + 1:
                return response_of(connection, call.sid, opened.turn)
            return self._taken(taking, state, happening, render)

    def recorded(self, sid: str, recording: NewRecording, clock: Clock) -> None:
        """The carrier reports a recording, before or after the call does, or twice."""
        with self.database.connection() as connection:
            opened = open_call(connection, sid)
            if opened is None:
                _log.warning("recording_of_unknown_call", call=sid)
                return
            taking = self.taking(connection, opened, "", clock)
            keep_recording(taking, _read(opened) or CallState(Talk("en")), recording)

    def ended(self, sid: str, status: str, clock: Clock) -> None:
        """The call is over, by the carrier's word for how; whoever waited for a person leaves a
        task."""
        with self.database.connection() as connection:
            opened = open_call(connection, sid)
            if opened is None or opened.ended_at is not None:
                return
            taking = self.taking(connection, opened, "", clock)
            state = _read(opened)
            effects = hung_up(state) if state else ()
            if state and effects:
                apply_all(taking, state, effects, "")
            end_call(connection, sid, status, taking.now)

    def taking(self, connection: Connection, opened: OpenCall, line: str, clock: Clock) -> Taking:
        """A turn of a locked call; the moment is that after the lock."""
        profile = self.clinics.read(connection, opened.clinic_id, opened.fingerprint)
        return Taking(connection, profile, opened, line or profile.texting_number or "", clock())

    def spoken(self, taking: Taking, turn: CallTurn) -> Spoken:
        """What is to be rendered of a turn."""
        number = taking.opened.turn + 2
        return Spoken(turn, number, self.library, taking.profile, taking.line)

    def store(self, taking: Taking, turn: CallTurn, said: str, render: Render) -> str:
        """Store a turn and the call as it is now; the document."""
        response = render(self.spoken(taking, turn))
        understood = turn.understood
        taken = TakenCallTurn(
            number=taking.opened.turn + 1,
            said=said,
            kind=understood.kind.value,
            labels=" ".join(understood.labels),
            rule=understood.rule,
            reply=sms_body(turn.says),
            response=response,
        )
        state = turn.state
        store_call_turn(
            taking.connection,
            taking.opened.sid,
            taken,
            _encode(state).decode(),
            state.talk.language,
            state.phone or None,
            taking.now,
        )
        return response

    def _begun(
        self,
        connection: Connection,
        call: CallIn,
        render: Render,
        clock: Clock,
        opened: OpenCall | None,
        *,
        lost: bool,
    ) -> str:
        if opened is None:
            opened = self._made(connection, call, clock())
        if opened.turn and not lost:
            return response_of(connection, call.sid, opened.turn)
        taking = self.taking(connection, opened, call.line, clock)
        contact = opened.contact
        phone = contact.phone if contact else ""
        language = _language(connection, taking.profile, contact)
        state = CallState(Talk(language, spoke_at=taking.now), phone=phone)
        turn = greeting_turn(self.library, state, taking.facts(), lost=lost)
        return self.store(taking, turn, "", render)

    def _made(self, connection: Connection, call: CallIn, now: dt.datetime) -> OpenCall:
        found = clinic_called(connection, call.line)
        if found is None:
            raise NotInServiceError
        clinic_id, fingerprint = found
        profile = self.clinics.read(connection, clinic_id, fingerprint)
        contact = contact_of_caller(connection, clinic_id, call.patient, now)
        new = NewCall(
            sid=call.sid,
            clinic_id=clinic_id,
            contact_id=contact.id if contact else None,
            phone=contact.phone if contact else None,
            language=_language(connection, profile, contact),
            direction="in",
        )
        return made_call(connection, new, now)

    def _taken(self, taking: Taking, state: CallState, happening: Happening, render: Render) -> str:
        opened, connection = taking.opened, taking.connection
        said = happening.text.strip() if isinstance(happening, Said) else ""
        talk = still_asked(connection, state.talk)
        state = msgspec.structs.replace(state, talk=talk)
        if said and not state.heard and opened.reminder_id is not None and opened.attempt:
            state = msgspec.structs.replace(state, heard=True)
            with Session(connection, expire_on_commit=False) as session:
                ids = (opened.reminder_id, opened.attempt, opened.sid)
                record_call_heard(session, self.clinics, *ids, "key", taking.now)
                session.flush()
        turn = take_call_turn(self.library, state, happening, taking.facts())
        heard = turn.heard if said else ""
        response = self.store(taking, turn, heard, render)
        if turn.effects:
            apply_all(taking, state, turn.effects, heard)
        if isinstance(happening, Recorded) and happening.seconds > 0:
            open_voicemail(taking, state, is_recorded=True)
        return response


def contact_of_caller(
    connection: Connection, clinic_id: str, patient: str, now: dt.datetime
) -> ContactState | None:
    """The locked contact of a number that a person can have; `None` for every other caller."""
    if not is_person(patient):
        return None
    with Session(connection, expire_on_commit=False) as session:
        return lock_contact(session, clinic_id, patient, now)


def made_call(connection: Connection, new: NewCall, now: dt.datetime) -> OpenCall:
    """A call that begins, or that another request has begun at this moment; locked."""
    make_call(connection, new, now)
    opened = open_call(connection, new.sid)
    if opened is None:
        raise LookupError("a call that was just stored is gone")
    return opened


def _language(connection: Connection, profile: Profile, contact: ContactState | None) -> str:
    if contact is None:
        return profile.language
    known = contact.language or language_of_patient(connection, profile.id, contact.phone)
    return known or profile.language


def _read(opened: OpenCall) -> CallState | None:
    """The stored state. One that can't be read is as good as none: the call starts over."""
    if not opened.state:
        return None
    try:
        return _decode(opened.state)
    except msgspec.DecodeError:
        _log.error("call_unreadable", call=opened.sid)
        return None

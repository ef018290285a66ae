"""Taking one text: find whose it is, ask the engine, apply its effects, store, answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from carrier.segments import count
from conversation.effects import Doing, apply
from conversation.facts import facts_of
from conversation.questions import still_asked
from db.clinics import Clinics, clinic_without_own_number
from db.contacts import language_of_patient
from db.session import Database
from db.turns import OpenTurn, TakenTurn, open_turn, store_turn
from flows.engine import take_turn
from flows.library import Library
from flows.model import CarrierWord, Event, Facts, Kind, Turn, Understood
from flows.model import Session as Talk
from flows.says import Context, message, sms_body
from profiles import Profile

_CHANNEL: Final = "sms"
_MACHINE_PAUSE: Final = dt.timedelta(days=1)
_log = structlog.get_logger()
_decode: Final = msgspec.json.Decoder(Talk).decode
_encode: Final = msgspec.json.Encoder().encode
Render = Callable[[str, Profile], str]
Clock = Callable[[], dt.datetime]


class NotInServiceError(Exception):
    """No clinic is set up, so that nobody can answer for one; nothing was stored."""


@dataclass(frozen=True, slots=True)
class TextIn:
    """A text as the carrier handed it over; numbers are E.164, `sid` is the carrier's id."""

    sid: str
    sender: str
    to: str
    body: str
    media: int = 0
    answered_by_carrier: CarrierWord | None = None


@dataclass(frozen=True, slots=True)
class _Taking:
    """A turn that is being taken: its transaction, what was found, the text, the moment (UTC)."""

    connection: Connection
    profile: Profile
    opened: OpenTurn
    text: TextIn
    now: dt.datetime


class Conversations:
    """Takes the turns of all conversations of one database."""

    def __init__(self, database: Database, library: Library, clinics: Clinics) -> None:
        self._database = database
        self._library = library
        self._clinics = clinics

    def answer(self, text: TextIn, render: Render, clock: Clock) -> str:
        """The response to a text, as `render` makes it of the body of the reply.

        The same `sid` again gets the same response and changes nothing, also when both arrive at
        the same time; texts of one number are taken one after the other. `clock` gives the moment
        (UTC) at which it is this text's turn. Raises `NotInServiceError` and
        `db.session.DatabaseDownError`.
        """
        return self._in_transaction(text, render, clock, self._turn)

    def answer_machine(self, text: TextIn, render: Render, clock: Clock) -> str:
        """The response to a sender that is no person's phone, such as a short code.

        It is told once a day whom it has reached; more would only keep two machines talking.
        """
        return self._in_transaction(text, render, clock, self._turn_of_machine)

    def _in_transaction(
        self, text: TextIn, render: Render, clock: Clock, take: Callable[[_Taking], Turn]
    ) -> str:
        with self._database.connection() as connection:
            opened = self._open(connection, text, clock())
            if opened.response is not None:
                return opened.response
            profile = self._clinics.read(connection, opened.clinic_id, opened.fingerprint)
            now = clock()  # not before the lock: the moments follow each other as the turns do
            taking = _Taking(connection, profile, opened, text, now)
            turn = take(taking)
            reply = sms_body(turn.says)
            response = render(reply, profile)
            _store(taking, turn, reply, response)
            _apply(taking, turn)
            return response

    def _open(self, connection: Connection, text: TextIn, now: dt.datetime) -> OpenTurn:
        opened = open_turn(connection, text.to, text.sender, text.sid, _CHANNEL, now)
        if opened is not None:
            return opened
        clinic = clinic_without_own_number(connection, text.sender)
        if clinic is None:
            raise NotInServiceError
        found = open_turn(connection, clinic, text.sender, text.sid, _CHANNEL, now, by_number=False)
        if found is None:
            raise NotInServiceError
        return found

    def _turn(self, taking: _Taking) -> Turn:
        text, contact = taking.text, taking.opened.contact
        event = Event(text.body, media=text.media, answered_by_carrier=text.answered_by_carrier)
        facts = facts_of(taking.connection, taking.profile, contact, taking.now)
        return take_turn(self._library, _talk(taking), event, facts)

    def _turn_of_machine(self, taking: _Taking) -> Turn:
        before = _read(taking.opened)
        told_at = before.spoke_at if before else None
        is_silent = told_at is not None and taking.now - told_at < _MACHINE_PAUSE
        talk = Talk(taking.profile.language, spoke_at=told_at if is_silent else taking.now)
        context = Context(
            self._library, talk, Event(taking.text.body), Facts(taking.profile, taking.now)
        )
        says = () if is_silent else (message(context, "help"),)
        understood = Understood(Kind.UNKNOWN, (), "machine")
        return Turn(talk, says, (), understood, heard=taking.text.body)


def _read(opened: OpenTurn) -> Talk | None:
    """The stored conversation. One that can't be read is as good as none: the patient gets an
    answer, and whoever runs this is told."""
    if opened.state is None:
        return None
    try:
        return _decode(opened.state)
    except msgspec.DecodeError:
        _log.error("conversation_unreadable", contact=opened.contact.id)
        return None


def _talk(taking: _Taking) -> Talk:
    """The conversation so far; a new one is in the language on file for the number.

    Questions about appointments that were moved or called off since are no longer open.
    """
    opened = taking.opened
    talk = _read(opened)
    if talk is None:
        contact = opened.contact
        known = contact.language or language_of_patient(
            taking.connection, contact.clinic_id, contact.phone
        )
        return Talk(known or taking.profile.language)
    return still_asked(taking.connection, talk, opened.contact.id)


def _store(taking: _Taking, turn: Turn, reply: str, response: str) -> None:
    text, understood = taking.text, turn.understood
    taken = TakenTurn(
        state=_encode(turn.session).decode(),
        sid=text.sid,
        body=turn.heard,
        media=text.media,
        kind=understood.kind.value,
        labels=" ".join(understood.labels),
        rule=understood.rule,
        reply=reply,
        response=response,
        segments=count(reply).count if reply else 0,
    )
    store_turn(taking.connection, taking.opened, taken, _CHANNEL, taking.now)


def _apply(taking: _Taking, turn: Turn) -> None:
    if not turn.effects:
        return
    clinic_id, contact = taking.opened.clinic_id, taking.opened.contact
    with Session(taking.connection, expire_on_commit=False) as session:
        for effect in turn.effects:
            apply(Doing(session, clinic_id, contact, turn.heard, taking.now), effect)
        session.flush()

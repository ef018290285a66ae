"""Calling a caller back: at which number, and where the call goes on afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from flows.call_state import (
    KEYS_OF_A_NUMBER,
    CallState,
    CallTurn,
    Waits,
    Wanted,
    as_read,
)
from flows.library import HAND_OFF, NUMBER, START, Library
from flows.model import Channel, Event, Facts, Kind, Say, Session, TaskKind, Understood
from flows.says import Context, answer_hint, menu_say, message

TRIES: Final = 2
"""How often the same is asked in a row."""


def context_of(library: Library, state: CallState, facts: Facts) -> Context:
    """A turn of a call for wording, without anything said."""
    return Context(library, state.talk, Event("", Channel.VOICE), facts)


def call_back(context: Context, before: CallState, told: CallTurn) -> CallTurn:
    """The caller wants to be called back; without a known number they are asked for one."""
    wanted = before.wanted or Wanted(TaskKind.CALL_ME, "coordinator")
    state = msgspec.structs.replace(told.state, wanted=wanted)
    if not state.phone:
        return ask_number(context, replace(told, state=state, says=()))
    return _will_call(context, replace(told, state=state))


def _will_call(context: Context, told: CallTurn) -> CallTurn:
    """Leave the task and go back to where the caller was."""
    state = told.state
    task = (state.wanted.task(),) if state.wanted else ()
    state = msgspec.structs.replace(state, talk=_where_it_was(state.talk), wanted=None, number="")
    says = (*told.says[:-1], replace(told.says[-1], hint=answer_hint(context)))
    return replace(told, state=state, says=says, effects=(*told.effects, *task))


def _where_it_was(talk: Session) -> Session:
    places = [place for place in talk.history if place not in (HAND_OFF, NUMBER)]
    back = talk.waiting if talk.waiting not in (HAND_OFF, NUMBER) else None
    waiting = back or (places[-1] if places else START)
    history = tuple(places if back else places[:-1])
    return msgspec.structs.replace(talk, waiting=waiting, said=waiting, history=history, misses=0)


def ask_number(context: Context, told: CallTurn, name: str = "number_ask") -> CallTurn:
    """Ask for ten keys."""
    state = told.state
    talk = msgspec.structs.replace(state.talk, wants_keys=KEYS_OF_A_NUMBER, offers=())
    state = msgspec.structs.replace(state, talk=talk, waits=Waits.NUMBER, asked_number=True)
    spoken = tuple(replace(say, hint="", choices=()) for say in told.says)
    return replace(told, state=state, says=(*spoken, message(context, name)))


def no_number(library: Library, state: CallState, facts: Facts) -> CallTurn:
    """No number, or not a whole one: once more, then the call goes on without."""
    told = CallTurn(state, (), (), Understood(Kind.UNKNOWN, (), "number"))
    if state.misses + 1 < TRIES:
        state = msgspec.structs.replace(state, misses=state.misses + 1)
        context = context_of(library, state, facts)
        return ask_number(context, replace(told, state=state), "number_wrong")
    talk = msgspec.structs.replace(_where_it_was(state.talk), wants_keys=1)
    state = msgspec.structs.replace(
        state, talk=talk, waits=Waits.WORDS, wanted=None, number="", misses=0
    )
    context = context_of(library, state, facts)
    says = (message(context, "no_number"), menu_say(context, talk.waiting))
    return replace(told, state=state, says=says)


def read_back(library: Library, state: CallState, number: str, facts: Facts) -> CallTurn:
    """Say a number that was keyed in, and ask whether it is right."""
    talk = state.talk
    history = talk.history if talk.waiting in (HAND_OFF, NUMBER) else (*talk.history, talk.waiting)
    talk = msgspec.structs.replace(
        talk, waiting=NUMBER, said=NUMBER, history=history[-5:], wants_keys=1, misses=0
    )
    state = msgspec.structs.replace(state, talk=talk, waits=Waits.WORDS, number=number)
    context = context_of(library, state, facts)
    says = (number_read(context, number), menu_say(context, NUMBER))
    return CallTurn(state, says, (), Understood(Kind.CHOICES, (), "number"))


def number_read(context: Context, number: str) -> Say:
    """The number as the caller gave it."""
    return message(context, "number_read", {"number": as_read(number)})


def number_right(context: Context, before: CallState, told: CallTurn) -> CallTurn:
    """The number is right: it is where the caller is called."""
    state = msgspec.structs.replace(told.state, phone=before.number, misses=0)
    return _will_call(context, replace(told, state=state))


def number_again(context: Context, _before: CallState, told: CallTurn) -> CallTurn:
    """The number was wrong: once more."""
    return ask_number(context, told)

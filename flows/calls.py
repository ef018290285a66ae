"""A call, turn by turn: what the engine says, and what only a call has around it.

The engine answers keys and words. Here a call is opened, a person is dialled, a message is recorded
or a number to call back is asked for, and the call comes to an end. Pure, as the engine is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from flows.call_number import (
    TRIES,
    ask_number,
    call_back,
    context_of,
    no_number,
    number_again,
    number_read,
    number_right,
    read_back,
)
from flows.call_state import (
    CallState,
    CallTurn,
    Dialled,
    Happening,
    Missed,
    Recorded,
    Said,
    Waits,
    Wanted,
    us_number,
)
from flows.clinic_words import open_at
from flows.engine import take_turn
from flows.library import HAND_OFF, NUMBER, REMINDER_REPLY, START, Library
from flows.model import (
    Channel,
    Effect,
    Event,
    Facts,
    HandOff,
    Kind,
    OnCall,
    OpenTask,
    Say,
    TaskKind,
    Turn,
    Understood,
)
from flows.nodes import Do
from flows.says import Context, menu_say, message
from profiles import Profile

_REACHED: Final = frozenset({"completed", "answered"})
_LEFT_TO_PEOPLE: Final = frozenset({TaskKind.EMERGENCY, TaskKind.SAME_DAY})
_MISSED: Final = {"busy": Missed.BUSY, "failed": Missed.FAILED}


def greeting_turn(
    library: Library, state: CallState, facts: Facts, *, lost: bool = False
) -> CallTurn:
    """The first words of a call that came in; `lost` if we had lost track of it."""
    context = context_of(library, state, facts)
    sorry = (message(context, "start_over"),) if lost else ()
    says = (*sorry, menu_say(context, START))
    return CallTurn(state, says, (), Understood(Kind.CHOICES, (), "greeting"))


def reminder_turn(library: Library, state: CallState, facts: Facts) -> CallTurn:
    """The first words of a call of ours to a person: the reminder and its keys."""
    context = context_of(library, state, facts)
    return CallTurn(
        state, (_reminder(context, state),), (), Understood(Kind.CHOICES, (), "reminder")
    )


def last_words(library: Library, state: CallState, facts: Facts, name: str, rule: str) -> CallTurn:
    """A message after which the call ends."""
    says = (message(context_of(library, state, facts), name),)
    return CallTurn(_over(state), says, (), Understood(Kind.COMMAND, (), rule))


def silent_end(state: CallState, rule: str) -> CallTurn:
    """The end of a call without a word."""
    return CallTurn(_over(state), (), (), Understood(Kind.COMMAND, (), rule))


def take_call_turn(
    library: Library, state: CallState, happening: Happening, facts: Facts
) -> CallTurn:
    """Take one turn of a call. Never raises for anything that a caller or the carrier can send."""
    match state.waits, happening:
        case Waits.NOTHING, _:
            return silent_end(state, "ended")
        case _, Dialled(status):
            return _dialled(library, state, status, facts)
        case _, Recorded(seconds):
            return _recorded(library, state, seconds, facts)
        case Waits.MESSAGE, Said():  # nothing was recorded, and the document went on
            return _recorded(library, state, 0, facts)
        case Waits.PERSON, Said():
            return _dialled(library, state, "failed", facts)
        case _, Said():
            return _said(library, state, happening, facts)


def hung_up(state: CallState) -> tuple[Effect, ...]:
    """What is left to do for a caller who hung up before they reached a person."""
    if state.waits is Waits.MESSAGE:
        return (OpenTask(TaskKind.VOICEMAIL),)
    if state.wanted is not None and state.waits is not Waits.NOTHING:
        return (state.wanted.task(),)
    return ()


def taken_back(state: CallState, happening: Happening) -> tuple[Effect, ...]:
    """What `hung_up` left to do in vain, as a report shows that comes after the end of the call:
    the caller was talking with a person when they hung up."""
    reached = isinstance(happening, Dialled) and happening.status in _REACHED
    return hung_up(state) if reached and state.waits is Waits.PERSON else ()


def _over(state: CallState) -> CallState:
    return msgspec.structs.replace(state, waits=Waits.NOTHING, wanted=None)


def _said(library: Library, state: CallState, said: Said, facts: Facts) -> CallTurn:
    if state.waits is Waits.NUMBER:
        number = us_number(said.text)
        if number is not None:
            return read_back(library, state, number, facts)
        if not said.text.strip():
            return no_number(library, state, facts)
    event = Event(said.text, Channel.VOICE, sure=said.sure)
    turn = take_turn(library, state.talk, event, facts)
    if state.waits is Waits.NUMBER and turn.understood.kind is Kind.UNKNOWN:
        return no_number(library, state, facts)
    waiting = turn.session.waiting
    wanted = state.wanted if waiting in (HAND_OFF, NUMBER) else None
    after = msgspec.structs.replace(state, talk=turn.session, waits=Waits.WORDS, wanted=wanted)
    context = Context(library, turn.session, event, facts)
    return replace(_carried_on(context, state, after, turn), heard=turn.heard)


def _carried_on(context: Context, before: CallState, state: CallState, turn: Turn) -> CallTurn:
    """Do what the engine's turn asks of the call itself; the other effects stay."""
    effects = tuple(each for each in turn.effects if not isinstance(each, HandOff | OnCall))
    told = CallTurn(state, _with_context(context, state, turn), effects, turn.understood)
    for effect in turn.effects:
        match effect:
            case HandOff() if effect.reason is TaskKind.NOT_UNDERSTOOD:
                return _given_up(context, before, told, effect)
            case HandOff():
                return _connect(context, told, effect)
            case OnCall(do):
                return _STEPS[do](context, before, told)
    asks = any(isinstance(e, OpenTask) and e.kind not in _LEFT_TO_PEOPLE for e in effects)
    if asks and not state.phone and not state.asked_number:
        return ask_number(context, told)
    return told


def _with_context(context: Context, state: CallState, turn: Turn) -> tuple[Say, ...]:
    """What the engine says; where it repeats a question, with what the question is about."""
    waiting = turn.session.waiting
    asks = bool(turn.says) and bool(turn.says[-1].choices) and not turn.session.offers
    if asks and waiting == REMINDER_REPLY and state.body:
        return (*turn.says[:-1], _reminder(context, state))
    if asks and waiting == NUMBER and state.number:
        return (*turn.says[:-1], number_read(context, state.number), turn.says[-1])
    return turn.says


def _reminder(context: Context, state: CallState) -> Say:
    return Say(state.body, hint=message(context, "hint_reminder").text)


# A person


def _connect(context: Context, told: CallTurn, wish: HandOff) -> CallTurn:
    """Call the desk, if it is open; otherwise offer to get back to the caller."""
    wanted = Wanted(wish.reason, wish.topic, wish.appointment)
    state = msgspec.structs.replace(told.state, wanted=wanted, misses=0)
    profile = context.facts.profile
    if not open_at(profile, context.facts.now):
        return _ways_back(context, replace(told, state=state), "closed_now", Missed.CLOSED)
    if desk_number(profile) is None:
        return _ways_back(context, replace(told, state=state), "nobody_free", Missed.FAILED)
    state = msgspec.structs.replace(state, waits=Waits.PERSON)
    return replace(told, state=state, says=(*told.says, message(context, "connecting")))


def desk_number(profile: Profile) -> str | None:
    """The desk's number (E.164); `None` if it can't be dialled from this line, as one that has an
    extension, or is the very number that was called."""
    number = us_number(profile.coordinator.phone)
    return None if number == profile.texting_number else number


def _given_up(context: Context, before: CallState, told: CallTurn, wish: HandOff) -> CallTurn:
    """Nothing was understood three times. A person takes over, unless nobody seems to be there (a
    silent answer to a call of ours) or that very person could not be reached before."""
    if before.wanted is not None:
        says = (message(context, "goodbye_task"),)
        return CallTurn(_over(told.state), says, (before.wanted.task(),), told.understood)
    if context.facts.we_called and not context.event.text.strip():
        return replace(told, state=_over(told.state), says=(message(context, "goodbye"),))
    return _connect(context, told, wish)


def _dialled(library: Library, state: CallState, status: str, facts: Facts) -> CallTurn:
    context = context_of(library, state, facts)
    is_reached = status in _REACHED
    rule = "reached" if is_reached else "dialled"
    told = CallTurn(state, (), (), Understood(Kind.COMMAND, ("coordinator",), rule))
    if is_reached:
        return replace(told, state=_over(state), says=(message(context, "goodbye"),))
    missed = _MISSED.get(status, Missed.NO_ANSWER)
    return _ways_back(context, told, "nobody_free", missed)


def _ways_back(context: Context, told: CallTurn, name: str, missed: Missed) -> CallTurn:
    """Offer to take a message or to call back."""
    state = told.state
    wanted = state.wanted or Wanted(TaskKind.CALL_ME, "coordinator")
    talk = state.talk
    history = talk.history if talk.waiting in (HAND_OFF, NUMBER) else (*talk.history, talk.waiting)
    talk = msgspec.structs.replace(
        talk, waiting=HAND_OFF, said=HAND_OFF, history=history[-5:], offers=(), misses=0
    )
    state = msgspec.structs.replace(
        state,
        talk=talk,
        waits=Waits.WORDS,
        wanted=msgspec.structs.replace(wanted, missed=missed),
    )
    says = (*told.says, message(context, name), menu_say(context, HAND_OFF))
    return replace(told, state=state, says=says)


def _take_message(_context: Context, _before: CallState, told: CallTurn) -> CallTurn:
    state = msgspec.structs.replace(told.state, waits=Waits.MESSAGE)
    return replace(told, state=state)


def _recorded(library: Library, state: CallState, seconds: int, facts: Facts) -> CallTurn:
    context = context_of(library, state, facts)
    rule = "recorded" if seconds > 0 else "not_recorded"
    told = CallTurn(state, (), (), Understood(Kind.COMMAND, (), rule))
    if seconds > 0:
        return replace(told, state=_over(state), says=(message(context, "message_taken"),))
    if state.misses + 1 >= TRIES:
        wanted = state.wanted or Wanted(TaskKind.CALL_ME, "coordinator")
        says = (message(context, "message_empty"), message(context, "goodbye_task"))
        return replace(told, state=_over(state), says=says, effects=(wanted.task(),))
    missed = state.wanted.missed if state.wanted else Missed.NO_ANSWER
    state = msgspec.structs.replace(state, misses=state.misses + 1)
    return _ways_back(context, replace(told, state=state), "message_empty", missed)


def _hang_up(context: Context, _before: CallState, told: CallTurn) -> CallTurn:
    wanted = told.state.wanted
    if wanted is None:
        return replace(told, state=_over(told.state))
    says = (message(context, "goodbye_task"),)
    effects = (*told.effects, wanted.task())
    return replace(told, state=_over(told.state), says=says, effects=effects)


_STEPS: Final = {
    Do.LEAVE_MESSAGE: _take_message,
    Do.CALL_BACK: call_back,
    Do.NUMBER_RIGHT: number_right,
    Do.NUMBER_AGAIN: number_again,
    Do.HANG_UP: _hang_up,
}

"""What only a call has: silence, words that were not caught, red flags said again, a goodbye."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from flows import moves
from flows.library import CANNOT_COME, REMINDER_REPLY, Library
from flows.model import (
    Effect,
    HandOff,
    Kind,
    NoMoreCalls,
    OnCall,
    OptOut,
    Say,
    Session,
    TaskKind,
    Turn,
    Understood,
)
from flows.nodes import Ask, Asks, Do
from flows.optout import (
    Keyword,
    carrier_keyword,
    plain_language_opt_out,
    wants_calls_instead,
)
from flows.says import Context, answer_hint, message, text_of

NO_MORE_CALLS_KEY = "8"
_KEYS_OF_A_DATE = 8


def with_keys(library: Library, turn: Turn) -> Turn:
    """A turn after which a date of birth is keyed in, if it is one, waits for all of its digits."""
    node = library.nodes[turn.session.waiting]
    if not isinstance(node, Ask) or node.asks is not Asks.BIRTH_DATE:
        return turn
    session = msgspec.structs.replace(turn.session, wants_keys=_KEYS_OF_A_DATE)
    return replace(turn, session=session)


def with_alarm(context: Context, turn: Turn, name: str) -> Turn:
    """The answer to a red flag, with the keys for a person and to hear it again."""
    session = msgspec.structs.replace(turn.session, alarm=name)
    return replace(turn, session=session, says=(_alarm(context, name),))


def alarm_again(context: Context, before: Session) -> Turn:
    """The same words once more, after silence or a wish to hear them."""
    session = msgspec.structs.replace(context.session, alarm=before.alarm, misses=before.misses + 1)
    label = "same_day" if before.alarm == "same_day" else "emergency"
    understood = Understood(Kind(label), (label,), "again")
    return Turn(session, (_alarm(context, before.alarm),), (), understood)


def _alarm(context: Context, name: str) -> Say:
    return Say(message(context, name).text, hint=message(context, "hint_alarm").text)


def silence_after_alarm(context: Context, before: Session) -> Turn:
    """Nothing was said after the answer to a red flag: it comes once more, then the call ends, so
    that the line is free."""
    if before.misses == 0:
        return alarm_again(context, before)
    return goodbye(context, "goodbye_alarm")


def goodbye(context: Context, name: str = "goodbye") -> Turn:
    """A last word, and the end of the call."""
    understood = Understood(Kind.COMMAND, (), "command:goodbye")
    return _stays(context, name, understood, OnCall(Do.HANG_UP))


def _stays(context: Context, name: str, understood: Understood, *effects: Effect) -> Turn:
    session = msgspec.structs.replace(context.session, misses=0)
    return Turn(session, (message(context, name),), effects, understood)


def nobody_understood(context: Context, session: Session, understood: Understood) -> Turn:
    """The third time in a row: a person takes over."""
    wanted = HandOff(TaskKind.NOT_UNDERSTOOD)
    return Turn(session, (message(context, "needs_person"),), (wanted,), understood)


def opt_out(context: Context) -> Turn | None:
    """Asking for no more messages in one's own words. The carriers' single words count only in a
    call of ours: someone who calls us and says "stop" or "cancel" means something else."""
    event, facts = context.event, context.facts
    if not event.sure:
        return None
    if facts.we_called and carrier_keyword(event.text) is Keyword.STOP:
        return no_more_calls(context, "keyword")
    calls_instead = wants_calls_instead(event.text)
    asks = calls_instead or plain_language_opt_out(event.text)
    if carrier_keyword(event.text) is not None or not asks:
        return None
    if facts.withheld:  # a person asks which number it is
        return moves.hand_off(context, "own_words")
    if calls_instead:
        return moves.calls_instead(context, "own_words")
    understood = Understood(Kind.OPT_OUT, ("optout",), "own_words")
    return _stays(context, "stopped", understood, OptOut("own_words"))


def no_more_calls_key(context: Context, keys: tuple[str, ...]) -> Turn | None:
    """The key that every call of ours offers for this, while its question is open."""
    is_open = context.facts.we_called and context.session.waiting in (REMINDER_REPLY, CANNOT_COME)
    return no_more_calls(context, "key") if is_open and keys == (NO_MORE_CALLS_KEY,) else None


def no_more_calls(context: Context, rule: str) -> Turn:
    """No more calls like this one to the number that was called."""
    understood = Understood(Kind.OPT_OUT, ("optout",), rule)
    session = msgspec.structs.replace(context.session, misses=0)
    say = Say(text_of(context, context.library.messages["no_more_calls"]), (), answer_hint(context))
    return Turn(session, (say,), (NoMoreCalls(),), understood)

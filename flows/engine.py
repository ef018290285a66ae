"""One turn of a conversation: the patient's words in, what to say and do out.

The engine is pure: the same library, session, event and facts always give the same turn. It tries
the steps of `_STEPS` in their order, the order that patients' safety asks for, until one answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import msgspec

from flows import aloud, checklist, coming, confirming, free_text, identity, moves, stopping
from flows.commands import COMMAND_KEYS, OPTION_KEYS, Command
from flows.heard import Heard, hear, stays
from flows.language import guess_language
from flows.library import CANNOT_COME, CONFIRMED, REMINDER_REPLY, START, Library
from flows.model import (
    Effect,
    Event,
    Facts,
    HoldMessages,
    Kind,
    OpenTask,
    Say,
    Session,
    TaskKind,
    Turn,
    Understood,
)
from flows.nodes import Ask, Check, NodeRef, Urgency
from flows.replies import is_bare_yes
from flows.says import Context, menu_say, message
from flows.triage import FlagClass, find_flag
from profiles import LANGUAGES

_LONG_TEXT: Final = 320
_HOLD_MINUTES: Final = 60


def take_turn(library: Library, session: Session, event: Event, facts: Facts) -> Turn:
    """Take one turn. Pure; never raises for anything that a patient can send."""
    heard = hear(library, session, event, facts)
    turns = (step(heard) for step in _STEPS)
    turn = next((turn for turn in turns if turn is not None), None) or _not_understood(heard)
    turn = replace(turn, heard=heard.kept)
    return aloud.with_keys(library, turn) if event.is_spoken else turn


def greeting(library: Library, session: Session, facts: Facts, event: Event) -> Say:
    """The main menu, for starting a conversation without a word from the patient."""
    return menu_say(Context(library, session, event, facts), START)


def _red_flag(heard: Heard) -> Turn | None:
    """A symptom that can't wait: fixed words, before anything else, and a person is told."""
    if heard.is_bare_key:
        return None
    text = heard.context.event.text
    flag = find_flag(text, heard.previous)
    if flag is None:
        return None
    if flag.is_learnt and confirming.is_mere_reply(heard) and flag == find_flag(text):
        return None  # "cannot make it" is no symptom, whatever it is like
    if flag.flag_class is FlagClass.SAME_DAY:
        name, kind, urgency = "same_day", TaskKind.SAME_DAY, Urgency.URGENT
        understood = Understood(Kind.SAME_DAY, ("same_day",), flag.rule_id)
    else:
        harm = flag.flag_class is FlagClass.SELF_HARM
        name = "emergency_self_harm" if harm else "emergency"
        kind, urgency = TaskKind.EMERGENCY, Urgency.EMERGENCY
        understood = Understood(Kind.EMERGENCY, ("emergency",), flag.rule_id)
    effects: list[Effect] = [OpenTask(kind, urgency, topic=flag.flag_class.value)]
    if urgency is Urgency.EMERGENCY:
        effects.append(HoldMessages(_HOLD_MINUTES))
    spoken = heard.context.event.is_spoken
    turn = stays(heard, _warnings(heard, name), understood, *effects)
    return aloud.with_alarm(heard.context, turn, name) if spoken else turn


def _warnings(heard: Heard, name: str) -> tuple[Say, ...]:
    """What is said of a symptom. Unless it was plainly told in the conversation's language, it is
    said in both, since that on file may be anybody's guess; a call is heard in its own only."""
    context = heard.context
    warning = message(context, name)
    written = guess_language(heard.words)
    if context.event.is_spoken or written == context.language:
        return (warning,)
    (other,) = set(LANGUAGES) - {context.language}
    session = msgspec.structs.replace(context.session, language=other)
    in_other = message(replace(context, session=session), name)
    return (warning, in_other) if written is None else (in_other, warning)


def _nothing_to_read(heard: Heard) -> Turn | None:
    if heard.words or heard.keys:
        return None
    if heard.before.alarm:
        return aloud.silence_after_alarm(heard.context, heard.before)
    return _not_understood(heard, "media" if heard.context.event.media else "empty")


def _command(heard: Heard) -> Turn | None:
    """What works everywhere: 0, 9, *, # and the words for them, in every language."""
    key = heard.keys[0] if len(heard.keys) == 1 else ""
    command = COMMAND_KEYS.get(key) or heard.context.library.commands.get(heard.normalised)
    if command is None:
        return None
    if heard.before.alarm and command is Command.REPEAT:
        return aloud.alarm_again(heard.context, heard.before)
    if heard.before.offers and not heard.expired:
        if command is Command.REPEAT:
            return moves.ask_again(heard.context, heard.before)
        if command is Command.BACK:
            return moves.go(heard.context, heard.context.session.waiting, "command:back")
    if command is Command.GREETING:
        return _greeted(heard)
    return _COMMANDS[command](heard.context)


def _greeted(heard: Heard) -> Turn:
    """Whoever says hello to a question of ours hears it again, above all on picking up the phone;
    else the main menu."""
    waiting = heard.context.session.waiting
    is_asked = _is_ours(heard.context, waiting) and heard.answers_what_waits and not heard.expired
    return moves.go(heard.context, waiting if is_asked else START, "command:greeting")


def _is_ours(context: Context, waiting: NodeRef) -> bool:
    """Whether the question that waits is one of a reminder or of the check-list."""
    return waiting == REMINDER_REPLY or isinstance(context.library.nodes[waiting], Check)


_COMMANDS: Final[dict[Command, Callable[[Context], Turn]]] = {
    Command.MENU: lambda context: moves.go(context, START, "command:menu"),
    Command.BACK: moves.back,
    Command.REPEAT: moves.repeat,
    Command.HELP: moves.tell_help,
    Command.PERSON: lambda context: moves.hand_off(context, "command:person"),
    Command.ENGLISH: lambda context: moves.switch_language(context, "en"),
    Command.SPANISH: lambda context: moves.switch_language(context, "es"),
    Command.THANKS: moves.thank,
    Command.GOODBYE: lambda context: (
        aloud.goodbye(context) if context.event.is_spoken else moves.thank(context)
    ),
}


def _expired_key(heard: Heard) -> Turn | None:
    """A bare key long after its menu was read must not pick from a menu nobody remembers."""
    if not heard.expired or not heard.keys:
        return None
    says = (message(heard.context, "expired"), menu_say(heard.context, START))
    turn = stays(heard, says, Understood(Kind.CHOICES, (), "expired"))
    return replace(turn, session=msgspec.structs.replace(turn.session, is_aside=False))


def _offer(heard: Heard) -> Turn | None:
    """An answer to the question of the turn before: its number, or the name of the patient."""
    if heard.expired or not heard.before.offers:
        return None
    if len(heard.keys) == 1:
        return moves.take_offer(heard.context, int(heard.keys[0]), heard.before)
    return moves.take_name(heard.context, heard.words, heard.before)


def _no_more_calls(heard: Heard) -> Turn | None:
    return aloud.no_more_calls_key(heard.context, heard.keys)


def _own_words(heard: Heard) -> Turn | None:
    """What was asked for: an answer of the check-list, a date of birth, or a reason."""
    context = heard.context
    answered = checklist.take_answer(
        context, heard.keys, heard.words, said_last=heard.answers_what_waits
    )
    if answered is not None:
        return answered
    is_option = context.library.menus[context.session.waiting].exact(heard.words)
    if len(heard.keys) == 1 or is_option:
        return None
    return identity.take_birth_date(context) or coming.take_reason(context)


def _menu_option(heard: Heard) -> Turn | None:
    """An option of the waiting menu, by its key or by exactly its words."""
    context = heard.context
    waiting = context.session.waiting
    if waiting == REMINDER_REPLY and is_bare_yes(context.event.text):
        return confirming.confirm(heard, "menu")
    if heard.keys:
        live = context.library.keys.get(waiting, {})
        hits = tuple(live[key] for key in heard.keys if key in OPTION_KEYS and key in live)
    else:
        hits = context.library.menus[waiting].exact(heard.words)
        if hits == (CONFIRMED,) and waiting != CANNOT_COME:
            return confirming.confirm(heard, "menu")
    return free_text.one_or_ask(context, hits, "menu")


def _not_understood(heard: Heard, first: str = "not_understood_hint") -> Turn:
    """A hint, then the whole menu, then a person: nobody is asked the same thing a fourth time."""
    context = heard.context
    session = msgspec.structs.replace(context.session, misses=context.session.misses + 1)
    understood = Understood(Kind.UNKNOWN, (), "not_understood")
    unseen = heard.expired or (heard.before.turn == 0 and session.waiting == START)
    spoken = context.event.is_spoken
    if not spoken and first == "not_understood_hint" and len(context.event.text) > _LONG_TEXT:
        says = (message(context, "too_long"),)
        return Turn(session, says, (OpenTask(TaskKind.QUESTION),), understood)
    if heard.before.offers and not heard.expired and session.misses < 3:
        asked = moves.ask_again(context, heard.before)  # its numbers, not those of the menu
        kept = msgspec.structs.replace(asked.session, misses=session.misses)
        return Turn(kept, (message(context, first), *asked.says), (), understood)
    if session.misses >= 3 and spoken:
        return aloud.nobody_understood(context, session, understood)
    if session.misses >= 3:
        says = (message(context, "needs_person"),)
        return Turn(session, says, (OpenTask(TaskKind.NOT_UNDERSTOOD),), understood)
    if unseen and first == "not_understood_hint":
        sorry = (message(context, first),) if spoken else ()
        return Turn(session, (*sorry, menu_say(context, START)), (), understood)
    is_asked = isinstance(context.library.nodes[session.waiting], Ask | Check)
    if session.misses == 2 or is_asked or first != "not_understood_hint":
        is_second = session.misses == 2 and first == "not_understood_hint"
        lead = "not_understood_menu" if is_second else first
        if _is_ours(context, session.waiting):
            session = msgspec.structs.replace(session, said=session.waiting, is_aside=False)
        return Turn(
            session,
            (message(context, lead), menu_say(context, session.waiting)),
            (),
            understood,
        )
    hint = menu_say(context, session.waiting).hint
    return Turn(session, (Say(message(context, first).text, hint=hint),), (), understood)


_STEPS: Final[tuple[Callable[[Heard], Turn | None], ...]] = (
    _red_flag,
    stopping.opt_out_words,
    stopping.switched_off,
    stopping.paused,
    _nothing_to_read,
    _command,
    _expired_key,
    _offer,
    _no_more_calls,
    _own_words,
    _menu_option,
    confirming.refuse,
    free_text.answer,
)

"""One turn of a conversation: the patient's words in, what to say and do out.

The engine is pure: the same library, session, event and facts always give the same turn. It tries
the steps of `_STEPS` in their order, the order that patients' safety asks for, until one answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from flows import moves
from flows.language import guess_language
from flows.library import REMINDER_REPLY, START, Library
from flows.matching import pressed_keys
from flows.model import (
    COMMAND_KEYS,
    OPTION_KEYS,
    CarrierWord,
    Command,
    Confirm,
    Effect,
    Event,
    Facts,
    HoldMessages,
    Kind,
    NodeRef,
    OpenTask,
    OptIn,
    OptOut,
    Say,
    Session,
    TaskKind,
    Turn,
    Understood,
    Urgency,
)
from flows.optout import Keyword, carrier_keyword, is_yes, plain_language_opt_out
from flows.says import Context, answer_hint, menu_say, message
from flows.text import words
from flows.topics import OPT_OUT_TOPIC, find_topics
from flows.triage import FlagClass, find_flag

SESSION_EXPIRY: Final = dt.timedelta(hours=24)
_SPLIT_TEXTS: Final = dt.timedelta(minutes=10)
_REMEMBERED_TEXT: Final = 200
_LONG_TEXT: Final = 320
_HOLD_MINUTES: Final = 60
_LANGUAGE: Final[NodeRef] = "main.language"


@dataclass(frozen=True, slots=True)
class _Heard:
    """What came in, prepared once for all steps, and the session as it was before this turn."""

    context: Context
    before: Session
    expired: bool
    previous: str | None
    normalised: str
    words: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def is_bare_key(self) -> bool:
        """Whether the text is one key and nothing else, so that no words need to be looked at."""
        return len(self.keys) == 1 and len(self.words) < 2


def take_turn(library: Library, session: Session, event: Event, facts: Facts) -> Turn:
    """Take one turn. Pure; never raises for anything that a patient can send."""
    heard = _hear(library, session, event, facts)
    for step in _STEPS:
        turn = step(heard)
        if turn is not None:
            return turn
    return _not_understood(heard)


def greeting(library: Library, session: Session, facts: Facts, event: Event) -> Say:
    """The main menu, for starting a conversation without a word from the patient."""
    return menu_say(Context(library, session, event, facts), START)


def _hear(library: Library, before: Session, event: Event, facts: Facts) -> _Heard:
    silence = facts.now - before.spoke_at if before.spoke_at else dt.timedelta(0)
    about = tuple(subject for subject in before.about if subject.until > facts.now)
    asked = bool(about) and before.waiting == REMINDER_REPLY
    expired = silence > SESSION_EXPIRY and not asked
    split = tuple(words(event.text))
    language = before.language
    if before.turn == 0 and before.waiting == START:
        language = guess_language(split) or language
    session = msgspec.structs.replace(
        before,
        language=language,
        waiting=START if expired else library.current_menu(before.waiting),
        said=START if expired else library.current(before.said),
        history=() if expired else tuple(map(library.current_menu, before.history)),
        about=about,
        offers=(),
        turn=before.turn + 1,
        spoke_at=facts.now,
        last_text=event.text[:_REMEMBERED_TEXT],
    )
    return _Heard(
        context=Context(library, session, event, facts),
        before=before,
        expired=expired,
        previous=before.last_text if before.last_text and silence <= _SPLIT_TEXTS else None,
        normalised=" ".join(split),
        words=split,
        keys=pressed_keys(event.text),
    )


def _red_flag(heard: _Heard) -> Turn | None:
    """A symptom that can't wait: fixed words, before anything else, and a person is told."""
    if heard.is_bare_key:
        return None
    flag = find_flag(heard.context.event.text, heard.previous)
    if flag is None:
        return None
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
    return _said(heard, (message(heard.context, name),), understood, *effects)


def _said(heard: _Heard, says: tuple[Say, ...], understood: Understood, *effects: Effect) -> Turn:
    """A turn that leaves the conversation where it was."""
    session = msgspec.structs.replace(heard.context.session, misses=0)
    return Turn(session, says, effects, understood)


def _opt_out_words(heard: _Heard) -> Turn | None:
    """STOP, START and HELP as carriers define them, and opting out in one's own words."""
    context, text = heard.context, heard.context.event.text
    if context.event.answered_by_carrier is not None:
        return _answered_by_carrier(heard, context.event.answered_by_carrier)
    if heard.is_bare_key:
        return None
    keyword = carrier_keyword(text)
    if keyword is Keyword.HELP:
        understood = Understood(Kind.COMMAND, (), "keyword:help")
        return _said(heard, (message(context, "help"),), understood)
    if keyword is Keyword.START or (context.facts.opted_out and is_yes(text)):
        return _opted_in(heard)
    if keyword in (Keyword.STOP, Keyword.CANCEL):
        return _opted_out(heard, "keyword", cancel=keyword is Keyword.CANCEL)
    if plain_language_opt_out(text):
        return _opted_out(heard, "own_words", cancel=False)
    return None


def _answered_by_carrier(heard: _Heard, word: CarrierWord) -> Turn:
    """The carrier has replied already: record what it means and add nothing."""
    understood = Understood(Kind.COMMAND, (), f"carrier:{word.value}")
    if word is CarrierWord.STOP:
        return _said(heard, (), Understood(Kind.OPT_OUT, ("optout",), "carrier"), OptOut("carrier"))
    if word is CarrierWord.HELP:
        return _said(heard, (), understood)
    effects: list[Effect] = [OptIn("carrier")]
    about = heard.context.session.about
    if is_yes(heard.context.event.text) and len(about) == 1:
        effects.append(Confirm(about[0].appointment))
    return _said(heard, (), understood, *effects)


def _opted_in(heard: _Heard) -> Turn:
    """Switch messages on again; someone who has them on already gets the menu."""
    understood = Understood(Kind.COMMAND, (), "keyword:start")
    if heard.context.facts.opted_out:
        return _said(heard, (message(heard.context, "started"),), understood, OptIn("keyword"))
    menu = moves.go(heard.context, START, understood.rule)
    return Turn(menu.session, menu.says, (OptIn("keyword"),), understood)


def _opted_out(heard: _Heard, how: str, *, cancel: bool) -> Turn:
    """Switch messages off and say so once. Someone who answers a reminder with CANCEL probably
    means the appointment: a person asks them."""
    context = heard.context
    name = "stopped_cancel" if cancel else "stopped"
    says = () if context.facts.opted_out else (message(context, name),)
    effects: list[Effect] = [OptOut(how)]
    about = context.session.about
    if cancel and about:
        only = about[0].appointment if len(about) == 1 else None
        effects.append(OpenTask(TaskKind.CHANGE_WANTED, Urgency.URGENT, appointment=only))
    return _said(heard, says, Understood(Kind.OPT_OUT, ("optout",), how), *effects)


def _switched_off(heard: _Heard) -> Turn | None:
    """A number without messages writes: say how to switch them on; a person reads the rest."""
    if not heard.context.facts.opted_out:
        return None
    task = OpenTask(TaskKind.WROTE_WHILE_OPTED_OUT)
    understood = Understood(Kind.UNKNOWN, (), "opted_out")
    return _said(heard, (message(heard.context, "still_stopped"),), understood, task)


def _nothing_to_read(heard: _Heard) -> Turn | None:
    if heard.words or heard.keys:
        return None
    return _not_understood(heard, "media" if heard.context.event.media else "empty")


def _command(heard: _Heard) -> Turn | None:
    """What works everywhere: 0, 9, *, # and the words for them, in every language."""
    key = heard.keys[0] if len(heard.keys) == 1 else ""
    command = COMMAND_KEYS.get(key) or heard.context.library.commands.get(heard.normalised)
    if command is None:
        return None
    if heard.before.offers and not heard.expired:
        if command is Command.REPEAT:
            return moves.ask_again(heard.context, heard.before)
        if command is Command.BACK:
            return moves.go(heard.context, heard.context.session.waiting, "command:back")
    return _COMMANDS[command](heard.context)


def _repeat(context: Context) -> Turn:
    """Say it again; what was done for the patient is not done a second time."""
    turn = moves.go(context, context.session.said, "command:repeat")
    return replace(turn, effects=())


def _help(context: Context) -> Turn:
    says = (message(context, "help"),)
    return Turn(context.session, says, (), Understood(Kind.COMMAND, (), "command:help"))


def _thanks(context: Context) -> Turn:
    say = Say(message(context, "welcome").text, hint=answer_hint(context))
    return Turn(context.session, (say,), (), Understood(Kind.COMMAND, (), "command:thanks"))


_COMMANDS: Final[dict[Command, Callable[[Context], Turn]]] = {
    Command.MENU: lambda context: moves.go(context, START, "command:menu"),
    Command.BACK: moves.back,
    Command.REPEAT: _repeat,
    Command.HELP: _help,
    Command.PERSON: lambda context: moves.hand_off(context, "command:person"),
    Command.ENGLISH: lambda context: moves.switch_language(context, "en"),
    Command.SPANISH: lambda context: moves.switch_language(context, "es"),
    Command.THANKS: _thanks,
}


def _expired_key(heard: _Heard) -> Turn | None:
    """A bare key long after its menu was read must not pick from a menu nobody remembers."""
    if not heard.expired or not heard.keys:
        return None
    says = (message(heard.context, "expired"), menu_say(heard.context, START))
    return _said(heard, says, Understood(Kind.CHOICES, (), "expired"))


def _offer(heard: _Heard) -> Turn | None:
    """An answer to the question of the turn before: its number, or the name of the patient."""
    if heard.expired or not heard.before.offers:
        return None
    if len(heard.keys) == 1:
        return moves.take_offer(heard.context, int(heard.keys[0]), heard.before)
    return moves.take_name(heard.context, heard.words, heard.before)


def _menu_option(heard: _Heard) -> Turn | None:
    """An option of the waiting menu, by its key or by exactly its words."""
    context = heard.context
    waiting = context.session.waiting
    keys = ("1",) if waiting == REMINDER_REPLY and is_yes(context.event.text) else heard.keys
    if keys:
        live = context.library.keys.get(waiting, {})
        hits = tuple(live[key] for key in keys if key in OPTION_KEYS and key in live)
    else:
        hits = context.library.menus[waiting].exact(heard.words)
    return _one_or_ask(context, hits, "menu")


def _free_text(heard: _Heard) -> Turn | None:
    """What a text in free words asks for: exactly an option of some menu, else one of the topics.

    Someone whom a reminder has asked may answer it from any menu. Two questions in one text are
    both answered; where it is not clear which topic is meant, the likeliest are offered.
    """
    if heard.keys:
        return None
    context = heard.context
    library = context.library
    if context.session.about:
        asked = library.menus[REMINDER_REPLY].exact(heard.words)
        if asked:
            return _one_or_ask(context, asked, "reminder")
    hits = library.everywhere.exact(heard.words)
    if hits:
        return _one_or_ask(context, hits, "alias")
    finding = find_topics(context.event.text, library.topics)
    if OPT_OUT_TOPIC in finding.answers:
        return _opted_out(heard, "own_words", cancel=False)
    answers = _nodes(heard, finding.answers)
    if len(answers) == 2:
        return moves.go_to_both(context, answers, "words")
    if not answers and _LANGUAGE in library.everywhere.inside(heard.words):
        return moves.go(context, _LANGUAGE, "alias")
    if not answers and len(context.event.text) > _LONG_TEXT:
        return None  # a person reads a long story better than the patient a choice
    return _one_or_ask(context, answers or _nodes(heard, finding.offers), "words")


def _nodes(heard: _Heard, labels: tuple[str, ...]) -> tuple[NodeRef, ...]:
    """The nodes of topics. A phrase that reports a problem ("I drank coffee") counts before its
    topic's usual answer, and so does one that answers a reminder."""
    context = heard.context
    library = context.library
    reported = [ref for ref in library.everywhere.inside(heard.words) if library.is_urgent(ref)]
    if context.session.about:
        reported += library.menus[REMINDER_REPLY].inside(heard.words)
    instead = {library.topics[ref]: ref for ref in reported if ref in library.topics}
    found = (
        instead.get(library.topics.get(label, label)) or library.node_for(label, heard.words)
        for label in labels
    )
    return tuple(dict.fromkeys(ref for ref in found if ref))


def _one_or_ask(context: Context, hits: tuple[NodeRef, ...], rule: str) -> Turn | None:
    if len(hits) == 1:
        return moves.go(context, hits[0], rule)
    if 2 <= len(hits) <= moves.MOST_OFFERS:
        return moves.offer_nodes(context, hits, rule)
    return None


def _not_understood(heard: _Heard, first: str = "not_understood_hint") -> Turn:
    """A hint, then the whole menu, then a person: nobody is asked the same thing a fourth time."""
    context = heard.context
    session = msgspec.structs.replace(context.session, misses=context.session.misses + 1)
    understood = Understood(Kind.UNKNOWN, (), "not_understood")
    unseen = heard.expired or (heard.before.turn == 0 and session.waiting == START)
    if first == "not_understood_hint" and len(context.event.text) > _LONG_TEXT:
        says = (message(context, "too_long"),)
        return Turn(session, says, (OpenTask(TaskKind.QUESTION),), understood)
    if session.misses >= 3:
        says = (message(context, "needs_person"),)
        return Turn(session, says, (OpenTask(TaskKind.NOT_UNDERSTOOD),), understood)
    if unseen and first == "not_understood_hint":
        return Turn(session, (menu_say(context, START),), (), understood)
    if session.misses == 2 or first != "not_understood_hint":
        lead = "not_understood_menu" if first == "not_understood_hint" else first
        return Turn(
            session,
            (message(context, lead), menu_say(context, session.waiting)),
            (),
            understood,
        )
    hint = menu_say(context, session.waiting).hint
    return Turn(session, (Say(message(context, first).text, hint=hint),), (), understood)


_STEPS: Final[tuple[Callable[[_Heard], Turn | None], ...]] = (
    _red_flag,
    _opt_out_words,
    _switched_off,
    _nothing_to_read,
    _command,
    _expired_key,
    _offer,
    _menu_option,
    _free_text,
)

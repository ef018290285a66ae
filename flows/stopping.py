"""Opting out and in, by the carriers' words and by one's own, and who is not answered by itself."""

from __future__ import annotations

import re
from typing import Final

from flows import aloud, checklist, moves
from flows.heard import Heard, stays
from flows.library import START
from flows.model import (
    CarrierWord,
    Confirm,
    Effect,
    Kind,
    OpenTask,
    OptIn,
    OptOut,
    TaskKind,
    Turn,
    Understood,
)
from flows.nodes import Check, Urgency
from flows.optout import (
    Keyword,
    carrier_keyword,
    is_yes,
    names_messages,
    plain_language_opt_out,
    wants_calls_instead,
)
from flows.says import message
from flows.topics import is_no_opt_out

_OF_A_MEDICINE: Final = frozenset(
    "i it them mine doctor dr taking la lo las los deje pare suspendi dejo doctora".split()
)
_WRONG_NUMBER: Final = re.compile(
    r"\bwrong (?:number|person|phone)\b|\bno conozco\b|\bequivocad[oa]s?\b"
)


def opt_out_words(heard: Heard) -> Turn | None:
    """STOP, START and HELP as carriers define them, and opting out in one's own words."""
    context, text = heard.context, heard.context.event.text
    if context.event.answered_by_carrier is not None:
        return _answered_by_carrier(heard, context.event.answered_by_carrier)
    if heard.is_bare_key:
        return None
    if context.event.is_spoken:
        return None if _is_of_a_medicine(heard) else aloud.opt_out(context)
    keyword = carrier_keyword(text)
    if keyword is Keyword.HELP:
        understood = Understood(Kind.COMMAND, (), "keyword:help")
        return stays(heard, (message(context, "help"),), understood)
    if keyword is Keyword.START or (context.facts.opted_out and is_yes(text)):
        return _opted_in(heard)
    if keyword in (Keyword.STOP, Keyword.CANCEL):
        return opted_out(heard, "keyword", cancel=keyword is Keyword.CANCEL)
    return _own_words(heard)


def _own_words(heard: Heard) -> Turn | None:
    text = heard.context.event.text
    if wants_calls_instead(text):
        return moves.calls_instead(heard.context, "own_words")
    if _is_of_a_medicine(heard):
        return None
    if plain_language_opt_out(text) and not is_no_opt_out(text):
        return opted_out(heard, "own_words", cancel=False)
    return None


def _is_of_a_medicine(heard: Heard) -> bool:
    """Whether "stop" is rather said of what the check-list asks about: "do I stop it?" """
    context = heard.context
    asked = context.library.nodes[context.session.waiting]
    if not isinstance(asked, Check) or names_messages(context.event.text):
        return False
    return "?" in context.event.text or not _OF_A_MEDICINE.isdisjoint(heard.words)


def _answered_by_carrier(heard: Heard, word: CarrierWord) -> Turn:
    """The carrier has replied already: record what it means and add nothing."""
    understood = Understood(Kind.COMMAND, (), f"carrier:{word.value}")
    if word is CarrierWord.STOP:
        return stays(heard, (), Understood(Kind.OPT_OUT, ("optout",), "carrier"), OptOut("carrier"))
    if word is CarrierWord.HELP:
        return stays(heard, (), understood)
    effects: list[Effect] = [OptIn("carrier")]
    about = heard.context.session.about
    if is_yes(heard.context.event.text):
        is_last = heard.answers_what_waits
        answered = checklist.take_answer(heard.context, (), heard.words, said_last=is_last)
        if answered is not None and is_last:
            effects += answered.effects
        elif len(about) == 1 and heard.answers_reminder:
            effects.append(Confirm(about[0].appointment))
    return stays(heard, (), understood, *effects)


def _opted_in(heard: Heard) -> Turn:
    """Switch messages on again; someone who has them on already gets the menu, unless a person is
    talking with them."""
    understood = Understood(Kind.COMMAND, (), "keyword:start")
    if heard.context.facts.opted_out or heard.context.facts.paused:
        return stays(heard, (message(heard.context, "started"),), understood, OptIn("keyword"))
    menu = moves.go(heard.context, START, understood.rule)
    return Turn(menu.session, menu.says, (OptIn("keyword"),), understood)


def opted_out(heard: Heard, how: str, *, cancel: bool) -> Turn:
    """Switch messages off and say so once. Someone who answers a reminder with CANCEL probably
    means the appointment, and behind a wrong number there is a patient who has not heard of theirs:
    a person sees to it."""
    context = heard.context
    name = "stopped_cancel" if cancel else "stopped"
    says = () if context.facts.opted_out else (message(context, name),)
    effects: list[Effect] = [OptOut(how)]
    about = context.session.about
    if about and (cancel or _WRONG_NUMBER.search(heard.normalised)):
        only = about[0].appointment if len(about) == 1 else None
        effects.append(OpenTask(TaskKind.CHANGE_WANTED, Urgency.URGENT, appointment=only))
    return stays(heard, says, Understood(Kind.OPT_OUT, ("optout",), how), *effects)


def switched_off(heard: Heard) -> Turn | None:
    """A number without messages writes: say how to switch them on; a person reads the rest.
    Whoever calls is answered all the same."""
    if heard.context.event.is_spoken or not heard.context.facts.opted_out:
        return None
    task = OpenTask(TaskKind.WROTE_WHILE_OPTED_OUT)
    understood = Understood(Kind.UNKNOWN, (), "opted_out")
    return stays(heard, (message(heard.context, "still_stopped"),), understood, task)


def paused(heard: Heard) -> Turn | None:
    """A member of staff is talking with the patient: they answer, and nothing else does."""
    if not heard.context.facts.paused:
        return None
    task = OpenTask(TaskKind.WROTE_TO_STAFF, Urgency.URGENT)
    return stays(heard, (), Understood(Kind.UNKNOWN, (), "paused"), task)

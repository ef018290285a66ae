"""What is said for each node: wording of the channel and language, choices, and the key hint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flows import visits
from flows.clinic_words import filled
from flows.library import CANNOT_COME, REMINDER_REPLY, START, Library
from flows.model import Choice, Event, Facts, Say, Session
from flows.nodes import Act, Ask, Check, Do, Menu, NodeRef, Option, Switch, Texts
from profiles import Language

_MOST_FASTS: Final = 3


@dataclass(frozen=True, slots=True)
class Context:
    """One turn's givens; `session` is already brought up to the present moment."""

    library: Library
    session: Session
    event: Event
    facts: Facts

    @property
    def language(self) -> Language:
        """The language of the conversation."""
        return self.session.language


def text_of(context: Context, texts: Texts, extra: Mapping[str, str] | None = None) -> str:
    """A node's text for this turn's channel and language."""
    return filled(texts, context.event.channel, context.language, context.facts.profile, extra)


def message(context: Context, name: str, extra: Mapping[str, str] | None = None) -> Say:
    """One of the shared messages, without choices or hint."""
    return Say(text_of(context, context.library.messages[name], extra))


def answer_hint(context: Context) -> str:
    """The reminder of the keys that always work."""
    return text_of(context, context.library.messages["hint_answer"])


def menu_say(context: Context, ref: NodeRef, of_visit: Mapping[str, str] | None = None) -> Say:
    """A menu or question with its options, and the keys that work besides them.

    `of_visit` are the words of the visit that a personal one speaks of: by default of the visit
    that was told last.
    """
    menu = context.library.nodes[ref]
    if not isinstance(menu, Menu | Ask | Check):
        raise TypeError(f"{ref} is not a menu")
    is_personal = visits.is_personal(context.library, ref)
    if is_personal and of_visit is None:
        of_visit = _words_of_told_visit(context)
    if ref == CANNOT_COME and of_visit is None:
        of_visit = _words_of_refused_visit(context)
    choices = tuple(_choice(context, option) for option in menu.options)
    top = ref in (START, REMINDER_REPLY)
    hint = text_of(context, context.library.messages["hint_menu" if top else "hint_answer"])
    text = text_of(context, menu.text, of_visit)
    if is_personal:
        text = in_one_line(text)
    if isinstance(menu, Check) and menu.own_fast:
        text = " ".join((text, *own_fasts(context)))
    return Say(text, choices, hint)


def _choice(context: Context, option: Option) -> Choice:
    node = context.library.nodes.get(option.next)
    label = _label(context, option)
    if context.event.is_spoken and isinstance(node, Act) and node.do is Do.SWITCH_LANGUAGE:
        return Choice(option.key, label, "es" if context.language == "en" else "en")
    return Choice(option.key, label)


def _label(context: Context, option: Option) -> str:
    """What an option is called; aloud as it fits into "For …, press 1."."""
    label = option.label[context.language]
    if not context.event.is_spoken:
        return label
    return option.say_as.get(context.language) or f"{label[:1].lower()}{label[1:]}"


def in_one_line(text: str) -> str:
    """A text whose placeholders left gaps; the point of "a. m." ends a sentence, too."""
    return " ".join(text.split()).replace("m..", "m.")


def own_fasts(context: Context) -> list[str]:
    """For each coming visit of a verified patient, when its fast starts, by the clock."""
    library, facts, channel = context.library, context.facts, context.event.channel
    told = []
    for patient in visits.verified(facts):
        for visit in patient.visits:
            if visit.fasts_from is not None:
                pair = (patient, visit)
                words = visits.words_of(library, facts, channel, context.language, pair)
                told.append(in_one_line(message(context, "own_fast", words).text))
    return told[:_MOST_FASTS]


def _words_of_told_visit(context: Context) -> Mapping[str, str]:
    told = visits.told_visit(context.session, context.facts)
    if told is None:
        raise LookupError("a personal menu is said without a visit")
    channel, language = context.event.channel, context.language
    return visits.words_of(context.library, context.facts, channel, language, told)


def _words_of_refused_visit(context: Context) -> Mapping[str, str]:
    subject = visits.refused_visit(context.session, context.facts)
    if subject is None:
        raise LookupError("a reason is asked for without a visit")
    return {"first_name": subject.first_name, "day": subject.day}


def offer_say(context: Context, question: str, labels: Sequence[str]) -> Say:
    """A question with numbered answers made for this turn."""
    choices = tuple(Choice(str(number), label) for number, label in enumerate(labels, start=1))
    return Say(text_of(context, context.library.messages[question]), choices, answer_hint(context))


def label_of(context: Context, ref: NodeRef) -> str:
    """What a node is called in the first menu that leads to it, or as a question of a list."""
    node = context.library.nodes[ref]
    if isinstance(node, Check):
        return node.label[context.language]
    for menu in context.library.nodes.values():
        if isinstance(menu, Menu | Ask):
            for option in menu.options:
                if option.next == ref:
                    return _label(context, option)
    return ref


def resolved(context: Context, ref: NodeRef) -> NodeRef:
    """The node that a switch leads to at this clinic; any other node is itself."""
    node = context.library.nodes[ref]
    if not visits.is_open(context.library, ref, context.session, context.facts):
        return visits.way_out(context.library, ref, context.session)
    while isinstance(node, Switch):
        ref = node.to[getattr(context.facts.profile.practice, node.on)]
        node = context.library.nodes[ref]
    return ref


def sms_body(says: Sequence[Say]) -> str:
    """What is said as the body of one text: the words, a line for each choice, the key hint."""
    return "\n\n".join(_lines(say) for say in says)


def _lines(say: Say) -> str:
    lines = [say.text, *(f"{choice.key} {choice.label}" for choice in say.choices)]
    return "\n".join([*lines, say.hint] if say.hint else lines)

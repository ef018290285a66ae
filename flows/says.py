"""What is said for each node: wording of the channel and language, choices, and the key hint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.clinic_words import filled
from flows.library import REMINDER_REPLY, START, Library
from flows.model import (
    Act,
    Choice,
    Do,
    Event,
    Facts,
    Menu,
    NodeRef,
    Option,
    Say,
    Session,
    Switch,
    Texts,
)
from profiles import Language


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


def menu_say(context: Context, ref: NodeRef) -> Say:
    """A menu with its options, and the keys that work besides them."""
    menu = context.library.nodes[ref]
    if not isinstance(menu, Menu):
        raise TypeError(f"{ref} is not a menu")
    choices = tuple(_choice(context, option) for option in menu.options)
    top = ref in (START, REMINDER_REPLY)
    hint = text_of(context, context.library.messages["hint_menu" if top else "hint_answer"])
    return Say(text_of(context, menu.text), choices, hint)


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


def offer_say(context: Context, question: str, labels: Sequence[str]) -> Say:
    """A question with numbered answers made for this turn."""
    choices = tuple(Choice(str(number), label) for number, label in enumerate(labels, start=1))
    return Say(text_of(context, context.library.messages[question]), choices, answer_hint(context))


def label_of(context: Context, ref: NodeRef) -> str:
    """What a node is called in the first menu that leads to it."""
    for menu in context.library.nodes.values():
        if isinstance(menu, Menu):
            for option in menu.options:
                if option.next == ref:
                    return _label(context, option)
    return ref


def resolved(context: Context, ref: NodeRef) -> NodeRef:
    """The node that a switch leads to at this clinic; any other node is itself."""
    node = context.library.nodes[ref]
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

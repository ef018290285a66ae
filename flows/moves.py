"""Going to a node: what is said, what is done, and where the conversation waits afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from flows import checklist, coming, identity
from flows.clinic_words import open_at
from flows.library import CANNOT_COME, CHANGES, CONFIRMED, READY, START
from flows.model import (
    HandOff,
    Kind,
    NoMoreTexts,
    OfferKind,
    OnCall,
    OpenTask,
    Say,
    Session,
    SwitchLanguage,
    TaskKind,
    Turn,
    Understood,
)
from flows.nodes import (
    URGENT,
    Act,
    Answer,
    Approved,
    Ask,
    Asks,
    Check,
    Checklist,
    Do,
    Menu,
    NodeRef,
    Urgency,
)
from flows.replies import Reply, read_reply
from flows.says import (
    Context,
    answer_hint,
    label_of,
    menu_say,
    message,
    offer_say,
    own_fasts,
    resolved,
    text_of,
)
from flows.text import words
from flows.waiting import turn_of, wait_at
from profiles import Language

MOST_OFFERS: Final = 3
_AROUND_A_NAME: Final = frozenset(
    "for its it is this thats para es soy de please just i am im my wife husband mom mother dad "
    "father por favor mi esposa esposo mama papa".split()
)
_BOTH: Final = frozenset(("both", "both of us", "us both", "both of them", "los dos", "ambos"))
_NEITHER: Final = frozenset(("neither", "none", "ninguno"))
_ON_CALLS: Final = frozenset({Do.LEAVE_MESSAGE, Do.CALL_BACK, Do.NUMBER_RIGHT, Do.NUMBER_AGAIN})
_FOR_WHOM: Final = frozenset({OfferKind.CONFIRM_FOR, OfferKind.CANNOT_COME_FOR})


def go(context: Context, ref: NodeRef, rule: str) -> Turn:
    """Go to a node; `rule` says by which rule it was found."""
    if ref != CANNOT_COME:  # it needs no visit yet: whose it is may have to be asked first
        ref = resolved(context, ref)
    node = context.library.nodes[ref]
    if isinstance(node, Ask):
        return _ask(context, ref, node, rule)
    if isinstance(node, Checklist):
        return checklist.open_list(context, node, rule)
    if isinstance(node, Menu | Check):
        return wait_at(context, ref, rule)
    labels = tuple(filter(None, (context.library.topics.get(ref),)))
    understood = Understood(Kind.ANSWER, labels, rule)
    if isinstance(node, Act):
        return _act(context, ref, node, understood)
    if isinstance(node, Answer):
        return turn_of(context, understood, ref, (_with_approved(context, node),))
    if isinstance(node, Approved):
        return _approved(context, ref, node, understood)
    raise TypeError(f"{ref} leads nowhere")


def _ask(context: Context, ref: NodeRef, node: Ask, rule: str) -> Turn:
    """Wait for the patient's own words, unless it is known already what they would say."""
    if ref == CANNOT_COME:
        understood = Understood(Kind.ANSWER, (node.topic,), rule)
        return coming.answer(context, Do.CANNOT_COME, understood)
    if node.asks is Asks.REASON:
        return coming.cannot_come(context, ref, node, rule)
    if context.facts.standing.is_withheld:
        return hand_off(context, rule)
    return identity.tell_or_ask(context, ref, node, rule)


def go_to_both(context: Context, refs: tuple[NodeRef, ...], rule: str) -> Turn:
    """Answer two questions of one text; where the two are no answers, ask which was meant."""
    nodes = context.library.nodes
    if any(isinstance(nodes[ref], Menu) for ref in refs):
        return offer_nodes(context, refs, rule)
    if CONFIRMED in refs and not CHANGES.isdisjoint(refs):
        return offer_nodes(context, refs, rule)  # they are coming, or are they not?
    refs = tuple(sorted(refs, key=lambda ref: isinstance(nodes[ref], Ask) or ref == CONFIRMED))
    turns: list[Turn] = []
    for ref in refs:
        turns.append(go(context, ref, rule))
        context = replace(context, session=turns[-1].session)
    first, last = turns
    says = (*(replace(say, hint="") for say in first.says), *last.says)
    labels = (*first.understood.labels, *last.understood.labels)
    effects = tuple(dict.fromkeys((*first.effects, *last.effects)))
    return Turn(last.session, says, effects, Understood(Kind.ANSWER, labels, rule))


def _with_approved(context: Context, node: Answer) -> Say:
    text = text_of(context, node.text)
    approved = context.facts.profile.approved_texts.get(node.approved or "")
    if approved:
        text = f"{text} {approved.text.in_language(context.language)}"
    if node.own_fast:
        text = " ".join((text, *own_fasts(context)))
    return Say(text, hint=answer_hint(context))


def _approved(context: Context, ref: NodeRef, node: Approved, understood: Understood) -> Turn:
    approved = context.facts.profile.approved_texts.get(node.topic)
    if approved:
        say = Say(approved.text.in_language(context.language), hint=answer_hint(context))
        return turn_of(context, understood, ref, (say,))
    task = OpenTask(TaskKind.QUESTION, node.urgency, node.topic)
    say = Say(message(context, "needs_team").text, hint=answer_hint(context))
    return turn_of(context, understood, ref, (say,), task)


def _act(context: Context, ref: NodeRef, node: Act, understood: Understood) -> Turn:
    match node.do:
        case Do.SWITCH_LANGUAGE:
            return switch_language(context, "es" if context.language == "en" else "en")
        case Do.CONFIRM:
            return coming.answer(context, node.do, understood)
        case _ if node.do in _ON_CALLS:
            say = Say(text_of(context, node.text))
            return turn_of(context, understood, ref, (say,), OnCall(node.do))
    about = coming.subjects_of(context)
    task = OpenTask(
        TaskKind(node.do.value),
        Urgency.URGENT if node.do in URGENT else Urgency.NORMAL,
        node.topic,
        about[0].appointment if len(about) == 1 else None,
    )
    say = Say(text_of(context, node.text), hint=answer_hint(context))
    return turn_of(context, understood, ref, (say,), task)


def take_offer(context: Context, number: int, before: Session) -> Turn | None:
    """The patient chose an offer of the turn `before` by its number (from 1)."""
    if not 1 <= number <= len(before.offers):
        return None
    offer = before.offers[number - 1]
    if before.offer_kind is OfferKind.NODES:
        return go(context, context.library.current(offer), "offer")
    if before.offer_kind is OfferKind.VISITS:
        return identity.tell_offered(context, offer, "offer") if offer.isdecimal() else None
    if before.offer_kind is OfferKind.CHECKS_FOR:
        return checklist.open_for(context, offer, "offer")
    subject = next((s for s in context.session.about if str(s.appointment) == offer), None)
    return coming.reply_about(context, subject, *_asked(before, "offer")) if subject else None


def take_name(context: Context, said: Sequence[str], before: Session) -> Turn | None:
    """The patient answered "for whom?" with a first name that only one of those asked about has,
    or for both of two."""
    if before.offer_kind not in _FOR_WHOM:
        return None
    asked = [s for s in context.session.about if str(s.appointment) in before.offers]
    refused = before.offer_kind is OfferKind.CANNOT_COME_FOR
    neither = refused and said[:1] and said[0] in _NEITHER
    is_both = neither and read_reply(" ".join(said)) is Reply.NOT_COMING
    if len(asked) == 2 and (is_both or " ".join(said) in _BOTH):
        first = coming.reply_about(context, asked[0], *_asked(before, "offer"))
        second = coming.reply_about(
            replace(context, session=first.session), asked[1], *_asked(before, "offer")
        )
        says, effects = (*first.says, *second.says), (*first.effects, *second.effects)
        return replace(second, says=says, effects=effects)
    name = [word for word in said if word not in _AROUND_A_NAME]
    named = [subject for subject in asked if words(subject.first_name) == name]
    if len(named) != 1:
        return None
    return coming.reply_about(context, named[0], *_asked(before, "offer"))


def ask_again(context: Context, before: Session) -> Turn:
    """The question of the turn `before` once more, with its numbered answers."""
    if before.offer_kind is OfferKind.NODES:
        refs = tuple(map(context.library.current, before.offers))
        for ref, node in context.library.nodes.items():
            if isinstance(node, Checklist) and node.review and tuple(node.items) == refs:
                return go(context, ref, "command:repeat")
        return offer_nodes(context, refs, "command:repeat")
    if before.offer_kind not in _FOR_WHOM:
        asked = "appointment.details" if before.offer_kind is OfferKind.VISITS else READY
        return go(context, asked, "command:repeat")
    if len(context.session.about) < 2:
        return go(context, context.session.waiting, "command:repeat")
    return coming.ask_whom(context, *_asked(before, "command:repeat"))


def _asked(before: Session, rule: str) -> tuple[Do, Understood]:
    """What the patient answers about whomever they name now, and how that was understood."""
    confirms = before.offer_kind is OfferKind.CONFIRM_FOR
    topic = "appointment.confirm" if confirms else "appointment.change"
    do = Do.CONFIRM if confirms else Do.CANNOT_COME
    return do, Understood(Kind.ANSWER, (topic,), rule)


def offer_nodes(context: Context, refs: tuple[NodeRef, ...], rule: str) -> Turn:
    """Ask which of a few nodes was meant."""
    labels = [label_of(context, ref) for ref in refs]
    session = msgspec.structs.replace(
        context.session, offers=refs, offer_kind=OfferKind.NODES, misses=0
    )
    topics = tuple(filter(None, (context.library.topics.get(ref) for ref in refs)))
    understood = Understood(Kind.CHOICES, topics, rule)
    return Turn(session, (offer_say(context, "which_one", labels),), (), understood)


def switch_language(context: Context, language: Language) -> Turn:
    """Go on in another language, in messages that we start as well."""
    session = msgspec.structs.replace(context.session, language=language, misses=0, offers=())
    switched = Context(context.library, session, context.event, context.facts)
    says = (message(switched, "language_switched"), menu_say(switched, session.waiting))
    understood = Understood(Kind.COMMAND, (), f"language:{language}")
    return Turn(session, says, (SwitchLanguage(language),), understood)


def hand_off(context: Context, rule: str, urgency: Urgency = Urgency.NORMAL) -> Turn:
    """The patient wants a person: the desk's name and number, and a task to call them.

    A caller is connected instead; what is said then depends on how that goes.
    """
    about = context.session.about
    appointment = about[0].appointment if len(about) == 1 else None
    understood = Understood(Kind.COMMAND, ("coordinator",), rule)
    said = context.session.said
    if context.event.is_spoken:
        wanted = HandOff(TaskKind.CALL_ME, "coordinator", appointment)
        return _aside(turn_of(context, understood, said, (), wanted))
    is_open = open_at(context.facts.profile, context.facts.now)
    say = message(context, "handoff" if is_open else "handoff_closed")
    task = OpenTask(TaskKind.CALL_ME, urgency, "coordinator", appointment)
    return _aside(turn_of(context, understood, said, (say,), task))


def _aside(turn: Turn) -> Turn:
    return replace(turn, session=msgspec.structs.replace(turn.session, is_aside=True))


def calls_instead(context: Context, rule: str) -> Turn:
    """The patient wants to be called and no longer texted: our own texts end, a person calls."""
    turn = hand_off(context, rule)
    said = message(context, "calls_instead")
    return replace(turn, says=(said, *turn.says), effects=(NoMoreTexts(), *turn.effects))


def back(context: Context) -> Turn:
    """One step back: from an answer to its menu, from a menu to the one before."""
    session = context.session
    if session.history and resolved(context, session.history[-1]) != session.history[-1]:
        session = msgspec.structs.replace(session, history=())
        context = Context(context.library, session, context.event, context.facts)
    if session.said != session.waiting:
        return wait_at(context, session.waiting, "command:back")
    if not session.history:
        return wait_at(context, START, "command:back")
    before = msgspec.structs.replace(session, waiting=session.history[-1])
    turn = wait_at(
        Context(context.library, before, context.event, context.facts),
        session.history[-1],
        "command:back",
    )
    kept = msgspec.structs.replace(turn.session, history=session.history[:-1])
    return Turn(kept, turn.says, turn.effects, turn.understood)


def repeat(context: Context) -> Turn:
    """Say it again; what was done for the patient is not done a second time."""
    said = context.session.said
    if isinstance(context.library.nodes[said], Ask):
        said = context.session.waiting  # what was asked has its answer, if something else waits
    turn = go(context, said, "command:repeat")
    return replace(turn, effects=())


def tell_help(context: Context) -> Turn:
    """What this number is and how to reach a person."""
    says = (message(context, "help"),)
    return Turn(context.session, says, (), Understood(Kind.COMMAND, (), "command:help"))


def thank(context: Context) -> Turn:
    """The answer to thanks."""
    say = Say(message(context, "welcome").text, hint=answer_hint(context))
    return Turn(context.session, (say,), (), Understood(Kind.COMMAND, (), "command:thanks"))

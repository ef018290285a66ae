"""Will they come? Answers about one visit: yes, no, and in the patient's own words why not.

An answer concerns the visit that a verified patient was just told of, else those that a reminder
asked about.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import msgspec

from flows.library import CANNOT_COME, CONFIRMED, START
from flows.model import (
    CannotCome,
    Confirm,
    Effect,
    Kind,
    OfferKind,
    OpenTask,
    Say,
    Subject,
    TaskKind,
    Turn,
    Understood,
)
from flows.nodes import Act, Ask, Asks, Do, NodeRef, Urgency
from flows.says import Context, answer_hint, message, offer_say, text_of
from flows.text import words
from flows.visits import is_personal, refused_visit, subject_of, told_visit
from flows.waiting import turn_of, wait_at

_CLAUSE: Final = re.compile(r"[^.!?,;\n]+[.!?,;\n]?")
_COMING: Final = re.compile(
    r"\b(?:be there|coming|come|see you|confirm\w*|count (?:me|on)|(?:ahi|alli|aqui) estare|voy|"
    r"ire|nos vemos|cuente)\b"
)
_NO_DOUBT: Final = re.compile(
    r"\b(?:no problem|not a problem|dont (?:you )?worry|cant wait|(?:wont|wouldnt) miss|"
    r"wont be late|let (?:me|us) know if|hope to see|no se preocup\w+|no voy a faltar|como no)\b"
)
_UNSURE: Final = re.compile(
    r"\b(?:doubt|unsure|not sure|unless|if|maybe|might|dudo|quizas|tal vez|a lo mejor|ojala)\b"
    r"|\bno (?:se|creo|estoy segur[oa])\b"
)
_DENIED: Final = re.compile(
    r"^(?:is|are|was|does|did|could|should|would|when|where|what|who)\b"
    r"|^(?:will|can|do) (?:i|he|she|it|they|you|we|my|his|her|our|your)\b"
    r"|\b(?:not|dont|wont|cannot|cant|couldnt|never|hope|hopefully|try|trying|nunca|espero)\b"
    r"|\bno (?:puedo|voy|ire|podre|pienso|confirm\w*)\b"
    r"|^my \w+ (?:will|is|can|wont)\b|^mi \w+ (?:si )?(?:va|ira|estara)\b"
)


def subjects_of(context: Context) -> tuple[Subject, ...]:
    """The visits that an answer is about: the one just told, or those that a reminder asked of."""
    if context.session.waiting == CANNOT_COME:
        subject = refused_visit(context.session, context.facts)
        return (subject,) if subject else ()
    if not is_personal(context.library, context.session.waiting):
        return context.session.about
    told = told_visit(context.session, context.facts)
    return (subject_of(*told, context.language),) if told else ()


def answer(context: Context, do: Do, understood: Understood) -> Turn:
    """Will they come? An answer that concerns whomever a reminder asked, or the visit just told."""
    about = subjects_of(context)
    if not about:
        menu = wait_at(context, START, understood.rule)
        nothing = message(context, "nothing_waiting")
        return Turn(menu.session, (nothing, *menu.says), (), understood)
    if len(about) > 1:
        return ask_whom(context, do, understood)
    return reply_about(context, about[0], do, understood)


def reply_about(context: Context, subject: Subject, do: Do, understood: Understood) -> Turn:
    """The patient's answer about one appointment: they are coming, or can't and may say why."""
    if do is Do.CONFIRM:
        return _confirmed(context, subject, understood)
    about = context.session.about
    if subject.appointment not in {each.appointment for each in about}:
        about = (*about, subject)  # a visit that was told rather than asked about
    session = msgspec.structs.replace(context.session, about=about, visit=subject.appointment)
    turn = wait_at(replace(context, session=session), CANNOT_COME, understood.rule)
    return replace(turn, effects=_refusal(subject.appointment, "appointment.change"))


def is_in_doubt(text: str) -> bool:
    """Whether words that sound like "I will be there" may say something else: they deny, doubt or
    ask, or somebody else will be there. Nobody looks after a visit that is wrongly confirmed."""
    if _UNSURE.search(_NO_DOUBT.sub("", " ".join(words(text)))):
        return True
    clauses = [(each, " ".join(words(each))) for each in _CLAUSE.findall(text)]
    telling = [(each, said) for each, said in clauses if _COMING.search(said)] or clauses
    return any("?" in each or _DENIED.search(_NO_DOUBT.sub("", said)) for each, said in telling)


def ask_whom(context: Context, do: Do, understood: Understood) -> Turn:
    """Several appointments were asked about on this phone: whom is the answer for?"""
    about = context.session.about[:8]
    names = [subject.first_name for subject in about]
    labels = [
        subject.first_name
        if names.count(subject.first_name) == 1
        else f"{subject.first_name}, {subject.day}"
        for subject in about
    ]
    kind = OfferKind.CONFIRM_FOR if do is Do.CONFIRM else OfferKind.CANNOT_COME_FOR
    session = msgspec.structs.replace(
        context.session,
        offers=tuple(str(subject.appointment) for subject in about),
        offer_kind=kind,
        misses=0,
    )
    return Turn(session, (offer_say(context, "whom", labels),), (), understood)


def cannot_come(context: Context, ref: NodeRef, node: Ask, rule: str) -> Turn:
    """A verified patient can't come to the visit they were told of; they may say why."""
    turn = wait_at(context, ref, rule)
    subjects = subjects_of(context)
    if len(subjects) != 1:
        return turn
    return replace(turn, effects=_refusal(subjects[0].appointment, node.topic))


def take_reason(context: Context) -> Turn | None:
    """The reason in the patient's own words: they are added to the task that is open already."""
    ref = context.session.waiting
    node = context.library.nodes[ref]
    subjects = subjects_of(context)
    if not isinstance(node, Ask) or node.asks is not Asks.REASON or len(subjects) != 1:
        return None
    understood = Understood(Kind.ANSWER, (node.topic,), "reason")
    task = OpenTask(TaskKind.CANNOT_COME, Urgency.URGENT, node.topic, subjects[0].appointment)
    say = Say(message(context, "reason_noted").text, hint=answer_hint(context))
    waiting = node.then or START
    session = msgspec.structs.replace(context.session, waiting=waiting, said=ref, misses=0)
    return Turn(session, (say,), (task,), understood)


def _confirmed(context: Context, subject: Subject, understood: Understood) -> Turn:
    node = context.library.nodes[CONFIRMED]
    if not isinstance(node, Act):
        raise TypeError(f"{CONFIRMED} must be an act")
    extra = {"first_name": subject.first_name, "day": subject.day}
    say = Say(text_of(context, node.text, extra), hint=answer_hint(context))
    asked = context.library.nodes[context.session.waiting]
    if isinstance(asked, Ask) and asked.asks is Asks.REASON:  # it was a mistake: no more "why?"
        session = msgspec.structs.replace(context.session, waiting=asked.then or START)
        context = replace(context, session=session)
    return turn_of(context, understood, CONFIRMED, (say,), Confirm(subject.appointment))


def _refusal(appointment: int, topic: str) -> tuple[Effect, ...]:
    task = OpenTask(TaskKind.CANNOT_COME, Urgency.URGENT, topic, appointment)
    return CannotCome(appointment), task

"""Will they come? Answers about one visit: yes, no, and in the patient's own words why not.

An answer concerns the visit that a verified patient was just told of, else those that a reminder
asked about.
"""

from __future__ import annotations

from dataclasses import replace

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
from flows.visits import is_personal, refused_visit, subject_of, told_visit
from flows.waiting import turn_of, wait_at


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
    session = msgspec.structs.replace(
        context.session,
        about=about,
        visit=subject.appointment,
        refused=tuple({*context.session.refused, subject.appointment}),
    )
    turn = wait_at(replace(context, session=session), CANNOT_COME, understood.rule)
    return replace(turn, effects=_refusal(subject.appointment, "appointment.change"))


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
    session = context.session
    still_refused = tuple(each for each in session.refused if each != subject.appointment)
    session = msgspec.structs.replace(session, refused=still_refused)
    asked = context.library.nodes[session.waiting]
    if isinstance(asked, Ask) and asked.asks is Asks.REASON:  # it was a mistake: no more "why?"
        session = msgspec.structs.replace(session, waiting=asked.then or START)
    context = replace(context, session=session)
    return turn_of(context, understood, CONFIRMED, (say,), Confirm(subject.appointment))


def _refusal(appointment: int, topic: str) -> tuple[Effect, ...]:
    task = OpenTask(TaskKind.CANNOT_COME, Urgency.URGENT, topic, appointment)
    return CannotCome(appointment), task

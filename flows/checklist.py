"""The check-list before a visit: one question a turn, resumed where it was left.

It opens for a visit that is at most two days away and that we asked the patient about, or whose
patient is verified. Every answer is stored when it is given; one that is a problem is a task.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.known import PrepAnswer
from flows.library import READY, REMINDER_REPLY
from flows.model import Effect, Kind, OfferKind, OpenTask, Say, Subject, TaskKind, Turn, Understood
from flows.nodes import Act, Answer, Check, Checklist, NodeRef, Option, Urgency
from flows.replies import KIN
from flows.says import Context, menu_say, message, offer_say, text_of
from flows.topics import find_topics
from flows.visits import checked_visit, subject_of, verified
from flows.waiting import wait_at, waiting_at

_SOON: Final = dt.timedelta(hours=48)
_TOPIC: Final = "prep.overview"
_MOST_PEOPLE: Final = 8
_COURTESY: Final = frozenset(
    "maam sir mam dear please thanks thank you honey senor senora por favor gracias".split()
)
_PLAIN: Final = (
    (
        re.compile(
            r"(?:(?:yes|yeah|yep|yup|y|sure) ?)+"
            r"(?:\b(?:i|we) (?:do|am|have|will|did|take|take (?:it|one)))?"
        ),
        "yes",
    ),
    (re.compile(r"(?:(?:si|claro|sip) ?)+"), "si"),
    (
        re.compile(
            r"(?:(?:no|nope|nah|none) ?)+"
            r"(?:\b(?:i|we) (?:dont|do not)(?: (?:take|have))?(?: (?:any|it|one))?)?"
        ),
        "no",
    ),
)
_DRIVER: Final = "driver"
_WHO_DRIVES: Final = (
    r"(?:(?:yes|yeah|yep|si|oh|well|pues) )*(?:my|our|mi) (?:(?:older|oldest|younger|youngest) )?"
    + KIN
)
_DRIVES: Final = re.compile(
    rf"{_WHO_DRIVES}(?:(?: [a-z]+)?(?:"
    r"(?: (?:is|will|will be|is going to))? (?:driv|tak|bring|pick)(?:e|es|ing|s|)"
    r" (?:me|us)(?: (?:home|up|back|and))*"
    r"| (?:me|nos) (?:va a )?(?:llev|tra|recog|manej)\w+(?: (?:a|de|casa|vuelta|mi))*"
    r"| va a (?:llevarme|recogerme|traerme)(?: a (?:mi )?casa)?"
    r"))?"
)
_DOES_NOT: Final = frozenset("cant cannot wont no not maybe might may if unless died".split())
_NAMED_IS_YES: Final = frozenset(("blood_thinners", "allergies"))
_NO_STATEMENT: Final = frozenset(
    "no not none nothing neither nor never without dont doesnt didnt wont cant isnt arent aint "
    "havent hasnt zero free hardly avoid refuse used stopped stop quit should can could do does is "
    "are when what which how why husband wife told know knows nunca ninguna ninguno ningun nada "
    "tampoco jamas sin antes quitaron deje dije saben puedo debo cuando que cual como".split()
)


def open_list(context: Context, node: Checklist, rule: str) -> Turn:
    """Go on with the check-list of the visit that is soon; of several, ask whose it is."""
    subjects = _soon(context)
    current = checked_visit(context.session, context.facts)
    if current is not None and current.appointment in {s.appointment for s in subjects}:
        return _go_on(context, node, current, rule)
    if len(subjects) == 1:
        return _go_on(context, node, subjects[0], rule)
    if subjects:
        return _ask_whom(context, subjects[:_MOST_PEOPLE], rule)
    turn = wait_at(context, node.otherwise, rule)
    if context.session.waiting == REMINDER_REPLY:
        return turn
    says = (message(context, "no_check_list"), *turn.says)
    return Turn(turn.session, says, (), turn.understood)


def open_for(context: Context, appointment: str, rule: str) -> Turn | None:
    """The check-list of the visit that was chosen from several."""
    node = context.library.nodes.get(READY)
    subject = next((s for s in _soon(context) if str(s.appointment) == appointment), None)
    if subject is None or not isinstance(node, Checklist):
        return None
    return _go_on(context, node, subject, rule)


def take_answer(
    context: Context, keys: Sequence[str], words: Sequence[str], *, said_last: bool
) -> Turn | None:
    """An answer to the question that waits: its key, its words with or without courtesy, or the
    name of what it asks about ("I take warfarin"), which is a yes. Where something else was
    `said_last`, what would be an answer gets the question again."""
    ref = context.session.waiting
    check = context.library.nodes[ref]
    subject = checked_visit(context.session, context.facts) if isinstance(check, Check) else None
    if not isinstance(check, Check) or subject is None:
        return None
    said = plain_answer(words)
    exact = context.library.answers[ref].exact
    ids = exact(words) or exact(said)
    chosen = [
        option
        for option in check.options
        if (option.key == keys[0] if len(keys) == 1 else (option.id,) == ids)
    ]
    if not chosen and not keys:
        chosen = _named(context, check, said)
    if chosen and not said_last:
        return wait_at(context, ref, "ready:again")
    return _answered(context, check, chosen[0], subject) if chosen else None


def plain_answer(words: Sequence[str]) -> tuple[str, ...]:
    """An answer without its courtesy: "yes ma'am" and "yeah I do" are "yes"."""
    said = tuple(word for word in words if word not in _COURTESY)
    plain = (answer for form, answer in _PLAIN if form.fullmatch(" ".join(said)))
    return next(((answer,) for answer in plain), said)


def _named(context: Context, check: Check, said: Sequence[str]) -> list[Option]:
    """The option that hands something over to staff, if that is what a statement is about, or
    that somebody named takes them home; a refusal or a question names it as well and is none."""
    text = context.event.text
    if not context.event.sure or "?" in text:
        return []
    if check.item == _DRIVER:
        drives = _DRIVES.fullmatch(" ".join(said)) and _DOES_NOT.isdisjoint(said)
        return [option for option in check.options if drives and option.id == "arranged"]
    if check.item not in _NAMED_IS_YES or not said or not _NO_STATEMENT.isdisjoint(said):
        return []
    nodes = context.library.nodes
    acts = {option.next: option for option in reversed(check.options)}
    found = find_topics(text, context.library.topics).answers
    return [
        option
        for ref, option in acts.items()
        if isinstance(node := nodes[ref], Act) and found == (node.topic,)
    ]


def _answered(context: Context, check: Check, option: Option, subject: Subject) -> Turn:
    says, tasks = _reply(context, option.next, subject)
    done = PrepAnswer(subject.appointment, check.item, option.id)
    node = context.library.nodes[READY]
    if not isinstance(node, Checklist):
        raise TypeError(f"{READY} must be a checklist")
    next_ = _next(context, node, subject, check.item)
    session = waiting_at(context.session, next_)
    understood = Understood(Kind.ANSWER, (_TOPIC,), f"ready:{check.item}")
    there = Context(context.library, session, context.event, context.facts)
    return Turn(session, (*says, menu_say(there, next_)), (done, *tasks), understood)


def _reply(
    context: Context, ref: NodeRef, subject: Subject
) -> tuple[tuple[Say, ...], tuple[Effect, ...]]:
    """What is said to an answer, and the task that it is for staff."""
    node = context.library.nodes[ref]
    if isinstance(node, Answer):
        return (Say(text_of(context, node.text)),), ()
    if isinstance(node, Act):
        kind = TaskKind(node.do.value)
        task = OpenTask(kind, Urgency.URGENT, node.topic, subject.appointment)
        return (Say(text_of(context, node.text)),), (task,)
    return (), ()


def _go_on(context: Context, node: Checklist, subject: Subject, rule: str) -> Turn:
    session = msgspec.structs.replace(context.session, checking=subject.appointment)
    there = Context(context.library, session, context.event, context.facts)
    if node.review:
        return _review(there, node, subject, rule)
    return wait_at(there, _next(there, node, subject), rule)


def _next(
    context: Context, node: Checklist, subject: Subject, just_answered: str | None = None
) -> NodeRef:
    """The first question that has no answer yet, or what comes after all of them."""
    answered = {*context.facts.answered(subject.appointment), just_answered}
    for ref in node.items:
        check = context.library.nodes[ref]
        if isinstance(check, Check) and check.item not in answered:
            return ref
    return node.done


def _review(context: Context, node: Checklist, subject: Subject, rule: str) -> Turn:
    """Every question with its answer, each to be chosen and answered anew."""
    answered = context.facts.answered(subject.appointment)
    labels = []
    for ref in node.items:
        check = context.library.nodes[ref]
        if isinstance(check, Check):
            given = [o for o in check.options if o.id == answered.get(check.item)]
            said = given[0].label[context.language] if given else _not_answered(context)
            labels.append(f"{check.label[context.language]}: {said}")
    session = msgspec.structs.replace(
        context.session, offers=tuple(node.items), offer_kind=OfferKind.NODES, misses=0
    )
    understood = Understood(Kind.CHOICES, (_TOPIC,), rule)
    return Turn(session, (offer_say(context, "your_answers", labels),), (), understood)


def _not_answered(context: Context) -> str:
    return message(context, "not_answered").text


def _ask_whom(context: Context, subjects: Sequence[Subject], rule: str) -> Turn:
    labels = [f"{subject.first_name}, {subject.day}" for subject in subjects]
    session = msgspec.structs.replace(
        context.session,
        offers=tuple(str(subject.appointment) for subject in subjects),
        offer_kind=OfferKind.CHECKS_FOR,
        misses=0,
    )
    say = offer_say(context, "checks_for_whom", labels)
    return Turn(session, (say,), (), Understood(Kind.CHOICES, (_TOPIC,), rule))


def _soon(context: Context) -> list[Subject]:
    """The visits that are at most two days away."""
    latest = context.facts.now + _SOON
    soon = [subject for subject in context.session.about if subject.until <= latest]
    if soon or context.session.waiting == REMINDER_REPLY:
        return soon
    return [
        subject_of(patient, visit, context.language)
        for patient in verified(context.facts)
        for visit in patient.visits
        if visit.starts_at <= latest
    ]

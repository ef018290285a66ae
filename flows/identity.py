"""Who is this? Details of a visit are told only to the number on file and a matching birth date.

A number that nobody has on file and a wrong date get the same words and the same steps, so that
nothing tells whether a number is known. What is counted and locked is the number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.birth_dates import birth_dates
from flows.known import IdentityLocked, IdentityMiss, KnownPatient, KnownVisit, Verified
from flows.library import START, Library
from flows.model import Effect, Kind, OfferKind, OpenTask, Say, Session, TaskKind, Turn, Understood
from flows.nodes import Act, Ask, Asks, NodeRef
from flows.says import Context, answer_hint, menu_say, message, offer_say, text_of
from flows.visits import is_locked, told_visit, verified, words_of
from flows.waiting import turn_of, wait_at, waiting_at

_MOST_MISSES: Final = 3
_LOCK: Final = dt.timedelta(days=1)
_MOST_VISITS: Final = 8
_Told = tuple[KnownPatient, KnownVisit]


def asked_at(library: Library, session: Session) -> NodeRef | None:
    """Where a date of birth was asked for that may still be given: here, or on the way here."""
    for ref in (session.waiting, *reversed(session.history)):
        node = library.nodes.get(ref)
        if isinstance(node, Ask) and node.asks is Asks.BIRTH_DATE:
            return ref
    return None


def tell_or_ask(context: Context, ref: NodeRef, ask: Ask, rule: str) -> Turn:
    """The details, for a patient who is verified; anybody else is asked for the date of birth."""
    understood = Understood(Kind.ANSWER, (ask.topic,), rule)
    if is_locked(context.facts):
        return _locked(context, ref, understood)
    known = () if ask.anew else verified(context.facts)
    if known and (_coming(known) or len(known) == len(context.facts.visits())):
        return _tell(context, ask, known, understood)
    return wait_at(context, ref, rule)


def take_birth_date(context: Context) -> Turn | None:
    """Compare a date of birth that was asked for; `None` for a text that is no such date."""
    ref = asked_at(context.library, context.session)
    ask = context.library.nodes[ref] if ref else None
    if ref is None or not isinstance(ask, Ask):
        return None
    facts = context.facts
    today = facts.now.astimezone(facts.profile.zone).date()
    dates = birth_dates(context.event.text, context.language, today)
    if not dates:
        return None
    if is_locked(facts):
        return _locked(context, ref, Understood(Kind.ANSWER, (ask.topic,), "identity:locked"))
    matching = [patient for patient in facts.visits() if patient.date_of_birth in dates]
    if not matching:
        return _missed(context, ref, ask)
    understood = Understood(Kind.ANSWER, (ask.topic,), "identity:match")
    new = tuple(patient.patient for patient in matching if not patient.is_verified)
    return _tell(context, ask, matching, understood, *([Verified(new)] if new else []))


def tell_offered(context: Context, appointment: str, rule: str) -> Turn | None:
    """The visit that was chosen from several; `None` if it is not theirs or not ahead any more."""
    session = msgspec.structs.replace(context.session, visit=int(appointment))
    told = told_visit(session, context.facts)
    ask = context.library.nodes.get(_DETAILS)
    if told is None or not isinstance(ask, Ask):
        return None
    return _tell_one(context, ask, told, Understood(Kind.ANSWER, (ask.topic,), rule))


_DETAILS: Final[NodeRef] = "appointment.details"


def _missed(context: Context, ref: NodeRef, ask: Ask) -> Turn:
    understood = Understood(Kind.ANSWER, (ask.topic,), "identity:miss")
    if context.facts.standing.misses + 1 < _MOST_MISSES:
        say = Say(message(context, "identity_no_match").text, hint=answer_hint(context))
        turn = turn_of(context, understood, ref, (say,), IdentityMiss())
        return Turn(waiting_at(turn.session, ref), turn.says, turn.effects, understood)
    lock = IdentityLocked(context.facts.now + _LOCK)
    task = OpenTask(TaskKind.IDENTITY_LOCKED, topic=ask.topic)
    return _locked(context, ref, understood, lock, task)


def _locked(context: Context, ref: NodeRef, understood: Understood, *effects: Effect) -> Turn:
    say = Say(message(context, "identity_locked").text, hint=answer_hint(context))
    return turn_of(_beyond(context), understood, ref, (say,), *effects)


def _tell(
    context: Context,
    ask: Ask,
    patients: Sequence[KnownPatient],
    understood: Understood,
    *effects: Effect,
) -> Turn:
    coming = _coming(patients)
    if len(coming) == 1:
        return _tell_one(context, ask, coming[0], understood, *effects)
    none = context.library.nodes.get(ask.none or "")
    if not coming and ask.none and isinstance(none, Act):
        task = OpenTask(TaskKind(none.do.value), topic=none.topic)
        say = Say(text_of(context, none.text), hint=answer_hint(context))
        return turn_of(_beyond(context), understood, ask.none, (say,), *effects, task)
    return _ask_which(_beyond(context), coming[:_MOST_VISITS], understood, *effects)


def _ask_which(
    context: Context, coming: Sequence[_Told], understood: Understood, *effects: Effect
) -> Turn:
    channel, language = context.event.channel, context.language
    labels = []
    for patient, visit in coming:
        words = visit.words(language, channel)
        labels.append(f"{patient.first_name}, {words['day']}, {words['time']}")
    session = msgspec.structs.replace(
        context.session,
        offers=tuple(str(visit.appointment) for _, visit in coming),
        offer_kind=OfferKind.VISITS,
        said=context.session.waiting,
        misses=0,
    )
    return Turn(session, (offer_say(context, "which_visit", labels),), effects, understood)


def _tell_one(
    context: Context, ask: Ask, told: _Told, understood: Understood, *effects: Effect
) -> Turn:
    there = _beyond(context)
    event = context.event
    words = words_of(context.library, context.facts, event.channel, context.language, told)
    ref = ask.then or START
    session = waiting_at(there.session, ref)
    session = msgspec.structs.replace(session, visit=told[1].appointment)
    return Turn(session, (menu_say(there, ref, words),), effects, understood)


def _coming(patients: Sequence[KnownPatient]) -> list[_Told]:
    """All visits of some patients, the earliest first."""
    pairs = [(patient, visit) for patient in patients for visit in patient.visits]
    return sorted(pairs, key=lambda pair: (pair[1].starts_at, pair[1].appointment))


def _beyond(context: Context) -> Context:
    """The conversation with nobody waiting for a date of birth any more."""
    library, session = context.library, context.session
    path = [
        ref
        for ref in (*session.history, session.waiting)
        if asked_at(library, Session(session.language, waiting=ref)) is None
    ]
    waiting = path[-1] if path else START
    session = msgspec.structs.replace(
        session, waiting=waiting, said=waiting, history=tuple(path[:-1])
    )
    return Context(library, session, context.event, context.facts)

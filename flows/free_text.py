"""What a text in free words asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import msgspec

from flows import confirming, moves
from flows.heard import Heard
from flows.library import CANNOT_COME, CHANGES, CONFIRMED, REMINDER_REPLY
from flows.model import Turn
from flows.nodes import Ask, Check, NodeRef
from flows.optout import names_messages, prefers_another_way
from flows.says import Context, menu_say, message
from flows.stopping import opted_out
from flows.topics import OPT_OUT_TOPIC, find_topics, is_surely_opt_out

_LONG_TEXT: Final = 320
_FEW_WORDS: Final = 4
_NONE: Final = frozenset(
    "none neither nobody all both ninguno ninguna nadie todos todas ambos".split()
)
_SOME_OR_NONE: Final = _NONE | {"no", "not"}
_CHANGE: Final[NodeRef] = "appointment.change"
_VISIT: Final = re.compile(
    r"\b(?:ap(?:p)?oint\w*|appt\w*|visit|procedure|surgery|operation|cita|visita|procedimiento|"
    r"cirugia|operacion)\b"
)
_PERSON: Final = "coordinator"
_LANGUAGE: Final[NodeRef] = "main.language"


def answer(heard: Heard) -> Turn | None:
    """What a text in free words asks for: exactly an option of some menu, else one of the topics.

    Someone whom a reminder has asked may answer it from any menu. Two questions in one text are
    both answered; where it is not clear which topic is meant, the likeliest are offered.
    """
    context = heard.context
    if heard.keys:
        return None
    library = context.library
    is_checked = isinstance(library.nodes[context.session.waiting], Check)
    is_asked = bool(context.session.about)
    asked = library.menus[REMINDER_REPLY].exact(heard.words) if is_asked else ()
    hits = asked or library.everywhere.exact(heard.words)
    if is_checked:  # nothing that is said to a question of the check-list confirms a visit
        hits = _without_confirming(hits)
    if hits == (CONFIRMED,):
        return confirming.confirm(heard, "reminder" if asked else "alias")
    if hits or not context.event.sure:  # words that were hardly heard count only as a whole
        turn = one_or_ask(context, hits, "reminder" if asked else "alias")
        return _asked_again(context, turn) if turn and is_checked else turn
    return _by_meaning(heard, is_checked=is_checked)


def _by_meaning(heard: Heard, *, is_checked: bool) -> Turn | None:
    context, library = heard.context, heard.context.library
    finding = find_topics(context.event.text, library.topics)
    labels = finding.answers
    if OPT_OUT_TOPIC in labels and not context.event.is_spoken:
        if not prefers_another_way(context.event.text):
            return _opted_out(heard)
        labels = (_PERSON,)
    answers, offers = _nodes(heard, labels), _nodes(heard, finding.offers)
    if is_checked:
        answers = _without_confirming(answers)
        offers = () if CONFIRMED in offers else offers
    if not answers and _LANGUAGE in library.everywhere.inside(heard.words):
        return moves.go(context, _LANGUAGE, "alias")
    if not answers and len(context.event.text) > _LONG_TEXT:
        return None  # a person reads a long story better than the patient a choice
    if len(answers) == 1 and not is_checked and confirming.is_said_beside(heard, answers[0]):
        answers = (*answers, CONFIRMED)
    if not answers and not is_checked and confirming.sounds_like_yes(heard):
        offers = (CONFIRMED,)
    turn = _found(heard, answers, offers)
    if turn is None and not is_checked and confirming.is_doubted_reply(heard):
        return confirming.which(context)
    return _asked_again(context, turn) if turn and is_checked else turn


def _found(heard: Heard, answers: tuple[NodeRef, ...], offers: tuple[NodeRef, ...]) -> Turn | None:
    context = heard.context
    if (answers or offers) == (CONFIRMED,):
        return confirming.confirm(heard, "words")
    if (answers or offers) == (CANNOT_COME,) and confirming.is_doubted_refusal(heard):
        return confirming.which(context)
    if len(answers) != 2:
        return one_or_ask(context, answers or offers, "words")
    asked = _without_confirming(answers)
    if len(asked) == 2 or confirming.is_plain(heard) or not CHANGES.isdisjoint(asked):
        return moves.go_to_both(context, answers, "words")
    turn = one_or_ask(context, asked, "words")  # and the visit is asked about again
    waits = context.session.waiting == REMINDER_REPLY
    return _asked_again(context, turn) if turn and waits else turn


def _without_confirming(refs: tuple[NodeRef, ...]) -> tuple[NodeRef, ...]:
    return tuple(ref for ref in refs if ref != CONFIRMED)


def _asked_again(context: Context, turn: Turn) -> Turn:
    """A turn, and after it the question that still waits."""
    if turn.session.waiting != context.session.waiting or turn.session.offers:
        return turn
    waiting = context.session.waiting
    session = msgspec.structs.replace(turn.session, said=waiting)
    return replace(turn, session=session, says=(*turn.says, menu_say(context, waiting)))


def _opted_out(heard: Heard) -> Turn | None:
    """A wish to hear no more that no rule sees. A few words that count some or none ("none of
    them") are rather an answer, and what is said to the check-list is of medicines. What follows a
    reminder may be about the visit: unless it names messages or is plain, we ask."""
    context, text = heard.context, heard.context.event.text
    waiting = context.library.nodes[context.session.waiting]
    is_open = bool(heard.before.offers) or isinstance(waiting, Ask | Check)
    counting = _SOME_OR_NONE if is_open else _NONE
    if len(heard.words) <= _FEW_WORDS and heard.words[0] in counting:
        return None
    if not names_messages(text):
        if _VISIT.search(heard.normalised):
            return moves.go(context, _CHANGE, "words")
        if isinstance(waiting, Check):
            return None
        if context.session.about and not is_surely_opt_out(text):
            turn = confirming.which(context)
            return replace(turn, says=(*turn.says, message(context, "no_more_texts")))
    return opted_out(heard, "own_words", cancel=bool(context.session.about))


def _nodes(heard: Heard, labels: tuple[str, ...]) -> tuple[NodeRef, ...]:
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


def one_or_ask(context: Context, hits: tuple[NodeRef, ...], rule: str) -> Turn | None:
    if len(hits) == 1:
        return moves.go(context, hits[0], rule)
    if 2 <= len(hits) <= moves.MOST_OFFERS:
        return moves.offer_nodes(context, hits, rule)
    return None

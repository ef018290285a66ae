"""What a text in free words asks for."""

from __future__ import annotations

from typing import Final

from flows import moves
from flows.heard import Heard
from flows.library import REMINDER_REPLY
from flows.model import Turn
from flows.nodes import NodeRef
from flows.optout import prefers_another_way
from flows.says import Context
from flows.stopping import opted_out
from flows.topics import OPT_OUT_TOPIC, find_topics

_LONG_TEXT: Final = 320
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
    is_asked = bool(context.session.about)
    asked = library.menus[REMINDER_REPLY].exact(heard.words) if is_asked else ()
    hits = asked or library.everywhere.exact(heard.words)
    if hits or not context.event.sure:  # words that were hardly heard count only as a whole
        return one_or_ask(context, hits, "reminder" if asked else "alias")
    finding = find_topics(context.event.text, library.topics)
    labels = finding.answers
    if OPT_OUT_TOPIC in labels and not context.event.is_spoken:
        if prefers_another_way(context.event.text):
            labels = (_PERSON,)
        else:
            return opted_out(heard, "own_words", cancel=False)
    answers = _nodes(heard, labels)
    if len(answers) == 2:
        return moves.go_to_both(context, answers, "words")
    if not answers and _LANGUAGE in library.everywhere.inside(heard.words):
        return moves.go(context, _LANGUAGE, "alias")
    if not answers and len(context.event.text) > _LONG_TEXT:
        return None  # a person reads a long story better than the patient a choice
    return one_or_ask(context, answers or _nodes(heard, finding.offers), "words")


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

"""From likelihoods to what to do: answer, answer two questions at once, offer a choice, or nothing.

The thresholds come from messages of families that the weights had not learnt from; `python -m
bench understanding` measures what they give. A wrong answer is worse than "which of these?".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain
from types import MappingProxyType
from typing import Final

from flows.text import SOFT, STRONG, words
from flows.topics.examples import UNKNOWN
from flows.topics.scorer import EMERGENCY, NO_FLAG, SAME_DAY, Scorer, default_scorer
from flows.topics.weighing import likely, weighed

ANSWER: Final = 0.86
"""A topic at least this likely is answered at once: of messages left out of learning, fewer than
3 in 100 then get another answer."""
OPT_OUT_TOPIC: Final = "optout"
OPT_OUT: Final = 0.75
"""A wish to get no more messages. Lower than for a topic: the likeliest other readings are learnt
beside it, and whoever asks to be left alone may not be texted again (47 CFR 64.1200)."""
FEW_WORDS: Final = 3
"""So few may be half of something else."""
OPT_OUT_SURE: Final = 0.97
"""The same where something else is asked at that moment."""
OPT_OUT_OVERRULED: Final = 0.1
"""From how little on a wish that only a rule sees is none."""
PART: Final = 0.8
"""Of two questions in one text, each must by itself be at least this likely."""
WORD: Final = 0.95
"""The same for a question of one word ("… and parking?"), which may be half of another."""
NOT_OURS: Final = 0.45
"""Where "none of our topics" is at least this likely, nothing is offered."""
OFFER: Final = 0.03
OFFERS_TOGETHER: Final = 0.35
"""Topics worth a place in a choice, and how likely the choice must be to hold the right one."""
MOST_OFFERS: Final = 3

_NO_TOPICS: Final = (EMERGENCY, SAME_DAY, NO_FLAG)
"""Red flags were looked for before; what is left is shared out among the topics."""
_LEAST: Final = 1e-9
_MOST_PARTS: Final = 6
_SHORTEST_WORD: Final = 3  # "or" and "y" alone say nothing
_COURTEOUS: Final = frozenset(
    "sorry excuse me pardon hi hello hey good morning afternoon please thanks thank you ok okay "
    "hola perdon perdone disculpe disculpa oiga gracias buenas buenos dias tardes favor por".split()
)
"""Words that, before a pause or after it, say nothing of what is asked."""
_JOINS: Final = frozenset({"and", "also", "plus", "y", "e", "tambien", "ademas", "but", "pero"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a text is about: labels to answer (one, or two for two questions), or else labels to
    offer; neither where it is about none of the topics."""

    answers: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


_NOTHING: Final = Finding()
_NO_NODES: Final[Mapping[str, str]] = MappingProxyType({})


def find_topics(
    text: str, topics: Mapping[str, str] = _NO_NODES, scorer: Scorer | None = None
) -> Finding:
    """What `text` asks for. `topics` names the topic of each label that is a node of the content:
    the two are one in doubt, and the likelier is the answer."""
    scorer = scorer or default_scorer()
    whole = weighed(text, scorer)
    if not any(len(word) >= _SHORTEST_WORD and scorer.knows(word) for word in whole.said):
        return _NOTHING
    parts = _parts(whole.marked)
    both = _two(parts, scorer, topics)
    if both:
        return Finding(both)
    reading = _Reading(whole.odds, topics)
    asking = [part for part in parts if not _COURTEOUS.issuperset(part)]
    if asking and len(asking) < len(parts):
        reading = _Reading(likely(scorer, list(chain.from_iterable(asking))), topics)
    if reading.share >= (OPT_OUT if reading.topic == OPT_OUT_TOPIC else ANSWER):
        return Finding((reading.label,))
    return Finding((), reading.offers())


def is_no_opt_out(text: str, scorer: Scorer | None = None) -> bool:
    """Whether `text` plainly asks for something else than to get no more messages, whatever its
    words; of a text of so few words that may not be said."""
    whole = weighed(text, scorer or default_scorer())
    return len(whole.said) > FEW_WORDS and whole.odds.get(OPT_OUT_TOPIC, 0.0) < OPT_OUT_OVERRULED


def is_surely_opt_out(text: str, scorer: Scorer | None = None) -> bool:
    """Whether hardly anything but a wish to get no more messages can be meant."""
    odds = weighed(text, scorer or default_scorer()).odds
    return odds.get(OPT_OUT_TOPIC, 0.0) >= OPT_OUT_SURE


def evidence(text: str, labels: Sequence[str], scorer: Scorer | None = None) -> tuple[str, ...]:
    """The words of `text` that speak most for labels that were found, the strongest first."""
    scorer = scorer or default_scorer()
    known = [label for label in labels if label in scorer.labels]
    found = [word for label in known for word in scorer.words_for(label, words(text))]
    return tuple(dict.fromkeys(found))


class _Reading:
    """How likely each topic is, where the labels are as likely as `odds`; `label` is the likeliest
    topic's likeliest label, `share` that topic's probability."""

    def __init__(self, odds: Mapping[str, float], topics: Mapping[str, str]) -> None:
        self._odds = dict(odds)
        symptoms = sum(self._odds.pop(label, 0.0) for label in _NO_TOPICS)
        topical = max(1 - symptoms, _LEAST)
        self._labels: dict[str, str] = {}
        self._shares: dict[str, float] = {}
        self._unknown = self._odds.pop(UNKNOWN, 0.0) / topical
        for label, share in self._odds.items():
            topic = topics.get(label, label)
            self._shares[topic] = self._shares.get(topic, 0.0) + share / topical
            best = self._labels.setdefault(topic, label)
            if share > self._odds[best]:
                self._labels[topic] = label
        self.topic = max(self._shares, key=self._shares.__getitem__, default=UNKNOWN)
        self.label = self._labels.get(self.topic, UNKNOWN)
        self.share = self._shares.get(self.topic, 0.0)

    def offers(self) -> tuple[str, ...]:
        """The labels to choose from; none where the text is probably about something else."""
        likeliest = nlargest(MOST_OFFERS, self._shares, key=self._shares.__getitem__)
        found = [topic for topic in likeliest if self._shares[topic] >= OFFER]
        together = sum(self._shares[topic] for topic in found)
        if self._unknown >= NOT_OURS or together < OFFERS_TOGETHER:
            return ()
        return tuple(self._labels[topic] for topic in found)


def _parts(marked: Sequence[str]) -> list[list[str]]:
    """The pieces of a text between its pauses and joining words."""
    parts: list[list[str]] = [[]]
    for word in marked:
        if word in (STRONG, SOFT) or word in _JOINS:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def _two(parts: Sequence[list[str]], scorer: Scorer, topics: Mapping[str, str]) -> tuple[str, ...]:
    """The labels of two questions that a text asks in different parts; none if it doesn't."""
    if not 2 <= len(parts) <= _MOST_PARTS:
        return ()
    found: dict[str, str] = {}
    longest = max(map(len, parts))
    for part in parts:
        reading = _Reading(likely(scorer, part), topics)
        if reading.topic == OPT_OUT_TOPIC:
            continue  # that is no question, and half a text is too little to believe it from
        if reading.share >= (WORD if len(part) == 1 < longest else PART):
            found.setdefault(reading.topic, reading.label)
    return tuple(found.values()) if len(found) == 2 else ()

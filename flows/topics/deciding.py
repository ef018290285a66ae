"""From likelihoods to what to do: answer, answer two questions at once, offer a choice, or nothing.

The thresholds come from messages of families that the weights had not learnt from; `python -m
bench understanding` measures what they give. A wrong answer is worse than "which of these?".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from types import MappingProxyType
from typing import Final

from flows.text import SOFT, STRONG, marked_words, words
from flows.topics.examples import UNKNOWN
from flows.topics.scorer import Scorer, default_scorer

ANSWER: Final = 0.7
"""A topic at least this likely is answered at once."""
OPT_OUT_TOPIC: Final = "optout"
OPT_OUT: Final = 0.8
"""To stop someone's reminders, the wish must be surer than a topic."""
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

_MOST_PARTS: Final = 6
_SHORTEST_WORD: Final = 3  # "or" and "y" alone say nothing
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
    marked = scorer.hear(marked_words(text))
    said = [word for word in marked if word not in (STRONG, SOFT)]
    if not any(len(word) >= _SHORTEST_WORD and scorer.knows(word) for word in said):
        return _NOTHING
    both = _two(_parts(marked), scorer, topics)
    if both:
        return Finding(both)
    whole = _Reading(scorer, said, topics)
    if whole.share >= (OPT_OUT if whole.topic == OPT_OUT_TOPIC else ANSWER):
        return Finding((whole.label,))
    return Finding((), whole.offers())


def evidence(text: str, labels: Sequence[str], scorer: Scorer | None = None) -> tuple[str, ...]:
    """The words of `text` that speak most for labels that were found, the strongest first."""
    scorer = scorer or default_scorer()
    known = [label for label in labels if label in scorer.labels]
    found = [word for label in known for word in scorer.words_for(label, words(text))]
    return tuple(dict.fromkeys(found))


class _Reading:
    """How likely each topic is for some words; `label` is the likeliest topic's likeliest label,
    `share` that topic's probability."""

    def __init__(self, scorer: Scorer, said: Sequence[str], topics: Mapping[str, str]) -> None:
        self._odds = dict(zip(scorer.labels, scorer.odds(said), strict=True))
        self._labels: dict[str, str] = {}
        self._shares: dict[str, float] = {}
        self._unknown = self._odds.pop(UNKNOWN, 0.0)
        for label, odds in self._odds.items():
            topic = topics.get(label, label)
            self._shares[topic] = self._shares.get(topic, 0.0) + odds
            best = self._labels.setdefault(topic, label)
            if odds > self._odds[best]:
                self._labels[topic] = label
        self.topic = max(self._shares, key=self._shares.__getitem__)
        self.label = self._labels[self.topic]
        self.share = self._shares[self.topic]

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
        reading = _Reading(scorer, part, topics)
        if reading.share >= (WORD if len(part) == 1 < longest else PART):
            found.setdefault(reading.topic, reading.label)
    return tuple(found.values()) if len(found) == 2 else ()

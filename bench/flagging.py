"""Red flags on messages that were not learnt from, by families of paraphrases.

The lines of flows/triage/examples*.tsv are put into groups of much the same wording, and the groups
and the topics' families into folds. What is learnt from all other folds, and from the sentences
that the grammar makes, is tried on the fold that was left out.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Final

from flows.learning import flag_examples, harmless_examples, train_flags, train_topics
from flows.text import words
from flows.topics.examples import Example, read_examples
from flows.triage import Flag, find_flag
from flows.triage.grammar import NONE
from flows.triage.learnt import Scorers
from flows.triage.rulebook import FlagClass

FOLDS: Final = 5
_ALIKE: Final = 0.6
"""The share of two messages' words in common from which they are paraphrases."""
_COMMON: Final = 60
"""So many of the commonest words say nothing about what a message is about."""

Outcomes = Mapping[tuple[str, str], Counter[str]]
"""By language and kind of message, how many were flagged as an emergency, for the same day, or
not. The kinds are the classes of red flags, `look-alike` and `ordinary`."""


def cross_validated(folds: Sequence[int], every: int = 1, tried: int = 1) -> Outcomes:
    """What is found in each `tried`-th message of the folds that were left out, one after the
    other; only each `every`-th of the lessons of the others is learnt."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for fold in folds:
        left = left_out(fold, every)
        for each in left.flags[::tried]:
            kind = "look-alike" if each.labels[0] == NONE else each.labels[0]
            found[each.language, kind][outcome(find_flag(each.text, scorers=left.scorers))] += 1
        for each in left.harmless[::tried]:
            flag = find_flag(each.text, scorers=left.scorers)
            found[each.language, "ordinary"][outcome(flag)] += 1
    return found


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One fold's messages, which `scorers` have not learnt from; `asked` are the examples of topics
    and `harmless` those of them that are no red flag."""

    flags: list[Example]
    asked: list[Example]
    harmless: list[Example]
    scorers: Scorers


@cache
def left_out(fold: int, every: int = 1) -> LeftOut:
    """One of the folds, learnt without once for all who ask."""
    flags, asked = flag_examples(), read_examples()
    group = paraphrases(flags)
    family = {each.text: _crc(each.family) for each in asked}
    out = {text for text, number in (group | family).items() if number % FOLDS == fold}
    told = [each for each in flags if each.text not in out]
    harmless = harmless_examples()
    scorers = Scorers(
        train_flags(told, [each for each in harmless if each.text not in out], every),
        train_topics([each for each in asked if each.text not in out], told, every),
    )
    return LeftOut(
        [each for each in flags if each.text in out],
        [each for each in asked if each.text in out],
        [each for each in harmless if each.text in out],
        scorers,
    )


def outcome(flag: Flag | None) -> str:
    """`emergency`, `same_day` or `none`."""
    if flag is None:
        return NONE
    return "emergency" if flag.flag_class.is_emergency else FlagClass.SAME_DAY.value


def paraphrases(examples: Iterable[Example]) -> dict[str, int]:
    """A number for each text, the same for texts that say much the same in much the same words."""
    texts = list(dict.fromkeys(each.text for each in examples))
    counts = Counter(word for text in texts for word in set(words(text)))
    common = {word for word, _ in counts.most_common(_COMMON)}
    said = {text: frozenset(words(text)) - common or frozenset(words(text)) for text in texts}
    groups = {text: text for text in texts}
    seen: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        rarest = sorted(said[text], key=lambda word: (counts[word], word))
        shared = rarest[: len(rarest) - ceil(_ALIKE * len(rarest)) + 1]  # one of them, if alike
        near = {other for word in shared for other in seen[word]}
        for other in sorted(near):
            if len(said[text] & said[other]) >= _ALIKE * len(said[text] | said[other]):
                groups[_head(groups, text)] = _head(groups, other)
        for word in shared:
            seen[word].append(text)
    return {text: _crc(_head(groups, text)) for text in texts}


def _head(groups: Mapping[str, str], text: str) -> str:
    while groups[text] != text:
        text = groups[text]
    return text


def _crc(text: str) -> int:
    return zlib.crc32(text.encode())

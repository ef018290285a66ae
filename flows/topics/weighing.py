"""A whole message as it was heard and weighed, once for all who ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flows.optout import stop_signs
from flows.text import SOFT, STRONG, marked_words
from flows.topics.scorer import Scorer

_WORTH_A_THOUGHT: Final = 0.001


@dataclass(frozen=True, slots=True)
class Weighed:
    """The words of a message as they were probably meant, `marked` with the pauses between them
    too, and the probability of the labels that are worth a thought."""

    marked: tuple[str, ...]
    said: tuple[str, ...]
    odds: Mapping[str, float]


@lru_cache(maxsize=1)  # red flags and topics ask in turn; the last message stays until the next
def weighed(text: str, scorer: Scorer) -> Weighed:
    """What `scorer`, which was learnt for topics, makes of a message."""
    marked = tuple(scorer.hear(marked_words(text)))
    said = tuple(word for word in marked if word not in (STRONG, SOFT))
    return Weighed(marked, said, likely(scorer, said, stop_signs(text)))


def likely(scorer: Scorer, said: Sequence[str], more: Iterable[str] = ()) -> dict[str, float]:
    """The probability of the labels that are worth a thought, of words as they were heard."""
    odds = zip(scorer.labels, scorer.odds(said, more), strict=True)
    return {label: share for label, share in odds if share >= _WORTH_A_THOUGHT}

"""A second opinion on red flags, learnt from labelled messages (flows/learning.py).

The rules know the words that somebody thought of. This weighs all words of a message together with
what the rules saw, so that a red flag put in other words is still seen, and a rule that fires on
plainly harmless words is overruled. Two sets of weights are asked, those of red flags and
those of topics, which see a message as one of the questions that it may be; what they say is
pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flows.text import words
from flows.topics import scorer as topics
from flows.topics.scorer import EMERGENCY, Scorer, decode
from flows.topics.weighing import weighed
from flows.triage.grammar import NONE
from flows.triage.judging import Judgement
from flows.triage.rulebook import PHRASES, FlagClass

WEIGHTS: Final = Path(__file__).with_name("weights.bin")
_SHARE: Final = 0.5
_SHARE_BESIDE_RULES: Final = 0.75
"""What the weights of red flags count for against those of topics; the latter are not told what
the rules saw ("no chest pain")."""
_LEAST: Final = 1e-5
_EXPLAINED: Final = 0.8


@dataclass(frozen=True, slots=True)
class Scorers:
    """The two sets of weights that a second opinion comes from."""

    flags: Scorer
    topics: Scorer


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely a message is harmless or an emergency; the likeliest class of red flag, the
    words that speak for it, and how many words the message has beside numbers."""

    harmless: float
    emergency: float
    flag_class: FlagClass
    words: tuple[str, ...]
    length: int


def second_opinion(
    text: str, judgement: Judgement, scorers: Scorers | None = None
) -> Opinion | None:
    """What the weights make of a message that the rules judged; None where it has no word that
    they know."""
    scorers, said = scorers or default_scorers(), words(text)
    if not any(scorers.flags.knows(word) for word in said):
        return None
    weights = scorers.flags.odds(scorers.flags.hear(said), judgement.signs)
    odds = dict(zip(scorers.flags.labels, weights, strict=True))
    asked = weighed(text, scorers.topics).odds
    emergency, same_day, harmless = _pooled(
        _outcomes(1 - odds[NONE] - odds[FlagClass.SAME_DAY], odds[FlagClass.SAME_DAY]),
        _outcomes(asked.get(EMERGENCY, 0.0), asked.get(topics.SAME_DAY, 0.0)),
        _SHARE_BESIDE_RULES if judgement.signs else _SHARE,
    )
    del odds[NONE]
    if emergency >= same_day:
        del odds[FlagClass.SAME_DAY]
    likeliest = max(odds, key=odds.__getitem__)
    reasons = scorers.flags.words_for(likeliest, said) if harmless < _EXPLAINED else ()
    length = sum(not word.isdigit() for word in said)
    return Opinion(harmless, emergency, FlagClass(likeliest), reasons, length)


def _outcomes(emergency: float, same_day: float) -> tuple[float, float, float]:
    return emergency, same_day, 1 - emergency - same_day


def _pooled(one: Sequence[float], other: Sequence[float], share: float) -> tuple[float, ...]:
    """What two opinions come to: the weighted mean of their logarithms, of which `one` has a
    share, so that whoever is sure counts more."""
    pooled = [
        max(mine, _LEAST) ** share * max(theirs, _LEAST) ** (1 - share)
        for mine, theirs in zip(one, other, strict=True)
    ]
    whole = sum(pooled)
    return tuple(each / whole for each in pooled)


@cache
def default_scorers() -> Scorers:
    """The weights that ship with the product, read once a process."""
    return Scorers(decode(WEIGHTS.read_bytes(), PHRASES), topics.default_scorer())

"""A second opinion on red flags, learnt from labelled messages (`make weights`).

The rules know the words that somebody thought of. This weighs all words of a message together, so
that an emergency put in other words is still seen, and a rule that fires on plainly harmless words
is overruled. It is learnt as topics are (flows/topics), with the concepts of the rules, from
examples.tsv (language, label, family, message; an emergency's family is its class) and from every
example of a topic, none of which is an emergency.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flows.text import words
from flows.topics.examples import Example, read_examples
from flows.topics.scorer import Scorer, decode
from flows.topics.training import weights_of
from flows.triage.rulebook import PHRASES, FlagClass
from profiles import LANGUAGES

EXAMPLES: Final = Path(__file__).with_name("examples.tsv")
WEIGHTS: Final = Path(__file__).with_name("weights.bin")
NONE: Final = "none"
_EMERGENCY: Final = "emergency"
_EVERY: Final = 2
_STRIDE: Final = 7  # so that the questions come from all topics
_REPORTED: Final = ("problem.ill",)  # illness that is told may well be one for the same day


def labelled_examples() -> list[Example]:
    """What the weights are learnt from; each message is a family of its own."""
    lines = EXAMPLES.read_text(encoding="utf-8").splitlines()
    flags = [_example(number, line) for number, line in enumerate(lines)]
    harmless = [
        Example(each.language, (NONE,), f"topic {number}", each.text)
        for number, each in enumerate(read_examples())
        if not set(each.labels) & set(_REPORTED)
    ]
    return [*flags, *harmless, *_run_on(flags, harmless)]


def _run_on(flags: list[Example], harmless: list[Example]) -> Iterator[Example]:
    """Emergencies told in one breath with an ordinary question, before or after it."""
    emergencies = [each for each in flags if each.labels[0] not in (NONE, FlagClass.SAME_DAY)]
    questions = {lang: [each for each in harmless if each.language == lang] for lang in LANGUAGES}
    for number, flag in enumerate(emergencies[::_EVERY]):
        asked = questions[flag.language][number * _STRIDE % len(questions[flag.language])]
        parts = (asked.text, flag.text) if number % 2 else (flag.text, asked.text)
        yield Example(flag.language, flag.labels, f"run-on {number}", " ".join(parts))


def _example(number: int, line: str) -> Example:
    language, label, family, text = line.split("\t")
    if label == _EMERGENCY:
        label = family if family in set(FlagClass) else FlagClass.AMBULANCE.value
    return Example(language, (label,), f"line {number}", text)


def learn() -> bytes:
    """The contents of the file of weights, from the examples."""
    return weights_of(labelled_examples(), PHRASES)


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely a message is harmless or an emergency; the likeliest class of emergency, the
    words that speak for it, and how many words the message has."""

    harmless: float
    emergency: float
    flag_class: FlagClass
    words: tuple[str, ...]
    length: int


def second_opinion(text: str) -> Opinion | None:
    """What the weights make of a message; None where it has no word that they know."""
    scorer, said = default_scorer(), words(text)
    if not any(scorer.knows(word) for word in said):
        return None
    odds = dict(zip(scorer.labels, scorer.odds(said), strict=True))
    harmless, same_day = odds.pop(NONE), odds.pop(FlagClass.SAME_DAY)
    likeliest = max(odds, key=odds.__getitem__)
    emergency = 1 - harmless - same_day
    reasons = scorer.words_for(likeliest, said) if emergency > harmless else ()
    return Opinion(harmless, emergency, FlagClass(likeliest), reasons, len(said))


@cache
def default_scorer() -> Scorer:
    """The weights that ship with the product, read once a process."""
    return decode(WEIGHTS.read_bytes(), PHRASES)

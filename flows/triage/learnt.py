"""A second opinion on red flags, learnt from labelled messages (`make weights`).

The rules know the words that somebody thought of. This weighs all words of a message together with
what the rules saw, so that a red flag put in other words is still seen, and a rule that fires on
plainly harmless words is overruled. It is learnt as topics are (flows/topics), with the concepts
of the rules, from examples*.tsv (language, label, family, message; an emergency's family is its
class), from the sentences of grammar.py, and from every example of a topic, none of which is a red
flag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flows.text import words
from flows.topics.examples import Example, read_examples
from flows.topics.scorer import Scorer, decode
from flows.topics.training import weights_of
from flows.triage.grammar import NONE, generated_examples
from flows.triage.judging import Judgement, judge, read
from flows.triage.rulebook import PHRASES, FlagClass
from profiles import LANGUAGES

EXAMPLES: Final = Path(__file__).parent
WEIGHTS: Final = Path(__file__).with_name("weights.bin")
_EMERGENCY: Final = "emergency"
_EVERY: Final = 2
_SELDOM: Final = 4
_STRIDE: Final = 7  # so that the questions come from all topics
_EXPLAINED: Final = 0.6
_KEPT: Final = 650
"""Features that weigh less are left out of the file, which keeps it small."""
_REPORTED: Final = ("problem.ill",)  # illness that is told may well be one for the same day


def labelled_examples() -> list[Example]:
    """What the weights are learnt from; each message is a family of its own."""
    return lessons(flag_examples(), harmless_examples())


def flag_examples() -> list[Example]:
    """The lines of examples*.tsv: an emergency's label is its class, `none` a look-alike.

    Raises `ValueError` that names the file and line of one without four fields.
    """
    return [
        _example(f"{path.name}, line {number}", line)
        for path in sorted(EXAMPLES.glob("examples*.tsv"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    ]


def harmless_examples() -> list[Example]:
    """Every example of a topic, as a message without a red flag."""
    return [
        Example(each.language, (NONE,), f"topic {number}", each.text)
        for number, each in enumerate(read_examples())
        if not set(each.labels) & set(_REPORTED)
    ]


def lessons(flags: Sequence[Example], harmless: Sequence[Example]) -> list[Example]:
    """All that is learnt from, where the lines of examples are `flags` and `harmless`."""
    told = [*flags, *generated_examples(), *harmless]
    return [*told, *_run_on(flags, harmless), *_harmless_run_on(flags, harmless)]


def _run_on(flags: Sequence[Example], harmless: Sequence[Example]) -> Iterator[Example]:
    """Emergencies told in one breath with an ordinary question, before or after it."""
    emergencies = [each for each in flags if each.labels[0] not in (NONE, FlagClass.SAME_DAY)]
    questions = {lang: [each for each in harmless if each.language == lang] for lang in LANGUAGES}
    for number, flag in enumerate(emergencies[::_EVERY]):
        asked = questions[flag.language][number * _STRIDE % len(questions[flag.language])]
        parts = (asked.text, flag.text) if number % 2 else (flag.text, asked.text)
        yield Example(flag.language, flag.labels, f"run-on {number}", " ".join(parts))


def _harmless_run_on(flags: Sequence[Example], harmless: Sequence[Example]) -> Iterator[Example]:
    """Harmless talk in one breath with an ordinary question, and two questions together: a longer
    text is no sign of an emergency."""
    for language in LANGUAGES:
        questions = [each.text for each in harmless if each.language == language]
        talk = [each for each in flags if each.language == language and each.labels[0] == NONE]
        for number, said in enumerate(talk[::_EVERY]):
            asked = questions[number * _STRIDE % len(questions)]
            parts = (said.text, asked) if number % 2 else (asked, said.text)
            yield Example(language, (NONE,), f"talk and question {number}", " ".join(parts))
        for number, first in enumerate(questions[::_SELDOM]):
            second = questions[(number * _STRIDE + 1) % len(questions)]
            yield Example(language, (NONE,), f"two questions {number}", f"{first} {second}")


def _example(place: str, line: str) -> Example:
    fields = line.split("\t")
    if len(fields) != 4 or not all(fields):
        raise ValueError(f"{place}: write language, label, family and message, with tabs.")
    language, label, family, text = fields
    if label == _EMERGENCY:
        label = family if family in set(FlagClass) else FlagClass.AMBULANCE.value
    return Example(language, (label,), place, text)


def learn() -> bytes:
    """The contents of the file of weights, from the examples that ship."""
    return weights_from(labelled_examples())


def train(examples: Iterable[Example]) -> Scorer:
    """The scorer learnt from examples."""
    return decode(weights_from(examples), PHRASES)


def weights_from(examples: Iterable[Example]) -> bytes:
    """The contents of the file of weights learnt from examples."""
    return weights_of(examples, PHRASES, lambda text: sorted(judge(read(text)).signs), _KEPT)


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely a message is harmless or an emergency; the likeliest class of red flag, the
    words that speak for it, and how many words the message has."""

    harmless: float
    emergency: float
    flag_class: FlagClass
    words: tuple[str, ...]
    length: int


def second_opinion(text: str, judgement: Judgement, scorer: Scorer | None = None) -> Opinion | None:
    """What the weights make of a message that the rules judged; None where it has no word that
    they know."""
    scorer, said = scorer or default_scorer(), words(text)
    if not any(scorer.knows(word) for word in said):
        return None
    odds = dict(zip(scorer.labels, scorer.odds(said, judgement.signs), strict=True))
    harmless = odds.pop(NONE)
    emergency = 1 - harmless - odds[FlagClass.SAME_DAY]
    if emergency >= odds[FlagClass.SAME_DAY]:
        del odds[FlagClass.SAME_DAY]
    likeliest = max(odds, key=odds.__getitem__)
    reasons = scorer.words_for(likeliest, said) if harmless < _EXPLAINED else ()
    return Opinion(harmless, emergency, FlagClass(likeliest), reasons, len(said))


@cache
def default_scorer() -> Scorer:
    """The weights that ship with the product, read once a process."""
    return decode(WEIGHTS.read_bytes(), PHRASES)

"""What the weights of topics and of red flags are learnt from (`make weights`).

The two see the same messages and weigh them differently. Topics are learnt with everything that is
told of red flags as labels of their own, so that a symptom is like no topic. Red flags are learnt
with what the rules saw, and with every example of a topic as a message without one. Their opinions
are averaged (flows/triage/learnt.py): what one gets wrong, the other often gets right.

Red flags are told in flows/triage/examples*.tsv (language, label, family, message; an emergency's
family is its class) and in the sentences of flows/triage/grammar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from flows import triage
from flows.optout import stop_signs
from flows.topics.examples import Example, read_examples
from flows.topics.features import topic_phrases
from flows.topics.scorer import EMERGENCY, NO_FLAG, SAME_DAY, Scorer, decode
from flows.topics.training import Course
from flows.triage.grammar import NONE, generated_examples
from flows.triage.judging import judge, read
from flows.triage.rulebook import PHRASES, FlagClass
from profiles import LANGUAGES

EXAMPLES: Final = Path(triage.__file__).parent
_EMERGENCY: Final = "emergency"
_EVERY: Final = 2
_SELDOM: Final = 4
_STRIDE: Final = 7  # so that the questions come from all topics
_KEPT_OF_TOPICS: Final = 3400
_KEPT_OF_FLAGS: Final = 1700
"""Features that weigh less are left out of the files, which keeps them small."""
_ORDINARY: Final = "ordinary"
"""The family of everyday messages without a red flag: many of them do ask for a topic."""
_REPORTED: Final = ("problem.ill",)  # illness that is told may well be one for the same day


def topics_course() -> Course:
    """What the file of topics' weights is learnt from, the examples that ship."""
    return _topics_from(read_examples(), flag_examples())


def flags_course() -> Course:
    """What the file of red flags' weights is learnt from, the examples that ship."""
    return _flags_from(flag_examples(), harmless_examples())


def train_topics(examples: Iterable[Example], flags: Iterable[Example], every: int = 1) -> Scorer:
    """The scorer of topics learnt from examples; those of two questions in one are left out. Of all
    that there is to learn each `every`-th is, and once."""
    return decode(_topics_from(examples, flags).part(every).weights(), topic_phrases())


def train_flags(flags: Sequence[Example], harmless: Sequence[Example], every: int = 1) -> Scorer:
    """The scorer of red flags learnt from examples of them and of messages without one. Of all that
    there is to learn each `every`-th is, and once."""
    return decode(_flags_from(flags, harmless).part(every).weights(), PHRASES)


def flag_examples() -> list[Example]:
    """The lines of examples*.tsv: an emergency's label is its class, `none` a look-alike; each
    message is a family of its own.

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


def _example(place: str, line: str) -> Example:
    fields = line.split("\t")
    if len(fields) != 4 or not all(fields):
        raise ValueError(f"{place}: write language, label, family and message, with tabs.")
    language, label, family, text = fields
    if label == _EMERGENCY:
        label = family if family in set(FlagClass) else FlagClass.AMBULANCE.value
    return Example(language, (label,), f"{family}, {place}", text)


def _topics_from(examples: Iterable[Example], flags: Iterable[Example]) -> Course:
    told = (
        Example(each.language, (_as_topic(each.labels[0]),), each.family, each.text)
        for each in (*flags, *generated_examples())
        if not each.family.startswith(_ORDINARY)
    )
    return Course([*examples, *told], topic_phrases(), stop_signs, _KEPT_OF_TOPICS)


def _as_topic(label: str) -> str:
    return {NONE: NO_FLAG, FlagClass.SAME_DAY: SAME_DAY}.get(label, EMERGENCY)


def _flags_from(flags: Sequence[Example], harmless: Sequence[Example]) -> Course:
    told = [*flags, *generated_examples(), *harmless]
    told += [*_run_on(flags, harmless), *_harmless_run_on(flags, harmless)]
    return Course(told, PHRASES, lambda text: sorted(judge(read(text)).signs), _KEPT_OF_FLAGS)


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

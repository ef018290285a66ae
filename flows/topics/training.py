"""Learning the weights from the examples (`make weights`).

Multinomial logistic regression by stochastic steps, in whole numbers and in a fixed order, so that
the same examples give the same bytes. A feature that only one family of messages has is not learnt:
it could only be learnt by heart.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import operator
import random
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from flows.text import words
from flows.topics.examples import Example
from flows.topics.features import Phrases, Reader, Word
from flows.topics.scorer import MIDDLE, MOST_WORDS, ZERO, Head, encode

EPOCHS: Final = 24
_RATE: Final = 4.0
_LAST_RATE: Final = 0.2
_SEEN: Final = 0.4
"""How much of a message a step looks at, so that no single word is relied on and others that say
the same are learnt too; the last `_WHOLE` epochs look at all of it."""
_WHOLE: Final = 6
_LANE_BITS: Final = 32
_ONE: Final = 1 << 14  # a weight of 1.0 as a whole number
_AVERAGED: Final = 16  # the last epochs, whose mean steadies the weights
_LEARNT: Final = 0.01
_MARGIN: Final = 0.1  # scores so much further apart than need be are `_LEARNT` in spite of rounding
_NOTHING: Final = -22.0  # whose exponential is nothing to nine places
_FAMILIES: Final = 2
_SAMPLED: Final = 16
_LARGEST: Final = ZERO - 1
_STEP: Final = 16 * 8  # parts of `_ONE` that a step in the file is worth
_BITS: Final = 7  # of a byte, beside the sign


@dataclass(frozen=True, slots=True)
class Course:
    """Examples to learn from, and how they are read; `more` gives further features of a message. A
    feature that weighs less than `kept_from` for every label is left out of the file. It is learnt
    `runs` times, each with other chances, whose mean depends less on them."""

    examples: Sequence[Example]
    phrases: Phrases
    more: Callable[[str], Iterable[str]]
    kept_from: int
    runs: int = 3

    def fingerprint(self) -> str:
        """What tells this course, and the way it is learnt here, from any others.

        Of how messages are read it knows by one example in `_SAMPLED`: to read all takes a minute.
        """
        way = Path(__file__).read_bytes()
        told = [(each.language, each.labels, each.family, each.text) for each in self.examples]
        read = self._lessons(self.examples[::_SAMPLED])
        known = [read.labels, read.features, read.lessons]
        contents = msgspec.msgpack.encode([told, self.kept_from, self.runs, known])
        return hashlib.sha256(way + contents).hexdigest()

    def part(self, every: int) -> Course:
        """The same with only each `every`-th of the examples, learnt once: enough to measure by."""
        return replace(self, examples=self.examples[::every], runs=1)

    def weights(self) -> bytes:
        """The contents of the file of weights that are learnt from it."""
        lessons = self._lessons(self.examples)
        learnt = [
            Learner(len(lessons.labels), len(lessons.features)).learn(lessons.lessons, seed)
            for seed in range(self.runs)
        ]
        rows = [
            [sum(each) // self.runs for each in zip(*of_feature, strict=True)]
            for of_feature in zip(*learnt, strict=True)
        ]
        return _file(lessons, rows, self.kept_from, self.fingerprint())

    def _lessons(self, examples: Iterable[Example]) -> _Lessons:
        single = [example for example in examples if len(example.labels) == 1]
        labels = sorted({example.labels[0] for example in single})
        said = [words(example.text)[:MOST_WORDS] for example in single]
        reader = Reader(_in_two_families(single, said), self.phrases)
        read = cache(reader.word)
        found = [
            [*_features(reader, read, reader.hear(each)), *self.more(example.text)]
            for example, each in zip(single, said, strict=True)
        ]
        kept = _in_two_families(single, found)
        place = {name: at for at, name in enumerate(kept)}
        lessons = [
            ([place[name] for name in names if name in place], labels.index(example.labels[0]))
            for example, names in zip(single, found, strict=True)
        ]
        return _Lessons(labels, kept, lessons)


@dataclass(frozen=True, slots=True)
class _Lessons:
    """Examples as they are learnt: each the numbers of its features and the number of its label."""

    labels: list[str]
    features: list[str]
    lessons: list[tuple[list[int], int]]


def _features(reader: Reader, read: Callable[[str], Word], said: Sequence[str]) -> list[str]:
    by_text = {typed: read(typed) for typed in said}
    names = [name for word in by_text.values() for name in word.features]
    return [*names, *sorted(reader.between([by_text[typed] for typed in said]))]


def _in_two_families(examples: Iterable[Example], found: Iterable[Sequence[str]]) -> list[str]:
    """What at least two families have, the commonest first; `found` is what each example has."""
    families: dict[tuple[str, str], set[str]] = {}
    for example, names in zip(examples, found, strict=True):
        families.setdefault((example.language, example.family), set()).update(names)
    counts = Counter(itertools.chain.from_iterable(families.values()))
    common = [name for name, count in counts.items() if count >= _FAMILIES]
    return sorted(common, key=lambda name: (-counts[name], name))


class Learner:
    """Weights while they are being learnt: a feature's are lanes of one integer, at its number."""

    def __init__(self, labels: int, features: int) -> None:
        self._lanes = Lanes(labels)
        self._weights = [0] * features
        self._sure = math.log(max(labels - 1, 1) / _LEARNT) + _MARGIN

    def learn(self, lessons: Sequence[tuple[list[int], int]], seed: int) -> list[tuple[int, ...]]:
        """The weights of each feature, by label, in parts of `_ONE`, summed over epochs.

        A lesson is the numbers of a message's features and the number of its label. The order of
        lessons and what is seen of them are drawn from `seed`.
        """
        summed = [0] * len(self._weights)
        chance = random.Random(seed)  # noqa: S311 - an order, not a secret
        for epoch in range(EPOCHS):
            rate = _RATE * (1 - epoch / EPOCHS) + _LAST_RATE
            for _, (numbers, label) in sorted(
                ((chance.random(), lesson) for lesson in lessons), key=lambda each: each[0]
            ):
                seen = numbers
                if epoch < EPOCHS - _WHOLE:
                    seen = [each for each in numbers if chance.random() < _SEEN] or numbers
                self._step(seen, label, rate)
            if epoch >= EPOCHS - _AVERAGED:
                summed = list(map(operator.add, summed, self._weights))
        return [self._lanes.unpack(packed) for packed in summed]

    def _step(self, numbers: list[int], label: int, rate: float) -> None:
        weights, norm = self._weights, math.sqrt(len(numbers) + 1)
        scores = self._lanes.unpack(sum([weights[number] for number in numbers]))
        others = max(scores[:label] + scores[label + 1 :], default=-math.inf)
        if scores[label] - others > self._sure * _ONE * norm:
            return  # learnt, as the odds would say: most steps end here, without working them out
        odds = _probabilities([each / _ONE / norm for each in scores])
        if 1 - odds[label] < _LEARNT:
            return
        size = rate * _ONE / norm
        steps = [round(-probability * size) for probability in odds]
        steps[label] = round((1 - odds[label]) * size)
        change = self._lanes.pack(steps)
        for number in numbers:
            weights[number] += change


class Lanes:
    """Whole numbers below 2**31 in size side by side in one, so that one addition adds them all."""

    def __init__(self, width: int) -> None:
        self._struct = struct.Struct(f"<{width}i")
        self._middle = sum(1 << (_LANE_BITS * lane + _LANE_BITS - 1) for lane in range(width))

    def pack(self, numbers: Iterable[int]) -> int:
        """The numbers in one."""
        lanes = int.from_bytes(self._struct.pack(*numbers), "little")
        return (lanes ^ self._middle) - self._middle

    def unpack(self, packed: int) -> tuple[int, ...]:
        """The numbers that were packed, or their sums if such were added."""
        lanes = (packed + self._middle) ^ self._middle
        return self._struct.unpack(lanes.to_bytes(self._struct.size, "little"))


def _probabilities(scores: Sequence[float]) -> list[float]:
    """As `scorer.probabilities`, to so many places that every machine finds the same."""
    most = max(scores)
    odds = [
        round(math.exp(score - most), 9) if score - most > _NOTHING else 0.0 for score in scores
    ]
    whole = sum(odds)
    return [each / whole for each in odds]


def _file(
    lessons: _Lessons, weights: Sequence[Sequence[int]], kept_from: int, fingerprint: str
) -> bytes:
    """Weights rounded to a byte each; features that hardly weigh anything are left out, except
    words, which are the vocabulary too."""
    kept: list[str] = []
    rows: list[bytes] = []
    for name, learnt in zip(lessons.features, weights, strict=True):
        row = [_rounded(each) for each in learnt]
        if name.startswith("w:") or max(map(abs, row)) >= kept_from:
            kept.append(name)
            rows.append(_packed(row))
    return encode(Head(lessons.labels, _STEP / _ONE / _AVERAGED, kept, fingerprint), rows)


def _packed(row: Sequence[int]) -> bytes:
    """A feature's weights in a byte each: how many bits were cut off, then what is left of them."""
    largest = max(map(abs, row))
    shift = max(largest.bit_length() - _BITS, 0)
    half = (1 << shift) >> 1
    return bytes((shift, *(min((each + half >> shift) + MIDDLE, 255) for each in row)))


def _rounded(weight: int) -> int:
    return max(-_LARGEST, min(_LARGEST, round(weight / _STEP)))

"""Learning the weights from the examples (`make weights`).

Multinomial logistic regression by stochastic steps, in whole numbers and in a fixed order, so that
the same examples give the same bytes. A feature that only one family of messages has is not learnt:
it could only be learnt by heart.
"""

from __future__ import annotations

import math
import random
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from flows.text import words
from flows.topics.examples import Example, read_examples
from flows.topics.features import Phrases, Reader, topic_phrases
from flows.topics.scorer import MIDDLE, MOST_WORDS, ZERO, Head, Scorer, decode, encode

EPOCHS: Final = 12
_RATE: Final = 4.0
_LAST_RATE: Final = 0.2
_LANE_BITS: Final = 32
_ONE: Final = 1 << 14  # a weight of 1.0 as a whole number
_AVERAGED: Final = 8  # the last epochs, whose mean steadies the weights
_LEARNT: Final = 0.01
_FAMILIES: Final = 2
_LARGEST: Final = ZERO - 1
_STEP: Final = 16 * 8  # parts of `_ONE` that a step in the file is worth
_KEPT: Final = 450
_BITS: Final = 7  # of a byte, beside the sign


def train(examples: Iterable[Example]) -> Scorer:
    """The scorer learnt from examples; those of two questions in one are left out."""
    return decode(weights_of(examples), topic_phrases())


def learn() -> bytes:
    """The contents of the file of weights that ships, from the examples that ship."""
    return weights_of(read_examples())


def weights_of(
    examples: Iterable[Example],
    phrases: Phrases | None = None,
    more: Callable[[str], Iterable[str]] = lambda _text: (),
    kept_from: int = _KEPT,
) -> bytes:
    """The contents of the file of weights learnt from examples.

    `more` gives further features of a message; a feature that weighs less than `kept_from` for
    every label is left out.
    """
    single = [example for example in examples if len(example.labels) == 1]
    labels = sorted({example.labels[0] for example in single})
    said = [words(example.text)[:MOST_WORDS] for example in single]
    vocabulary = _in_two_families(zip(single, map(frozenset, said), strict=True))
    reader = Reader(vocabulary, phrases or topic_phrases())
    found = [
        [*_features(reader, reader.hear(each)), *more(example.text)]
        for example, each in zip(single, said, strict=True)
    ]
    kept = _in_two_families(zip(single, map(frozenset, found), strict=True))
    known = frozenset(kept)
    lessons = [
        ([name for name in names if name in known], labels.index(example.labels[0]))
        for example, names in zip(single, found, strict=True)
    ]
    return _file(labels, kept, _Learner(len(labels)).learn(lessons), kept_from)


def _features(reader: Reader, said: Sequence[str]) -> list[str]:
    read = {typed: reader.word(typed) for typed in said}
    names = [name for word in read.values() for name in word.features]
    return [*names, *sorted(reader.between([read[typed] for typed in said]))]


def _in_two_families(found: Iterable[tuple[Example, frozenset[str]]]) -> list[str]:
    """What at least two families have, the commonest first."""
    seen = {(name, example.language, example.family) for example, names in found for name in names}
    counts = Counter(name for name, _, _ in seen)
    common = [name for name, count in counts.items() if count >= _FAMILIES]
    return sorted(common, key=lambda name: (-counts[name], name))


class _Learner:
    """Weights while they are being learnt; a feature's are lanes of one integer."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._middle = sum(1 << (_LANE_BITS * lane + _LANE_BITS - 1) for lane in range(width))
        self._unpack = struct.Struct(f"<{width}I").unpack
        self._weights: dict[str, int] = {}

    def learn(self, lessons: Sequence[tuple[list[str], int]]) -> dict[str, tuple[int, ...]]:
        """The weights of each feature, by label, in parts of `_ONE`, summed over epochs."""
        summed: dict[str, int] = {}
        chance = random.Random(1)  # noqa: S311 - an order, not a secret
        for epoch in range(EPOCHS):
            rate = _RATE * (1 - epoch / EPOCHS) + _LAST_RATE
            for _, (names, label) in sorted(
                ((chance.random(), lesson) for lesson in lessons), key=lambda each: each[0]
            ):
                self._step(names, label, rate)
            if epoch >= EPOCHS - _AVERAGED:
                for name, packed in self._weights.items():
                    summed[name] = summed.get(name, 0) + packed
        return {name: self._lanes(packed) for name, packed in summed.items()}

    def _step(self, names: list[str], label: int, rate: float) -> None:
        weights, norm = self._weights, math.sqrt(len(names) + 1)
        total = sum(weights.get(name, 0) for name in names)
        odds = _probabilities([each / _ONE / norm for each in self._lanes(total)])
        if 1 - odds[label] < _LEARNT:
            return
        size = rate * _ONE / norm
        change = 0
        for lane, probability in enumerate(odds):
            step = round((float(lane == label) - probability) * size)
            change += step << (_LANE_BITS * lane)
        for name in names:
            weights[name] = weights.get(name, 0) + change

    def _lanes(self, packed: int) -> tuple[int, ...]:
        lanes = (packed + self._middle).to_bytes(self._width * _LANE_BITS // 8, "little")
        return tuple(each - (1 << (_LANE_BITS - 1)) for each in self._unpack(lanes))


def _probabilities(scores: Sequence[float]) -> list[float]:
    """As `scorer.probabilities`, to so many places that every machine finds the same."""
    most = max(scores)
    odds = [round(math.exp(score - most), 9) for score in scores]
    whole = sum(odds)
    return [each / whole for each in odds]


def _file(
    labels: list[str],
    features: list[str],
    weights: dict[str, tuple[int, ...]],
    kept_from: int,
) -> bytes:
    """Weights rounded to a byte each; features that hardly weigh anything are left out, except
    words, which are the vocabulary too."""
    kept: list[str] = []
    rows: list[bytes] = []
    for name in features:
        row = [_rounded(each) for each in weights.get(name, (0,) * len(labels))]
        if name.startswith("w:") or max(map(abs, row)) >= kept_from:
            kept.append(name)
            rows.append(_packed(row))
    return encode(Head(labels, _STEP / _ONE / _AVERAGED, kept), rows)


def _packed(row: Sequence[int]) -> bytes:
    """A feature's weights in a byte each: how many bits were cut off, then what is left of them."""
    largest = max(map(abs, row))
    shift = max(largest.bit_length() - _BITS, 0)
    half = (1 << shift) >> 1
    return bytes((shift, *(min((each + half >> shift) + MIDDLE, 255) for each in row)))


def _rounded(weight: int) -> int:
    return max(-_LARGEST, min(_LARGEST, round(weight / _STEP)))

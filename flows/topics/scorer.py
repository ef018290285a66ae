"""Weighing a message: how likely each label is, and which words made it so.

A feature's weights for all labels are lanes of one long integer, so that adding up a message's
features is a handful of additions. The file of weights is what training.py makes of the examples:
a line of JSON that names labels and features, then for each feature one byte that says by how many
bits its weights are finer than a byte, and one byte for each label.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from flows.topics.features import Phrases, Reader, Word, topic_phrases

WEIGHTS: Final = Path(__file__).with_name("weights.bin")
EMERGENCY: Final = "red flag"
SAME_DAY: Final = "red flag, same day"
NO_FLAG: Final = "no red flag"
"""Labels of no topic: symptoms that are told, and talk about symptoms that are not there."""
MOST_WORDS: Final = 60
"""A longer text is not one question; its tail adds cost, not meaning."""
LANE: Final = 4  # bytes
ZERO: Final = 1 << 15  # what stands for no weight in a lane
MIDDLE: Final = 1 << 7  # what stands for no weight in a byte of the file
_NEIGHBOURS: Final = ("b:", "s:")
_EDGES: Final = frozenset("<>")  # "first" and "last" are no words that a person would look for


class Head(msgspec.Struct, frozen=True):
    """The first line of a file of weights; `scale` is what a step of one is worth, `learnt_from`
    the fingerprint of the course."""

    labels: list[str]
    scale: float
    features: list[str]
    learnt_from: str


class Scorer:
    """The weights, ready for use."""

    def __init__(self, head: Head, weights: bytes, phrases: Phrases) -> None:
        self.labels = tuple(head.labels)
        width = len(self.labels)
        ones = sum(1 << (8 * LANE * lane) for lane in range(width))
        row = bytearray(LANE * width)
        self._rows: dict[str, int] = {}
        for at, feature in enumerate(head.features):
            start = at * (width + 1)
            row[::LANE] = weights[start + 1 : start + 1 + width]
            shift = weights[start]
            middle = (ZERO - (MIDDLE << shift)) * ones
            self._rows[feature] = (int.from_bytes(row, "little") << shift) + middle
        self._scale = head.scale
        self._unpack = struct.Struct(f"<{width}I").unpack
        self._bytes = LANE * width
        self._reader = Reader(
            [name[2:] for name in head.features if name.startswith("w:")], phrases
        )
        self._known: dict[str, tuple[Word, int, int]] = {}

    def odds(self, said: Sequence[str], more: Iterable[str] = ()) -> list[float]:
        """The probability of each of `labels`, in their order, for words that `hear` gave and the
        further features that the weights were learnt with."""
        total, count = 0, 0
        read: list[Word] = []
        for typed in dict.fromkeys(said):
            word, weight, number = self._word(typed)
            read.append(word)
            total += weight
            count += number
        if len(read) < len(said):
            by_text = dict(zip(dict.fromkeys(said), read, strict=True))
            read = [by_text[typed] for typed in said]
        rows = self._rows
        names = self._reader.between(read)
        names.update(more)
        found = [rows[name] for name in names if name in rows]
        total += sum(found)
        count += len(found)
        return self._odds(total, count)

    def hear(self, said: Sequence[str]) -> list[str]:
        """The normalised words of a message as they were probably meant, without hesitations."""
        return self._reader.hear(said[:MOST_WORDS])

    def knows(self, word: str) -> bool:
        """Whether a normalised word has letters and is, maybe but for a slip, one that we know."""
        return not word.isdigit() and self._word(word)[0].known

    def words_for(self, label: str, said: Sequence[str], most: int = 4) -> tuple[str, ...]:
        """The words that speak most for a label, the strongest first: the reason for a finding."""
        lane = self.labels.index(label)
        read = [self._word(typed)[0] for typed in self.hear(said)]
        weights = {
            word.text: sum(self._weight(name, lane) for name in word.features) for word in read
        }
        for name in self._reader.between(read):
            if name.startswith(_NEIGHBOURS) and not _EDGES & {*name}:
                weights[name[2:].replace("|", " … ")] = self._weight(name, lane)
        ranked = sorted(weights, key=lambda name: (-weights[name], name))
        return tuple(name for name in ranked[:most] if weights[name] > 0)

    def _weight(self, name: str, lane: int) -> int:
        row = self._rows.get(name)
        return 0 if row is None else (row >> (8 * LANE * lane) & 0xFFFF) - ZERO

    def _word(self, typed: str) -> tuple[Word, int, int]:
        """A word, its packed weights and how many features they are of.

        Only words of the vocabulary are kept; what else a patient wrote leaves no trace.
        """
        kept = self._known.get(typed)
        if kept is not None:
            return kept
        word = self._reader.word(typed)
        found = [self._rows[name] for name in word.features if name in self._rows]
        made = (word, sum(found), len(found))
        if self._reader.knows(typed):
            self._known[typed] = made
        return made

    def _odds(self, total: int, count: int) -> list[float]:
        sums = self._unpack(total.to_bytes(self._bytes, "little"))
        factor = self._scale / math.sqrt(count + 1)
        middle = ZERO * count
        return probabilities([(each - middle) * factor for each in sums])


def probabilities(scores: Sequence[float]) -> list[float]:
    """Scores as probabilities that add up to one."""
    most = max(scores)
    odds = [math.exp(score - most) for score in scores]
    whole = sum(odds)
    return [each / whole for each in odds]


def encode(head: Head, rows: Iterable[bytes]) -> bytes:
    """The contents of a file of weights."""
    return msgspec.json.encode(head) + b"\n" + b"".join(rows)


def decode(contents: bytes, phrases: Phrases) -> Scorer:
    """The scorer of such a file's contents; `phrases` are those that it was learnt with."""
    head, weights = _split(contents)
    if len(weights) != len(head.features) * (len(head.labels) + 1):
        raise ValueError("the file of weights is cut short; run `make weights`")
    return Scorer(head, weights, phrases)


def learnt_from(contents: bytes) -> str:
    """The fingerprint of the course that such a file's contents were learnt from."""
    return _split(contents)[0].learnt_from


def _split(contents: bytes) -> tuple[Head, bytes]:
    line, _, weights = contents.partition(b"\n")
    return msgspec.json.decode(line, type=Head), weights


@cache
def default_scorer() -> Scorer:
    """The weights that ship with the product, read once a process."""
    return decode(WEIGHTS.read_bytes(), topic_phrases())

"""What a message is weighed by: its words, their spelling and sound, neighbours and concepts.

Features are short strings with their kind in front, so that a weight can be read by a person:
`w:eat` a word, `g:^eat` four letters of one, `p:kafe` how it sounds, `b:can eat` two neighbours,
`s:can|breakfast` two with one between, `c:EAT` a concept, `cc:BEFORE EAT` two concepts anywhere,
`cb:EAT BEFORE` two neighbours as concepts (`_` a word without any), `oov:2` how many words are not
known at all, `n:3` how long the message is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from flows.lexicon import expand_all
from flows.text import fold, within_one_typo
from flows.topics.hearing import Ear, sound

CONCEPTS: Final = Path(__file__).with_name("concepts")
_LETTERS: Final = 4
_MOST_COUNTED: Final = 4
_SHORTEST_MENDED: Final = 4
_NO_CONCEPTS: Final[tuple[str, ...]] = ()
_NAMES: Final = ("THINNER", "NSAID", "PILL_NAME", "DIABETES", "VERTEBRO", "KYPHO")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a message: as it was mended, whether it is known, and its own features."""

    text: str
    known: bool
    features: tuple[str, ...]


class Reader:
    """Turns words into features. `vocabulary` are words that need no mending, the commonest first;
    the words of the phrases that stand for concepts are known as well."""

    def __init__(self, vocabulary: Sequence[str], phrases: Phrases) -> None:
        self._phrases, concept_words = phrases.root, phrases.words
        self._rank: dict[str, int] = {}
        for word in (*vocabulary, *concept_words):
            self._rank.setdefault(word, len(self._rank))
        self._ear = Ear(phrases.names, self.knows)
        self._near: dict[str, list[str]] = {}
        for word in self._rank:
            if len(word) >= _SHORTEST_MENDED and word.isalpha():
                for shortened in _shortened(word):
                    self._near.setdefault(shortened, []).append(word)

    def knows(self, word: str) -> bool:
        """Whether a word needs no mending."""
        return word in self._rank

    def hear(self, said: Sequence[str]) -> list[str]:
        """The words of a message without hesitations and with its names put together."""
        return self._ear.hear(said)

    def word(self, typed: str) -> Word:
        """One word, mended if it is not known."""
        mended = self._mended(typed)
        spellings = dict.fromkeys((mended, typed))
        letters = [
            f"g:{framed[at : at + _LETTERS]}"
            for framed in (f"^{spelling}$" for spelling in spellings)
            for at in range(max(len(framed) - _LETTERS + 1, 1))
        ]
        features = (f"w:{mended}", f"p:{sound(mended)}", *dict.fromkeys(letters))
        return Word(mended, mended in self._rank, features)

    def between(self, said: Sequence[Word]) -> set[str]:
        """The features of a message beside those of its single words."""
        texts = [word.text for word in said]
        units = self._units(texts)
        marked = ["<", *texts, ">"]
        found = {f"b:{one} {two}" for one, two in itertools.pairwise(marked)}
        found.update(f"s:{one}|{two}" for one, two in zip(marked, marked[2:], strict=False))
        concepts = sorted({concept for unit in units for concept in unit})
        found.update(f"c:{concept}" for concept in concepts)
        found.update(f"cc:{one} {two}" for one, two in itertools.combinations(concepts, 2))
        for left, right in itertools.pairwise(units):
            if left or right:
                found.update(f"cb:{one} {two}" for one in left or "_" for two in right or "_")
        unknown = sum(not word.known and len(word.text) > 2 for word in said)
        if unknown:
            found.add(f"oov:{min(unknown, 3)}")
        found.add(f"n:{min(len(said), _MOST_COUNTED)}")
        return found

    def _units(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The concepts of each unit: the longest phrase at a place, or a word, maybe with none."""
        units: list[tuple[str, ...]] = []
        at = 0
        while at < len(texts):
            node, end, concepts = self._phrases.next.get(texts[at]), at + 1, _NO_CONCEPTS
            ahead = at
            while node is not None:
                ahead += 1
                if node.concepts:
                    end, concepts = ahead, node.concepts
                node = node.next.get(texts[ahead]) if ahead < len(texts) else None
            units.append(concepts)
            at = end
        return units

    def _mended(self, word: str) -> str:
        """The known word that `word` is but for a slip, else `word` itself."""
        if word in self._rank or len(word) < _SHORTEST_MENDED or not word.isalpha():
            return word
        close = {
            known
            for shortened in _shortened(word)
            for known in self._near.get(shortened, ())
            if _is_slip(word, known)
        }
        return min(close, key=lambda known: self._distance(word, known)) if close else word

    def _distance(self, word: str, known: str) -> tuple[bool, bool, int]:
        return word[0] != known[0], sorted(word) != sorted(known), self._rank[known]


def _is_slip(word: str, known: str) -> bool:
    if len(word) == _SHORTEST_MENDED and len(known) == len(word):
        return word[0] == known[0] and {*word} == {*known}  # neighbours swapped
    return within_one_typo(word, known)


def _shortened(word: str) -> Iterable[str]:
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


class _Node:
    """One word of the phrases, as a tree; `concepts` are those of the phrase that ends here."""

    __slots__ = ("concepts", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.concepts: tuple[str, ...] = _NO_CONCEPTS

    def following(self, word: str) -> _Node:
        """The node that a word leads to, made where it is missing."""
        found = self.next.get(word)
        if found is None:
            found = self.next[word] = _Node()
        return found


class Phrases:
    """The phrases of named concepts ("EAT: eat, food") as a tree, and all words in them; `names`
    are those that recognisers and writers by ear get wrong."""

    def __init__(self, concepts: Mapping[str, str]) -> None:
        self.root = _Node()
        listed = (concepts[concept] for concept in _NAMES if concept in concepts)
        self.names = tuple(
            dict.fromkeys(name for each in listed for name in expand_all(fold(each)))
        )
        known: dict[str, None] = {}
        for concept, phrases in concepts.items():
            for phrase in expand_all(fold(phrases)):
                node = self.root
                for word in phrase.split():
                    known[word] = None
                    node = node.following(word)
                if node is not self.root and concept not in node.concepts:
                    node.concepts = tuple(sorted((*node.concepts, concept)))
        self.words = tuple(known)


@cache
def topic_phrases() -> Phrases:
    """The phrases of all files of concepts together, read once a process."""
    concepts: dict[str, str] = {}
    for path in sorted(CONCEPTS.glob("*.yaml")):
        concepts |= msgspec.yaml.decode(path.read_bytes(), type=dict[str, str])
    return Phrases(concepts)

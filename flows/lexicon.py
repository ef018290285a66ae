"""Seeing what a text says by data: words → concepts → patterns of concepts.

A lexicon names concepts and lists the words and phrases for each, in both languages at once
(`LEG: leg, feet, pierna(s|)`). Reading a text turns it into units: the longest phrase that the
lexicon knows, or a single word that it doesn't. A pattern asks for concepts that stand close
together (`CANT+MOVE LEG`). Nothing here is a regular expression over the text, so the work grows
with its length and no text can make it explode.

Notation of the data
- `a(b|c|)` in a phrase stands for `ab`, `ac` and `a`; brackets may nest and may hold spaces.
- In a pattern a blank separates groups that may stand in any order with at most `REACH` units
  between neighbours (`~9` at the end sets another reach), all in one sentence. `A+B` is one group:
  B follows A with at most two units between and no pause; in `A>B` it follows at once. `A|B` is
  either. `STRONG` and `SOFT` are the ends of sentences and the pauses.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flows.text import SOFT, STRONG, fold, within_one_typo

REACH: Final = 5
_GROUP_GAP: Final = 2
_TYPO_LENGTH: Final = 4
_INNERMOST: Final = re.compile(r"\(([^()]*)\)")
_NOTHING: Final[frozenset[str]] = frozenset()
_MARKS: Final = {STRONG: frozenset({"STRONG"}), SOFT: frozenset({"SOFT"})}


def expand(phrase: str) -> Iterator[str]:
    """All the phrases that one line of data with brackets stands for."""
    if "(" not in phrase:
        yield " ".join(phrase.split())
        return
    pieces = _INNERMOST.split(phrase)
    if len(pieces) == 1:
        yield " ".join(phrase.split())
        return
    choices = [piece.split("|") if at % 2 else [piece] for at, piece in enumerate(pieces)]
    for chosen in itertools.product(*choices):
        yield from expand("".join(chosen))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as units. `words[i]` is unit i as typed (normalised), `concepts[i]` what it stands
    for; `places` lists for each concept the units where it occurs, in order."""

    words: list[str]
    concepts: list[frozenset[str]]
    places: dict[str, list[int]]

    def has(self, concept: str, start: int, end: int) -> bool:
        """Whether `concept` occurs in the units from `start` up to, not including, `end`."""
        found = self.places.get(concept)
        if found is None:
            return False
        at = bisect_left(found, start)
        return at < len(found) and found[at] < end


class Lexicon:
    """Words and phrases by concept.

    `concepts` maps a concept's name to its phrases, comma-separated. `fillers` are words that
    never matter ("really"). A misspelt word is taken for the word of five letters or more that it
    is one slip away from (of four: with neighbours swapped or a letter doubled), if that word is
    alone a phrase of one of the concepts in `forgiving`;
    `ordinary` are words of their own that must not be taken so ("chess" for "chest"). `spellings`
    maps wrong spellings that this misses to the right ones ("brth" to "breath").
    """

    def __init__(
        self,
        concepts: Mapping[str, str],
        *,
        fillers: str = "",
        forgiving: Collection[str] = (),
        ordinary: str = "",
        spellings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._spellings = dict(spellings)
        self._fillers = frozenset(fold(fillers).replace(",", " ").split())
        meanings: dict[tuple[str, ...], set[str]] = {}
        for concept, phrases in concepts.items():
            for phrase in expand_all(fold(phrases)):
                meanings.setdefault(tuple(phrase.split()), set()).add(concept)
        meanings.pop((), None)
        self._root = _Node()
        for key, names in meanings.items():
            self._root.at(key).meaning = frozenset(names)
        self.vocabulary = tuple(dict.fromkeys(itertools.chain.from_iterable(meanings)))
        known = {*self.vocabulary, *self._fillers, *fold(ordinary).replace(",", " ").split()}
        self._known = known - self._spellings.keys()
        self._rank = {word: at for at, word in enumerate(self.vocabulary)}
        self._slips: dict[str, list[str]] = {}
        for key, names in meanings.items():
            word = key[0]
            if len(key) == 1 and len(word) >= _TYPO_LENGTH and not names.isdisjoint(forgiving):
                for slip in _shortened(word):
                    self._slips.setdefault(slip, []).append(word)

    def correct(self, word: str) -> str:
        """The word of the lexicon that `word` is but for one slip, else `word` itself.

        A slip that puts another first letter doesn't count ("night" is not "tight"). Of several
        candidates the one the data names first is taken.
        """
        spelling = self._spellings.get(word)
        if spelling is not None:
            return spelling
        if word in self._known or len(word) < _TYPO_LENGTH or not word.isalpha():
            return word
        found = [near for slip in _shortened(word) for near in self._slips.get(slip, ())]
        near_enough = [near for near in found if _is_slip(word, near)]
        return min(near_enough, key=self._rank.__getitem__) if near_enough else word

    def read(self, marked: Sequence[str]) -> Reading:
        """The units of a text given as `flows.text.marked_words`."""
        typed = [word for word in marked if word not in self._fillers]
        known = self._known
        tokens = [word if word in known else self.correct(word) for word in typed]
        words: list[str] = []
        concepts: list[frozenset[str]] = []
        places: dict[str, list[int]] = {}
        at, end = 0, len(tokens)
        while at < end:
            length, meaning = self._unit(tokens, at)
            for concept in meaning:
                places.setdefault(concept, []).append(len(words))
            words.append(typed[at] if length == 1 else " ".join(typed[at : at + length]))
            concepts.append(meaning)
            at += length
        return Reading(words, concepts, places)

    def _unit(self, tokens: list[str], at: int) -> tuple[int, frozenset[str]]:
        """How many tokens the longest phrase at `at` takes, and its concepts."""
        node = self._root.next.get(tokens[at])
        if node is None:
            return 1, _MARKS.get(tokens[at], _NOTHING)
        length, meaning = 1, node.meaning
        for ahead in range(at + 1, len(tokens)):
            node = node.next.get(tokens[ahead])
            if node is None:
                break
            if node.meaning:
                length, meaning = ahead + 1 - at, node.meaning
        return length, meaning


class _Node:
    """One word of the phrases, as a tree: `next` by the following word, `meaning` the concepts
    of the phrase that ends here (empty where none does)."""

    __slots__ = ("meaning", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.meaning: frozenset[str] = _NOTHING

    def at(self, phrase: tuple[str, ...]) -> _Node:
        """The node that `phrase` leads to, made where it is missing."""
        node = self
        for word in phrase:
            following = node.next.get(word)
            if following is None:
                following = node.next[word] = _Node()
            node = following
        return node


def expand_all(phrases: str) -> Iterator[str]:
    """Every phrase of a comma-separated list, brackets expanded."""
    for phrase in phrases.split(","):
        yield from expand(phrase)


def _shortened(word: str) -> Iterator[str]:
    """`word`, and `word` with each single letter left out: two words that share one of these
    differ by about one slip."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _is_slip(word: str, known: str) -> bool:
    if len(known) == _TYPO_LENGTH and (word[0] != known[0] or {*word} != {*known}):
        return False
    same_start = word[0] == known[0] or word[1:] != known[1:]
    return same_start and within_one_typo(word, known)


@dataclass(frozen=True, slots=True)
class _Group:
    """Atoms in order; `gaps[i]` is how many units may stand before `atoms[i + 1]`."""

    atoms: tuple[frozenset[str], ...]
    gaps: tuple[int, ...]

    @classmethod
    def parse(cls, notation: str, names: Mapping[str, str]) -> _Group:
        """The group that one part of a pattern describes."""
        atoms = tuple(
            frozenset(names.get(atom, atom).split("|")) for atom in re.split("[+>]", notation)
        )
        gaps = tuple(_GROUP_GAP if sign == "+" else 0 for sign in notation if sign in "+>")
        return cls(atoms, gaps)

    def spots(self, reading: Reading) -> Iterator[tuple[int, ...]]:
        """Each place of the group, as the units its atoms take."""
        for first in _places(self.atoms[0], reading):
            spot = [first]
            for atom, gap in zip(self.atoms[1:], self.gaps, strict=True):
                following = _next(atom, spot[-1], gap, reading)
                if following is None:
                    break
                spot.append(following)
            else:
                yield tuple(spot)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Concepts that must stand close together; see the module's notation."""

    groups: tuple[_Group, ...]
    atoms: tuple[frozenset[str], ...]
    """Every atom of every group, in order."""
    reach: int = REACH

    @classmethod
    def parse(cls, notation: str, names: Mapping[str, str] = MappingProxyType({})) -> Pattern:
        """The pattern that `notation` describes; `names` gives the alternatives ("A|B") that an
        atom may stand for."""
        parts = notation.split()
        reach = REACH
        if parts[-1].startswith("~"):
            reach = int(parts.pop()[1:])
        groups = tuple(_Group.parse(part, names) for part in parts)
        return cls(groups, tuple(atom for group in groups for atom in group.atoms), reach)

    @property
    def concepts(self) -> frozenset[str]:
        """Every concept the pattern mentions."""
        return frozenset().union(*self.atoms)

    @property
    def key(self) -> frozenset[str]:
        """The concepts of its first atom: without one of them the pattern can't match."""
        return self.atoms[0]

    def matches(self, reading: Reading) -> Iterator[tuple[int, ...]]:
        """Each place where the pattern matches, as the sorted numbers of the units it took."""
        places = reading.places.keys()
        for atom in self.atoms:
            if atom.isdisjoint(places):
                return
        found = [list(group.spots(reading)) for group in self.groups]
        if not all(found):
            return
        anchors, others = found[0], found[1:]
        for anchor in anchors:
            choices = [_neighbours(anchor, spots) for spots in others]
            for chosen in itertools.product(*choices):
                units = sorted({unit for spot in (anchor, *chosen) for unit in spot})
                if self._close(units, reading):
                    yield tuple(units)

    def _close(self, units: list[int], reading: Reading) -> bool:
        if len(units) < len(self.atoms):
            return False  # one unit can't stand for two groups
        if reading.has("STRONG", units[0] + 1, units[-1]):
            return False
        return all(b - a - 1 <= self.reach for a, b in itertools.pairwise(units))


def _places(atom: frozenset[str], reading: Reading) -> list[int]:
    lists = [reading.places[concept] for concept in atom if concept in reading.places]
    if len(lists) == 1:
        return lists[0]
    return sorted(set(itertools.chain.from_iterable(lists)))


def _next(atom: frozenset[str], after: int, gap: int, reading: Reading) -> int | None:
    """The first unit of `atom` after unit `after`, at most `gap` units and no pause between."""
    for unit in range(after + 1, min(after + 2 + gap, len(reading.words))):
        concepts = reading.concepts[unit]
        if not atom.isdisjoint(concepts):
            return unit
        if "SOFT" in concepts or "STRONG" in concepts:
            return None
    return None


def _neighbours(anchor: tuple[int, ...], spots: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The nearest spot before the anchor's first unit and the nearest after its last."""
    before, after = bisect_left(spots, anchor[:1]), bisect_left(spots, (anchor[-1] + 1,))
    return [*spots[max(before - 1, 0) : before], *spots[after : after + 1]]

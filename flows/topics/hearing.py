"""How words sound, and putting right what speech recognition makes of them.

A recogniser that doesn't know "Coumadin" writes "coo ma din", or "ella quiz" for "Eliquis".
Neighbours that together sound like a name that we know are taken for that name. So is a single word
that nobody knows: people write such names by ear, too. Hesitations and greetings are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from flows.text import within_one_typo

SAYS_NOTHING: Final = frozenset(
    {
        *("um", "umm", "uh", "uhh", "uhm", "er", "erm", "hm", "hmm", "mm", "mmm", "ah", "eh"),
        *("em", "ehm", "pues", "oiga", "mire", "hello", "hi", "hey", "hola", "buenas"),
    }
)
_SOUNDS: Final = (
    ("ph", "f"), ("qu", "k"), ("ck", "k"), ("ll", "y"), ("sch", "sk"), ("ce", "se"), ("ci", "si"),
    ("ge", "je"), ("gi", "ji"), ("h", ""), ("c", "k"), ("q", "k"), ("v", "b"), ("z", "s"),
    ("x", "s"), ("w", "u"),
)  # fmt: skip
_CONSONANTS: Final = str.maketrans("dbgj", "tpkk", "aeiouy")
"""Recognisers mix up voiced and unvoiced ones; vowels are left out."""
_TWICE: Final = re.compile(r"(.)\1+")
_MOST_PIECES: Final = 3
_SHORTEST: Final = 5  # letters of a name or of a word that may be one
_FEWEST: Final = 3  # consonants of a name
_NEARLY: Final = 6  # of so many consonants one may be wrong
_WRONG_LETTERS: Final = 3  # one in so many


class Ear:
    """Hears names; `known` says whether a word needs no mending."""

    def __init__(self, names: Iterable[str], known: Callable[[str], bool]) -> None:
        self._known = known
        self._names: dict[str, list[str]] = {}
        for name in names:
            heard = _consonants(name)
            if name.isalpha() and len(name) >= _SHORTEST and len(heard) >= _FEWEST:
                for key in _shortened(heard) if len(heard) >= _NEARLY else (heard,):
                    self._names.setdefault(key, []).append(name)

    def hear(self, said: Sequence[str]) -> list[str]:
        """The words of a message that say something, with its names put together."""
        spoken = [word for word in said if word not in SAYS_NOTHING] or list(said)
        if not self._names or all(map(self._is_clear, spoken)):
            return spoken
        heard: list[str] = []
        at = 0
        while at < len(spoken):
            name, pieces = self._name_at(spoken, at)
            heard.append(name)
            at += pieces
        return heard

    def _is_clear(self, word: str) -> bool:
        return not word.isalpha() or self._known(word)

    def _name_at(self, said: Sequence[str], at: int) -> tuple[str, int]:
        """The name that begins at a word and how many words it takes; else the word itself."""
        found = [
            (wrong, -pieces, name)
            for pieces in range(1, min(_MOST_PIECES, len(said) - at) + 1)
            for wrong, name in self._named(said[at : at + pieces])
        ]
        if not found:
            return said[at], 1
        _, pieces, name = min(found)
        return name, -pieces

    def _named(self, window: Sequence[str]) -> list[tuple[int, str]]:
        """The names that some words together sound like, with the number of wrong letters."""
        joined = "".join(window)
        if len(joined) < _SHORTEST or not joined.isalpha() or all(map(self._known, window)):
            return []
        heard = _consonants(joined)
        keys = _shortened(heard) if len(heard) >= _NEARLY else (heard,)
        return [
            (wrong, name)
            for key in keys
            for name in self._names.get(key, ())
            if within_one_typo(heard, _consonants(name))
            and (wrong := _distance(sound(joined), sound(name))) <= len(name) // _WRONG_LETTERS
        ]


def sound(word: str) -> str:
    """Roughly how a word sounds, the same for "llego" and "yego", "hace" and "ase"."""
    for letters, heard in _SOUNDS:
        word = word.replace(letters, heard)
    return _TWICE.sub(r"\1", word)


def _consonants(word: str) -> str:
    return _TWICE.sub(r"\1", sound(word).translate(_CONSONANTS))


def _shortened(heard: str) -> Iterable[str]:
    yield heard
    for at in range(len(heard)):
        yield heard[:at] + heard[at + 1 :]


def _distance(one: str, other: str) -> int:
    """How many letters to put in, take out or change."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, start=1):
        before, row[0] = row[0], number
        for at, wanted in enumerate(other, start=1):
            changed = before + (letter != wanted)
            before = row[at]
            row[at] = min(before + 1, row[at - 1] + 1, changed)
    return row[-1]

"""From what a patient wrote to the option or topic they meant, by rules that can be explained."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from flows.nodes import NodeRef
from flows.text import within_one_typo, words

_TYPO_LENGTH: Final = 5
_MOST_WORDS: Final = 60  # a longer text is not a menu choice; its tail adds cost, not meaning

_NUMBER_WORDS: Final = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "cero": "0", "uno": "1", "una": "1", "dos": "2",
    "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8",
    "nueve": "9", "first": "1", "second": "2", "third": "3", "primero": "1", "primera": "1",
    "segundo": "2", "segunda": "2", "tercero": "3", "tercera": "3",
}  # fmt: skip
_AROUND_A_KEY: Final = frozenset(
    "option number press key choose please thanks thank you ok okay the el la opcion numero "
    "marque tecla por favor gracias".split()
)
_DIGITS: Final = frozenset("0123456789")
_SYMBOLS: Final = re.compile(r"[*#]")
_KEYCAPS: Final = str.maketrans({"\ufe0f": "", "\u20e3": ""})


def pressed_keys(text: str) -> tuple[str, ...]:
    """The keys that a text consists of, politeness and "option" around them aside.

    `1`, `1.`, `#1`, `option 1`, `one please` and a keycap emoji are all the key 1; `1 or 2` is
    two keys; `10` and a sentence that has a number in it are none. `*` and `#` alone are keys.
    """
    bare = text.translate(_KEYCAPS).strip()
    if _SYMBOLS.fullmatch(bare):
        return (bare,)
    found: list[str] = []
    for word in words(bare):
        key = _NUMBER_WORDS.get(word, word)
        if len(key) == 1 and key in _DIGITS:
            found.append(key)
        elif word not in _AROUND_A_KEY and word not in ("or", "o", "and", "y"):
            return ()
    return tuple(dict.fromkeys(found))


class PhraseIndex:
    """Phrases and what they mean; finds them in a text, whole words only."""

    def __init__(self, phrases: Iterable[tuple[str, NodeRef]]) -> None:
        self._meanings: dict[tuple[str, ...], tuple[NodeRef, ...]] = {}
        for phrase, meaning in phrases:
            key = tuple(words(phrase))
            known = self._meanings.get(key, ())
            if key and meaning not in known:
                self._meanings[key] = (*known, meaning)
        self._longest = max(map(len, self._meanings), default=0)
        self._vocabulary = frozenset(word for phrase in self._meanings for word in phrase)
        self._long_words = _by_length(self._vocabulary)

    def exact(self, text: Sequence[str]) -> tuple[NodeRef, ...]:
        """What the whole text means."""
        return self._meanings.get(tuple(text), ())

    def inside(self, text: Sequence[str], first: PhraseIndex | None = None) -> tuple[NodeRef, ...]:
        """What the phrases inside a text mean, the longest phrases first taken.

        A phrase that lies within a longer one that was found does not count by itself: "blood
        thinner" is not also "blood". Where `first` knows a phrase as well, its meaning counts.
        """
        text = text[:_MOST_WORDS]
        taken: set[int] = set()
        found: dict[NodeRef, None] = {}
        longest = max(self._longest, first._longest if first else 0)
        for length in range(min(longest, len(text)), 0, -1):
            for start in range(len(text) - length + 1):
                phrase = tuple(text[start : start + length])
                meanings = (first and first.exact(phrase)) or self.exact(phrase)
                span = range(start, start + length)
                if meanings and taken.isdisjoint(span):
                    taken.update(span)
                    found.update(dict.fromkeys(meanings))
        return tuple(found)

    def corrected(self, text: Sequence[str]) -> list[str]:
        """The text with each word of five or more letters that is not known replaced by the known
        word it is a single slip away from; left as it is where there are two that differ in
        meaning."""
        return [self._correct(word) for word in text[:_MOST_WORDS]]

    def _correct(self, word: str) -> str:
        if len(word) < _TYPO_LENGTH or word in self._vocabulary or not word.isalpha():
            return word
        close = [
            known
            for length in (len(word) - 1, len(word), len(word) + 1)
            for known in self._long_words.get(length, ())
            if within_one_typo(word, known)
        ]
        meanings = {self._meanings.get((known,)) for known in close}
        same = len(close) == 1 or (len(meanings) == 1 and None not in meanings)
        return close[0] if same else word

    def find(self, text: Sequence[str], first: PhraseIndex | None = None) -> tuple[NodeRef, ...]:
        """What a text means: by phrases inside it, else after mending slips.

        Slips are mended towards the words of `first` before all others.
        """
        found = self.inside(text, first)
        if found:
            return found
        mended = first.corrected(text) if first else list(text)
        return self.inside(self.corrected(mended), first)


def _by_length(vocabulary: Iterable[str]) -> Mapping[int, tuple[str, ...]]:
    lengths: dict[int, list[str]] = {}
    for word in sorted(vocabulary):
        if len(word) >= _TYPO_LENGTH:
            lengths.setdefault(len(word), []).append(word)
    return {length: tuple(found) for length, found in lengths.items()}

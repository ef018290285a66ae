"""From what a patient wrote to the option or topic they meant, by rules that can be explained."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from flows.nodes import NodeRef
from flows.text import words

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

    def exact(self, text: Sequence[str]) -> tuple[NodeRef, ...]:
        """What the whole text means."""
        return self._meanings.get(tuple(text), ())

    def inside(self, text: Sequence[str]) -> tuple[NodeRef, ...]:
        """What the phrases inside a text mean, the longest phrases first taken.

        A phrase that lies within a longer one that was found does not count by itself: "blood
        thinner" is not also "blood".
        """
        text = text[:_MOST_WORDS]
        taken: set[int] = set()
        found: dict[NodeRef, None] = {}
        for length in range(min(self._longest, len(text)), 0, -1):
            for start in range(len(text) - length + 1):
                meanings = self.exact(text[start : start + length])
                span = range(start, start + length)
                if meanings and taken.isdisjoint(span):
                    taken.update(span)
                    found.update(dict.fromkeys(meanings))
        return tuple(found)

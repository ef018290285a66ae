"""Guessing the language of someone's first words, from the small words that give it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from profiles import Language

_SPANISH: Final = frozenset(
    "hola buenos buenas dias tardes noches que como cuando donde cuanto cuantos cual quien por "
    "para con sin puedo debo tengo necesito quiero mi mis la el los las un una es esta estoy "
    "cita gracias favor usted espanol ayuda comer beber tomar agua medicina medicinas duele "
    "dolor columna espalda fractura y o del al se me le".split()
)
_ENGLISH: Final = frozenset(
    "hi hello hey good morning what how when where why who which can could should do does is are "
    "my the an i you it this that for with without please thanks thank english help eat drink "
    "water medicine pain back spine fracture appointment and or of to in on".split()
)


def guess_language(words: Sequence[str]) -> Language | None:
    """`en` or `es` where more of the (normalised) words are of that language; `None` if unsure."""
    spanish = sum(word in _SPANISH for word in words)
    english = sum(word in _ENGLISH for word in words)
    if spanish == english:
        return None
    return "es" if spanish > english else "en"

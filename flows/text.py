"""One way to look at what people type: small letters, no accents, no punctuation.

Everything that compares a patient's words with words we know (menus, topics, red flags, opt-outs)
normalises both sides here, so data may be written with accents and capitals.

ñ is folded to n like every accented letter: on a phone many people write "manana" and "bano", and
a word that is only right with the tilde would miss them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

STRONG: Final = "."
"""The mark that `marked_words` puts where a sentence ends."""
SOFT: Final = ","
"""The mark that `marked_words` puts where a sentence pauses."""

_APOSTROPHES: Final = dict.fromkeys(map(ord, "'`´‘’‛ʼ′＇"))
_INVISIBLE: Final = re.compile(
    "[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u20d0-\u20ff\ufe00-\ufe0f\ufeff]"
)
_LONG_RUN: Final = re.compile(r"([^\W\d_])\1{2,}")
_LONG_RUN_ASCII: Final = re.compile(r"([a-z])\1\1+")  # the same for plain ASCII, thrice as fast
_YES: Final = re.compile("\\bsi\u0301(?!\\w)")  # "sí" is yes, "si" is if: keep that as a pause
_WORD: Final = re.compile(r"[^\W_]+")
_SENTENCE_ENDS: Final = ".!?;¡¿。！？"
_PIECE: Final = re.compile(
    r"[^\W_]+(?:(?<=\d)[.,]\d+(?![^\W_]))?"  # a decimal is one word: 100.4
    r"|\.{2,}"  # trailing dots are a pause, not an end
    rf"|[{_SENTENCE_ENDS}]"
    r"|[,:()\n\u2013-\u2015\u2022]"
    r"|(?<=\s)-+(?=\s)"
    r"|[\u2190-\u2bff\U0001f000-\U0001faff]"  # arrows, dingbats, emoji
)
_TURNS: Final = frozenset({"and", "but", "however", "though", "y", "e", "pero", "aunque", "sino"})


@lru_cache(maxsize=4)  # rules, red flags and topics ask for the same message in turn
def fold(text: str) -> str:
    """`text` in small letters without accents, apostrophes or invisible characters.

    Punctuation and emoji stay. A letter written three times or more is kept twice ("sooo" →
    "soo"); digits are never touched.
    """
    if text.isascii():
        plain = text.lower().replace("'", "").replace("`", "")
        return _LONG_RUN_ASCII.sub(r"\1\1", plain)
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    plain = unicodedata.normalize("NFKD", plain)  # some small letters carry accents of their own
    plain = _YES.sub("si,", plain)
    return _LONG_RUN.sub(r"\1\1", _INVISIBLE.sub("", plain))


def words(text: str) -> list[str]:
    """The normalised words of `text`, in order; "can't" is the one word "cant"."""
    return _WORD.findall(fold(text))


def normalise(text: str) -> str:
    """The normalised words of `text` with one space between them."""
    return " ".join(words(text))


def marked_words(text: str) -> list[str]:
    """The normalised words of `text`, with `STRONG` and `SOFT` marks where it breaks.

    A sentence end is `STRONG`; a comma, colon, bracket, dash, new line, trailing dots or an emoji
    is `SOFT`. A decimal number stays one word ("100.4").
    """
    pieces: list[str] = _PIECE.findall(fold(text))
    return [
        piece
        if piece[0].isalnum()
        else (STRONG if len(piece) == 1 and piece in _SENTENCE_ENDS else SOFT)
        for piece in pieces
    ]


def clauses(text: str) -> list[str]:
    """`text` cut at sentence ends, pauses and the words that turn or join ("but", "y").

    Each clause is normalised; empty ones are left out. What is said in one clause ("no chest
    pain") says nothing about the next ("but i cant breathe").
    """
    found: list[str] = []
    clause: list[str] = []
    for piece in [*marked_words(text), STRONG]:
        if piece in (STRONG, SOFT) or piece in _TURNS:
            if clause:
                found.append(" ".join(clause))
            clause = []
        else:
            clause.append(piece)
    return found


def within_one_typo(a: str, b: str) -> bool:
    """Whether `a` becomes `b` by at most one slip of the finger.

    A slip is one letter too many, one missing, one wrong, or two neighbours swapped.
    """
    if a == b:
        return True
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    if a[start + 1 :] == b[start + 1 :]:
        return True
    swapped = a[start : start + 2] == b[start : start + 2][::-1]
    return swapped and a[start + 2 :] == b[start + 2 :]

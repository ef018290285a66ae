"""What a text costs: its encoding, its parts, and wording it so that it needs fewer.

The rules are those of GSM 03.38 (the 7-bit alphabet) and GSM 03.40 (concatenated messages), as
carriers charge by them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The GSM alphabet's own characters; each takes one unit."""

_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Characters that the GSM alphabet writes as an escape and a second unit."""

_GSM: Final = _BASIC | _EXTENSION


class Encoding(StrEnum):
    """How a text travels; one character outside the GSM alphabet moves all of it to UCS-2."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """A text's cost: `count` parts are charged; `units` are septets or UTF-16 units."""

    encoding: Encoding
    units: int
    count: int


def count(text: str) -> Segments:
    """Counts the text exactly as it stands; an empty one is one part, as Twilio counts it.

    One part holds 160 septets or 70 UTF-16 units. Longer texts lose room in each part to the
    numbering (153 or 67), and neither an escaped character nor a surrogate pair is torn apart, so
    a part may stay one unit short.
    """
    if _BASIC.issuperset(text):
        return _even(Encoding.GSM7, len(text), 160, 153)
    if _GSM.issuperset(text):
        return _counted(Encoding.GSM7, [2 if c in _EXTENSION else 1 for c in text], 160, 153)
    if max(text) <= "\uffff":
        return _even(Encoding.UCS2, len(text), 70, 67)
    return _counted(Encoding.UCS2, [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67)


def _even(encoding: Encoding, units: int, alone: int, numbered: int) -> Segments:
    """Nearly every text: each character takes one unit."""
    return Segments(encoding, units, 1 if units <= alone else -(-units // numbered))


def _counted(encoding: Encoding, widths: list[int], alone: int, numbered: int) -> Segments:
    units = sum(widths)
    return Segments(encoding, units, 1 if units <= alone else _parts(widths, numbered))


def _parts(widths: Iterable[int], room: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts


_LOOK_ALIKES: Final = str.maketrans(
    {
        # quotation marks, primes and accents standing alone
        **dict.fromkeys("‘’‚‛′´`ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‹", "<"),
        **dict.fromkeys("›", ">"),
        # hyphens, dashes and the minus sign
        **dict.fromkeys("‐‑‒–—―−", "-"),
        # points
        "…": "...",
        **dict.fromkeys("•·‣◦∙", "*"),
        # ordinals and the degree sign, as in 1.º, 2.ª and 20 °C
        "º": "o",
        "ª": "a",
        "°": "o",
        # signs with a plain spelling
        "×": "x",
        "⁄": "/",
        "½": "1/2",
        "¼": "1/4",
        "¾": "3/4",
        "™": "TM",
        "©": "(C)",
        "®": "(R)",
        "→": "->",
        "≤": "<=",
        "≥": ">=",
        # blanks of every width
        **dict.fromkeys("\t\u00a0\u202f\u205f\u3000", " "),
        **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
        # line and paragraph separators
        **dict.fromkeys("\u2028\u2029\u0085\v", "\n"),
        # marks nobody sees; the zero-width joiner stays, it holds emoji together
        **dict.fromkeys("\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad"),
    }
)

_CURLY: Final = frozenset(map(chr, _LOOK_ALIKES))
_LATIN: Final = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
_UNACCENTED: Final = str.maketrans(
    {
        letter: bare
        for letter in map(chr, _LATIN)
        if letter not in _GSM and (bare := unicodedata.normalize("NFD", letter)[0]) in _GSM
    }
    | {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"}
)
"""Latin letters outside the GSM alphabet without their marks: the á, í, ó and ú of Spanish (é, ñ,
ü, ¿ and ¡ lie inside it), and those that patients' names bring along, as in João, Łucja or Đức."""


def smart(text: str) -> str:
    """The text with typographic characters replaced by their look-alikes in the GSM alphabet."""
    return text if _CURLY.isdisjoint(text) else text.translate(_LOOK_ALIKES)


def fit(text: str, *, keep_accents: bool) -> str:
    """The text as it should be sent: composed letters, plain punctuation, and no part too many.

    á, í, ó, ú and other Latin letters outside the alphabet lose their marks where they alone make
    the text need more parts, unless `keep_accents` says that correct spelling is worth the price.
    The result never needs more parts than the composed text.
    """
    if _GSM.issuperset(text):
        return text  # composed, and as plain and as cheap as can be
    composed = unicodedata.normalize("NFC", text)
    looked_alike = unicodedata.normalize("NFC", smart(composed))
    plain = composed if looked_alike == composed else _cheaper(looked_alike, composed)
    if keep_accents:
        return plain
    unaccented = plain.translate(_UNACCENTED)
    if unaccented == plain:
        return plain
    return unaccented if count(unaccented).count < count(plain).count else plain


def _cheaper(wanted: str, otherwise: str) -> str:
    """`wanted`, unless it needs more parts: `...` is longer than `…` where an emoji is near."""
    return wanted if count(wanted).count <= count(otherwise).count else otherwise

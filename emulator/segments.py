"""How many segments a text costs: GSM 03.38's 7-bit alphabet, or UCS-2 when it does not fit."""

from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Characters of one septet. The escape character itself is not a character one can send."""

EXTENDED = frozenset("\f^{}\\[~]|€")
"""Characters of two septets, an escape and its code, which never part."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a text weighs on the air. `units` are septets (GSM-7) or UTF-16 units (UCS-2)."""

    encoding: str
    units: int
    segments: int
    capacity: int
    """Units that fit before the text grows by another segment."""


def size_of(text: str) -> Size:
    """Weigh a text as it stands, with no replacement of typographic characters."""
    if all(char in BASIC or char in EXTENDED for char in text):
        return _pack("GSM-7", [2 if char in EXTENDED else 1 for char in text], 160, 153)
    return _pack("UCS-2", [2 if ord(char) > 0xFFFF else 1 for char in text], 70, 67)


def _pack(encoding: str, widths: list[int], alone: int, joined: int) -> Size:
    """Fill parts one after the other; a character of two units stays in one part."""
    units = sum(widths)
    if units <= alone:
        return Size(encoding, units, 1, alone)
    parts, used = 1, 0
    for width in widths:
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return Size(encoding, units, parts, parts * joined)

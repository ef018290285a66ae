"""Numbers said in words, in English and Spanish, as far as dates need them."""

from __future__ import annotations

from typing import Final


def _counted(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return {
        word: start + step * index
        for index, group in enumerate(words.split())
        for word in group.split("|")
    }


NUMBER_WORDS: Final = {
    **_counted("zero|oh|cero one|uno|un|una|first|primero two|dos|second three|tres|third"),
    **_counted("four|cuatro|fourth five|cinco|fifth six|seis|sixth seven|siete|seventh", 4),
    **_counted("eight|ocho|eighth nine|nueve|ninth ten|diez|tenth eleven|once|eleventh", 8),
    **_counted("twelve|doce|twelfth thirteen|trece|thirteenth fourteen|catorce|fourteenth", 12),
    **_counted("fifteen|quince|fifteenth sixteen|dieciseis|sixteenth", 15),
    **_counted("seventeen|diecisiete|seventeenth eighteen|dieciocho|eighteenth", 17),
    **_counted("nineteen|diecinueve|nineteenth twenty|veinte|twentieth veintiuno|veintiun", 19),
    **_counted("veintidos veintitres veinticuatro veinticinco veintiseis veintisiete", 22),
    **_counted("veintiocho veintinueve thirty|treinta|thirtieth", 28),
    **_counted("forty|fourty|cuarenta fifty|cincuenta sixty|sesenta", 40, 10),
    **_counted("seventy|setenta eighty|ochenta ninety|noventa hundred", 70, 10),
    "novecientos": 900,
    "thousand": 1000,
    "mil": 1000,
}
"""Folded words (see `flows.text.fold`) and their values."""


def value_of(token: str) -> int | None:
    """The value of up to eight digits or of a number word; `None` for any other word."""
    if token.isdecimal() and token.isascii():
        return int(token) if len(token) <= 8 else None
    return NUMBER_WORDS.get(token)

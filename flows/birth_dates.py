"""Reading a date of birth from what people type, press or say, and hiding one that was written.

Month comes first where an order must be guessed, as on American forms; in a Spanish conversation
the day may come first as well. A text that is no whole date gives nothing: "10", "2 pm", "May 17".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from flows.spoken_numbers import NUMBER_WORDS, value_of
from flows.text import fold
from profiles import Language

_ADULT: Final = 18
_OLDEST: Final = 1900
_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+")
_FILLERS: Final = frozenset(
    "my date of birth dob birthdate birthday bday is was i im born on it its the th st nd rd and "
    "month day year sorry ok okay yes please hi hello for mi fecha de nacimiento es naci nacio el "
    "en del nacido nacida cumpleanos dia mes ano y si hola por favor perdon".split()
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene",
            "february feb febrero",
            "march mar marzo",
            "april apr abril abr",
            "may mayo",
            "june jun junio",
            "july jul julio",
            "august aug agosto ago",
            "september sept sep septiembre setiembre set",
            "october oct octubre",
            "november nov noviembre",
            "december dec diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
_ANY_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_IN_SENTENCES: Final = (
    re.compile(r"(?<!\d)\d{1,2}\s?[/.\- ]\s?\d{1,2}\s?[/.\-, ]\s?\d{4}(?!\d)"),
    re.compile(r"(?<!\d)\d{4}-\d{1,2}-\d{1,2}(?!\d)"),
    re.compile(r"(?<!\d)\d{8}(?!\d)"),
    re.compile(rf"\b(?:{_ANY_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}(?!\d)"),
    re.compile(rf"(?<!\d)\d{{1,2}}(?:st|nd|rd|th)?(?: of| de)? (?:{_ANY_MONTH})\.?,?"
               r"(?: of| del?)? \d{4}(?!\d)"),
)  # fmt: skip
_LONG_RUN: Final = re.compile(r"\d{4}")
_LETTER: Final = re.compile(r"[a-z]")
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[^\W\d_]+")
_MASK: Final = "#"


def birth_dates(text: str, language: Language, today: dt.date) -> tuple[dt.date, ...]:
    """The dates of birth that a text may give; more than one where day and month may be swapped.

    A two-digit year lies in this century only if the person is 18 by now. Within a sentence only a
    date with all digits of its year counts, and only one that makes the person 18.
    """
    plain = fold(text)
    tokens = [token for token in _TOKEN.findall(plain) if token not in _FILLERS]
    if all(token in _MONTHS or value_of(token) is not None for token in tokens):
        found = _past(_whole(tokens, language, today), today)
        return tuple(date for date in found if not _is_of_now(plain, date, today))
    return _in_a_sentence(plain, language, today)


def masked(text: str, language: Language, today: dt.date, *, is_asked: bool) -> str:
    """The text as it may be stored: without a date of birth that is in it.

    Where one was asked for (`is_asked`) every digit is hidden, for it may be part of one.
    """
    found = birth_dates(text, language, today) if is_asked else _volunteered(text, language, today)
    if found:
        text = _WORD.sub(_hidden, text)
    return _DIGIT.sub(_MASK, text) if is_asked or found else text


def _volunteered(text: str, language: Language, today: dt.date) -> tuple[dt.date, ...]:
    plain = fold(text)
    if not _LONG_RUN.search(plain):
        return ()
    return _in_a_sentence(plain, language, today)


def _is_of_now(plain: str, date: dt.date, today: dt.date) -> bool:
    """Whether a date with a short year is rather that of a visit: "is it on 11/25/26?"."""
    is_short = _LETTER.search(plain) and not _LONG_RUN.search(plain)
    return bool(is_short) and abs(today.year - 100 - date.year) <= 1


def _hidden(word: re.Match[str]) -> str:
    plain = fold(word[0])
    return _MASK if plain in _MONTHS or plain in NUMBER_WORDS else word[0]


def _in_a_sentence(plain: str, language: Language, today: dt.date) -> tuple[dt.date, ...]:
    for shape in _IN_SENTENCES:
        found = shape.search(plain)
        if found:
            tokens = [t for t in _TOKEN.findall(found[0]) if t not in _FILLERS]
            adults = (d for d in _whole(tokens, language, today) if _age(d, today) >= _ADULT)
            return _past(adults, today)
    return ()


def _past(dates: Iterable[dt.date], today: dt.date) -> tuple[dt.date, ...]:
    return tuple(date for date in dict.fromkeys(dates) if date.year >= _OLDEST and date <= today)


def _whole(tokens: Sequence[str], language: Language, today: dt.date) -> list[dt.date]:
    """The dates that tokens make, each of which is a month's name or a number."""
    named = [index for index, token in enumerate(tokens) if token in _MONTHS]
    if len(named) > 1:
        return []
    if named:
        rest = _numbers([t for t in tokens if t not in _MONTHS])
        month = _MONTHS[tokens[named[0]]]
        pairs = [(month, rest[0][0])] if len(rest) == 2 else []
        return list(_dates(pairs, rest[-1], today)) if pairs else []
    if all(len(token) == 1 or token in NUMBER_WORDS for token in tokens):
        digits = [value_of(token) for token in tokens]
        if len(digits) == 8 and all(digit is not None and digit < 10 for digit in digits):
            return _run("".join(map(str, digits)), language, today)
    if len(tokens) == 1:
        return _run(tokens[0], language, today)
    if len(tokens) == 3 and len(tokens[0]) == 4 and tokens[0].isdecimal():
        year, month_, day = (int(value_of(token) or 0) for token in tokens)
        return list(_dates([(month_, day)], (year, 4), today))
    numbers = _numbers(tokens)
    if len(numbers) != 3:
        return []
    return list(_dates(_orders(numbers[0][0], numbers[1][0], language), numbers[2], today))


def _run(digits: str, language: Language, today: dt.date) -> list[dt.date]:
    """The dates in digits without anything between them: 05171948, 5171948, 051748."""
    if not digits.isdecimal() or len(digits) not in (6, 7, 8):
        return []
    if len(digits) == 7:
        cuts = [(int(digits[:1]), int(digits[1:3])), (int(digits[:2]), int(digits[2:3]))]
        return list(_dates(cuts, (int(digits[3:]), 4), today))
    year = digits[4:]
    first, second = int(digits[:2]), int(digits[2:4])
    swapped = "en" if _is_month(first) else language
    found = list(_dates(_orders(first, second, swapped), (int(year), len(year)), today))
    if not found and len(digits) == 8:
        pair = [(int(digits[4:6]), int(digits[6:]))]
        return list(_dates(pair, (int(digits[:4]), 4), today))
    return found


def _numbers(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Values and how many digits each was given with, spoken years put together.

    The last is the year, and only two or four digits make one.
    """
    values = [(int(value_of(token) or 0), _width(token)) for token in tokens]
    joined: list[tuple[int, int]] = []
    for value, width in values:
        before = joined[-1] if joined else None
        if before and width == 0 and before[1] == 0 and _adds_to(before[0], value):
            joined[-1] = (_sum(before[0], value), 0)
        else:
            joined.append((value, width))
    if len(joined) >= 3 and joined[-2][0] in (19, 20) and joined[-2][1] == joined[-1][1] == 0:
        century, rest = joined[-2][0], joined[-1][0]
        if rest < 100:
            joined[-2:] = [(century * 100 + rest, 4)]
    value, width = joined[-1] if joined else (0, 0)
    if width == 0:
        joined[-1:] = [(value, 4 if value > 99 else 2 if value > 9 else 1)] if joined else []
    return joined


def _adds_to(before: int, value: int) -> bool:
    """Whether two spoken numbers are one: forty eight, mil novecientos, two thousand five."""
    if value in (100, 1000):
        return before in (2, 19)
    if 0 < value < 10:
        return before == 0 or (before >= 20 and before % 10 == 0)
    if value < 100:
        return before >= 100 and before % 100 == 0
    return before == 1000


def _sum(before: int, value: int) -> int:
    return before * value if value in (100, 1000) else before + value


def _width(token: str) -> int:
    return len(token) if token.isdecimal() else 0


def _orders(first: int, second: int, language: Language) -> list[tuple[int, int]]:
    """Month and day: as written, and swapped where that is as likely or all there is."""
    if not _is_month(first):
        return [(second, first)]
    return [(first, second), (second, first)] if language == "es" else [(first, second)]


def _is_month(number: int) -> bool:
    return 1 <= number <= 12


def _dates(
    pairs: Iterable[tuple[int, int]], year: tuple[int, int], today: dt.date
) -> Iterator[dt.date]:
    number, width = year
    if width not in (2, 4):
        return
    for month, day in pairs:
        date = _date(number if width == 4 else 2000 + number, month, day)
        if width == 2 and (date is None or _age(date, today) < _ADULT):
            date = _date(1900 + number, month, day)
        if date is not None:
            yield date


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _age(born: dt.date, today: dt.date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

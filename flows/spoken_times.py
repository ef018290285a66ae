"""Days and clock times as a voice says them, on the clinic's clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from profiles import Language

DAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS: Final = {
    "en": (
        "January February March April May June July August September October November December"
    ).split(),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ).split(),
}
_ENDINGS: Final = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
Groups = Sequence[tuple[int, int, Sequence[str]]]


def spoken_day(date: dt.date, language: Language) -> str:
    """A date without its year: "Tuesday, November 24th", "martes 24 de noviembre"."""
    if language == "es":
        number = "primero" if date.day == 1 else str(date.day)
        return f"{DAYS['es'][date.weekday()]} {number} de {_MONTHS['es'][date.month - 1]}"
    number = f"{date.day}{_ENDINGS.get(date.day, 'th')}"
    return f"{DAYS['en'][date.weekday()]}, {_MONTHS['en'][date.month - 1]} {number}"


def spoken_clock(time: dt.time, language: Language) -> str:
    """A clock time: "9 AM", "9 15 AM", "9 oh 5 AM", "12 noon"; in Spanish with its article,
    "las 9 y 15 de la mañana", "la 1 de la tarde"."""
    hour = time.hour % 12 or 12
    if language == "es":
        article = "la" if hour == 1 else "las"
        minutes = f" y {time.minute}" if time.minute else ""
        return f"{article} {hour}{minutes} {_spanish_part_of_day(time)}"
    if (time.hour, time.minute) in ((0, 0), (12, 0)):
        return "12 noon" if time.hour else "12 midnight"
    half = "AM" if time.hour < 12 else "PM"
    minutes = f" oh {time.minute}" if 0 < time.minute < 10 else f" {time.minute}"
    return f"{hour}{minutes if time.minute else ''} {half}"


def _spanish_part_of_day(time: dt.time) -> str:
    if time.hour == 12:
        return "del mediodía" if not time.minute else "de la tarde"
    if time.hour == 0 and not time.minute:
        return "de la noche"
    if time.hour < 6:
        return "de la madrugada"
    if time.hour < 12:
        return "de la mañana"
    return "de la tarde" if time.hour < 19 else "de la noche"


def spoken_hours(groups: Groups, language: Language) -> str:
    """A desk's hours. `groups` are the first and the last day (0 is Monday) of days with the same
    periods, and those as `08:00-17:00`."""
    return ", ".join(
        f"{_days(first, last, language)}, {_and(language).join(_period(p, language) for p in some)}"
        for first, last, some in groups
    )


def _days(first: int, last: int, language: Language) -> str:
    names = DAYS[language]
    if first == last:
        return names[first]
    joined = "a" if language == "es" else "to"
    return f"{names[first]} {joined} {names[last]}"


def _period(period: str, language: Language) -> str:
    opens, closes = (
        spoken_clock(dt.time.fromisoformat(part), language) for part in period.split("-")
    )
    return f"de {opens} a {closes}" if language == "es" else f"from {opens} to {closes}"


def _and(language: Language) -> str:
    return " y " if language == "es" else " and "

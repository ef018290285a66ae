"""How days and times are said to patients, in English and Spanish, on the clinic's clock.

A fasting time is often in the middle of the night, where "12 AM" or "Tuesday at 1" is easily taken
for the wrong night. So a time in the small hours also says which night it is, and midnight names
both days. The words are written correctly; dropping accents to save a segment is the renderer's
business. A language that is not served is answered in English.

`moment_words` may begin with a day or with a clock time, so it belongs after a colon, as in
"Start fasting: ..." or "Ayuno desde: ...", where no preposition has to fit.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from flows.spoken_times import DAYS, spoken_clock, spoken_day
from profiles import Language
from scheduler.policy import as_utc

_DAYS_EN: Final = DAYS["en"]
_DAYS_ES: Final = DAYS["es"]
_MONTHS_EN: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS_ES: Final = "ene feb mar abr may jun jul ago sep oct nov dic"
_SMALL_HOURS_END: Final = 6
_REMEMBERED: Final = 4096  # a clinic's days and times come again and again


@lru_cache(_REMEMBERED)
def day_words(date: dt.date, language: Language) -> str:
    """A date without its year: "Tue, Nov 24", "mar 24 de nov"."""
    if language == "es":
        return f"{_DAYS_ES[date.weekday()][:3]} {date.day} de {_MONTHS_ES.split()[date.month - 1]}"
    return f"{_DAYS_EN[date.weekday()][:3]}, {_MONTHS_EN.split()[date.month - 1]} {date.day}"


@lru_cache(_REMEMBERED)
def clock(time: dt.time, language: Language) -> str:
    """A clock time: "1:00 AM", "1:00 a. m."; noon says that it is noon.

    Seconds are dropped, so a time is never said to be later than it is. Midnight comes out as a
    bare "12:00 AM": say a time that may fall in the night with `moment_words`.
    """
    half = _pick(language, "AM", "a. m.") if time.hour < 12 else _pick(language, "PM", "p. m.")
    noon = _pick(language, " (noon)", " (mediodía)") if (time.hour, time.minute) == (12, 0) else ""
    return f"{time.hour % 12 or 12}:{time.minute:02} {half}{noon}"


@lru_cache(_REMEMBERED)
def moment_words(at: dt.datetime, zone: ZoneInfo, language: Language) -> str:
    """A moment's day and time on the clock of `zone`, such that nobody takes the wrong night.

    - "Tue, Nov 24 at 9:00 AM", "mar 24 de nov a las 9:00 a. m."
    - from 12:01 to 5:59 AM: "Tue, Nov 24 at 1:00 AM (Monday night)"
    - midnight: "12:00 AM, the night from Mon, Nov 23 to Tue, Nov 24"
    - in an hour that the autumn clock change repeats: "1:30 AM EDT" or "1:30 AM EST"

    Raises `ValueError` if `at` has no time zone.
    """
    local = as_utc(at).astimezone(zone)
    time = clock(local.time(), language) + _zone_mark(local)
    today = local.date()
    yesterday = today - dt.timedelta(days=1)
    if (local.hour, local.minute) == (0, 0):
        eve, day = day_words(yesterday, language), day_words(today, language)
        night = _pick(language, f"the night from {eve} to {day}", f"la noche del {eve} al {day}")
        return f"{time}, {night}"
    joined = _pick(language, "at", "a la" if local.hour % 12 == 1 else "a las")
    said = f"{day_words(today, language)} {joined} {time}"
    return f"{said} ({_night(today, language)})" if local.hour < _SMALL_HOURS_END else said


@lru_cache(_REMEMBERED)
def spoken_moment(at: dt.datetime, zone: ZoneInfo, language: Language) -> str:
    """As `moment_words`, for a voice; in Spanish with its article, so that a verb may come before.

    - "Tuesday, November 24th at 9 AM", "el martes 24 de noviembre a las 9 de la mañana"
    - in the small hours, which night it is: "..., at 1 AM, which is Monday night"
    - midnight: "12 midnight, the night from Monday, November 23rd to Tuesday, November 24th"

    Raises `ValueError` if `at` has no time zone.
    """
    local = as_utc(at).astimezone(zone)
    today = local.date()
    day = spoken_day(today, language)
    time = spoken_clock(local.time().replace(second=0, microsecond=0), language)
    mark = _zone_mark(local)
    if (local.hour, local.minute) == (0, 0):
        eve = spoken_day(today - dt.timedelta(days=1), language)
        return _pick(
            language,
            f"{time}, the night from {eve} to {day}",
            f"a {time}, la noche del {eve} al {day}",
        )
    said = _pick(language, f"{day} at {time}{mark}", f"el {day} a {time}{mark}")
    if local.hour >= _SMALL_HOURS_END:
        return said
    night = _night(today, language)
    return _pick(language, f"{said}, which is {night}", f"{said}, es decir, {night}")


def _night(today: dt.date, language: Language) -> str:
    """The night that ends on the morning of `today`: "Monday night" when it is a Tuesday."""
    day = today.weekday()
    return _pick(
        language,
        f"{_DAYS_EN[day - 1]} night",
        f"la noche del {_DAYS_ES[day - 1]} al {_DAYS_ES[day]}",
    )


def _zone_mark(local: dt.datetime) -> str:
    """The zone's abbreviation, where the same clock time comes twice; otherwise nothing."""
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return ""
    return f" {local.tzname()}"


def _pick(language: Language, english: str, spanish: str) -> str:
    return spanish if language == "es" else english

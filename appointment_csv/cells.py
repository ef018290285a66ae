"""What each column's cell may say, and what it means. A cell arrives trimmed and may be empty."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from appointment_csv.model import Channel, RowStatus
from carrier.phones import PhoneError, parse_us
from profiles import Profile

Reader = Callable[[str], object]

_MAX_ID: Final = 64
_MAX_NAME: Final = 100
_MAX_AGE: Final = 120
_YEARS: Final = range(2000, 2100)


class CellError(Exception):
    """A cell that can't be used: what is wrong with it and what to write instead."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(what, instead)
        self.what = what
        self.instead = instead


def readers_for(
    profile: Profile | None, clinics: Iterable[str], now: dt.datetime
) -> dict[str, Reader]:
    """How to read each column of a row of this clinic; every reader raises `CellError`.

    Without a profile (the row's clinic is unknown) the rest is checked as far as it can be.
    """
    zone = profile.zone if profile else dt.UTC
    consent_words = ("is neither a yes nor a no", "write yes or no")
    return {
        "external_id": _external_id,
        "clinic": _clinic_reader(clinics),
        "first_name": _name,
        "last_name": _name,
        "date_of_birth": partial(_date_of_birth, today=now.astimezone(zone).date()),
        "phone": _phone,
        "language": _Words(
            _LANGUAGES,
            "is not a language that is served",
            "write en or es",
            default=profile.language if profile else "en",
        ),
        "procedure": _procedure_reader(profile),
        "starts_at": partial(_starts_at, zone=zone),
        "channel": _Words(_CHANNELS, "is not a channel", "write sms, voice or auto", Channel.AUTO),
        "status": _Words(
            _STATUSES, "is not a status", "write scheduled or cancelled", RowStatus.SCHEDULED
        ),
        "sms_consent": _Words(_CONSENTS, *consent_words, default=True),
        "voice_consent": _Words(_CONSENTS, *consent_words, default=False),
    }


class _Words:
    """Reads one of a closed set of words, in any case; an empty cell means the default, if any."""

    def __init__(
        self, words: Mapping[str, object], what: str, instead: str, default: object = None
    ) -> None:
        self._words = words
        self._wrong = (what, instead)
        self._default = default

    def __call__(self, text: str) -> object:
        if not text:
            if self._default is None:
                raise CellError("is empty", self._wrong[1])
            return self._default
        meaning = self._words.get(text.casefold())
        if meaning is None:
            raise CellError(*self._wrong)
        return meaning


_LANGUAGES: Final = dict.fromkeys(("en", "english", "inglés", "ingles"), "en") | dict.fromkeys(
    ("es", "spanish", "español", "espanol"), "es"
)
_CHANNELS: Final = {str(channel): channel for channel in Channel}
_STATUSES: Final = {str(status): status for status in RowStatus} | {
    "canceled": RowStatus.CANCELLED,  # the American spelling
}
_CONSENTS: Final = dict.fromkeys(("yes", "y", "true", "1", "sí", "si"), True) | dict.fromkeys(
    ("no", "n", "false", "0"), False
)


def _clinic_reader(clinics: Iterable[str]) -> Reader:
    known = {clinic: clinic for clinic in clinics}
    instead = f"write {_either(known)}" if known else "load the clinic's profile first"
    return _Words(known, "is not a clinic whose profile is loaded", instead)


def _procedure_reader(profile: Profile | None) -> Reader:
    if profile is None:
        return partial(_filled, instead="write the procedure's code from the clinic's profile")
    codes = {code: code for code in profile.procedures}
    return _Words(codes, "is not a procedure of this clinic", f"write {_either(codes)}")


def _either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *others, last = sorted(words)
    return f"{', '.join(others)} or {last}" if others else last


def _filled(text: str, instead: str) -> str:
    if not text:
        raise CellError("is empty", instead)
    return text


def _external_id(text: str) -> str:
    instead = f"write the appointment's number in your own system, up to {_MAX_ID} characters"
    return _short_and_printable(_filled(text, instead), _MAX_ID, instead)


def _name(text: str) -> str:
    instead = f"write the patient's name, up to {_MAX_NAME} characters"
    return _short_and_printable(" ".join(_filled(text, instead).split()), _MAX_NAME, instead)


def _short_and_printable(text: str, longest: int, instead: str) -> str:
    if len(text) > longest:
        raise CellError(f"is longer than {longest} characters", instead)
    if not text.isprintable():
        raise CellError("holds a character that can't be seen", "delete the cell and type it anew")
    return text


_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _date_of_birth(text: str, today: dt.date) -> dt.date:
    instead = "write year-month-day, like 1948-03-09"
    if not _DATE.fullmatch(_filled(text, instead)):
        raise CellError("is not written as YYYY-MM-DD, and other styles are ambiguous", instead)
    try:
        born = dt.date.fromisoformat(text)
    except ValueError:
        raise CellError("is a day that the calendar does not have", instead) from None
    if born > today:
        raise CellError("lies in the future", "check the year")
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if age > _MAX_AGE:
        raise CellError(f"makes the patient older than {_MAX_AGE}", "check the year")
    return born


# What a spreadsheet makes of a long number in a narrow column; the digits are gone for good.
_ROUNDED: Final = re.compile(r"[0-9.,]+E[+-]?[0-9]+", re.IGNORECASE)


def _phone(text: str) -> str:
    instead = "write the number like (515) 555-0142"
    if _ROUNDED.fullmatch(_filled(text, instead)):
        raise CellError("was rounded by a spreadsheet", "make the column text and fill it in anew")
    try:
        return parse_us(text)
    except PhoneError as error:
        raise CellError(str(error).removesuffix("."), instead) from None


_LOCAL_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(?::00)?")


def _starts_at(text: str, zone: dt.tzinfo) -> dt.datetime:
    """The UTC moment of a clinic-local time; the first of the two where the clocks go back."""
    instead = "write the clinic's own date and time, like 2026-12-01T08:30"
    match = _LOCAL_TIME.fullmatch(_filled(text, instead))
    if not match:
        raise CellError("is not written as YYYY-MM-DDTHH:MM", instead)
    try:
        local = dt.datetime.fromisoformat(f"{match[1]}T{match[2]}")
    except ValueError:
        raise CellError("is a day or time that does not exist", instead) from None
    if local.year not in _YEARS:
        raise CellError(f"lies outside the years {_YEARS[0]} to {_YEARS[-1]}", "check the year")
    moment = local.replace(tzinfo=zone).astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise CellError(
            "does not exist: the clocks go forward over this time that night",
            "write the time that the clock will show",
        )
    return moment


def happens_twice(moment: dt.datetime, zone: dt.tzinfo) -> bool:
    """Whether the clock in `zone` shows this moment's time twice, as when summer time ends."""
    local = moment.astimezone(zone)
    return local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()

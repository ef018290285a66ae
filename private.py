"""Personal data on its way past the logs: a type that hides it and a last check on every line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Generic, TypeVar, final

from structlog.processors import format_exc_info
from structlog.typing import EventDict, WrappedLogger

HIDDEN: Final = "[private]"

T = TypeVar("T")


@final
class Private(Generic[T]):
    """A value that must not be seen in a log, an error or a debugger's list of variables.

    Every way of turning it into text gives `[private]`; `reveal()` is the one way to the value, so
    that each use of personal data can be found by searching for that word. It is no `str`: joining
    or encoding it by accident fails instead of leaking.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """The value itself, for the moment in which it is needed."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Private):
            return bool(self._value == other._value)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((Private, self._value))


_PRIVATE_KEYS: Final = frozenset(
    {
        "body",
        "birthdate",
        "called",
        "caller",
        "dateofbirth",
        "dob",
        "firstname",
        "from",
        "fromnumber",
        "lastname",
        "name",
        "patient",
        "phone",
        "phonenumber",
        "recipient",
        "sender",
        "to",
        "tonumber",
    }
)
"""Names under which a value is hidden whatever it holds, without case and underscores."""

_LOGGING_INTERNALS: Final = frozenset({"_record", "_from_structlog"})
"""What structlog hands to itself between the standard library's logging and its renderer."""

_GAP: Final = r"(?:[\s./+\u2010-\u2015-]|%20)"
_PHONE: Final = re.compile(
    rf"""
    (?<![0-9a-z])(?<!\d\.)                      # not within an identifier or after a decimal point
    (?:1{_GAP}{{0,2}})?                         # the country code, spelled or not
    \(?[2-9]\d{{2}}\)?{_GAP}{{0,2}}\d{{3}}{_GAP}{{0,2}}\d{{4}}
    (?=[^0-9a-z]|$|x|ext)                       # an extension may stick to it
    |                                           # or anything that a plus makes a number
    (?:\+|%2b)\d{{1,3}}(?:{_GAP}?\(?\d{{2,5}}\)?){{2,5}}(?!\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""A US number in any usual spelling, also inside a URL; and any number written with a plus.

It prefers hiding too much: a ten-digit count goes with the numbers, message SIDs and UUIDs stay.
"""


def scrub(text: str) -> str:
    """The text with everything that looks like a phone number replaced by `[private]`."""
    return _PHONE.sub(HIDDEN, text)


def redact_processor(logger: WrappedLogger, method: str, event_dict: EventDict) -> EventDict:
    """structlog's last step before the renderer: no personal data leaves through a log line.

    Values under telling names (phone, to, from, body, first_name, …) are replaced whole, at any
    depth; phone numbers are taken out of every other text: the event, keys, nested values, and
    the traceback, which is rendered here for that reason. Give a `ConsoleRenderer` the formatter
    `plain_traceback`, since it gets a finished traceback. Names inside free text can't be found
    by a machine: wrap them in `Private`.
    """
    rendered = format_exc_info(logger, method, event_dict)
    return {
        key: value if key in _LOGGING_INTERNALS else _redacted(key, value)
        for key, value in rendered.items()
    }


def _redacted(key: object, value: object) -> object:
    if value is not None and str(key).replace("_", "").lower() in _PRIVATE_KEYS:
        return HIDDEN
    return _without_numbers(value)


def _without_numbers(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {scrub(str(key)): _redacted(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_numbers(inner) for inner in value]
    return scrub(repr(value))

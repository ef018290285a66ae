"""What the engine may know of the patients behind a phone number, and what it does about that.

Plain values; none of them is ever part of a stored conversation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from profiles import Language


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """A coming visit: its moments (UTC) and, by language and channel, the words they are said in.

    `fasts_from` is `None` for a procedure without a fast. The words are `day`, `time`,
    `arrive_time` and `fast_moment`, as placeholders name them.
    """

    appointment: int
    version: int
    starts_at: dt.datetime
    fasts_from: dt.datetime | None
    words: Callable[[Language, str], Mapping[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """A patient whose number on file is the one that we talk with, and their coming visits.

    `is_verified` says whether their date of birth was given by this number in the last 30 days.
    """

    patient: int
    first_name: str = field(repr=False)
    date_of_birth: dt.date = field(repr=False)
    is_verified: bool
    visits: tuple[KnownVisit, ...] = ()


def no_answers(_appointment: int) -> Mapping[str, str]:
    """Nothing of a check-list is answered."""
    return {}


def nobody() -> tuple[KnownPatient, ...]:
    """No patient is known behind the number."""
    return ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a number stands with us: wrong dates of birth given, until when (UTC) no more are taken,
    and whether it is withheld, so that nobody can be verified by it."""

    misses: int = 0
    locked_until: dt.datetime | None = None
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """These patients' date of birth was given by the number on their file."""

    patients: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IdentityMiss:
    """A date of birth was given that no patient of this number has."""


@dataclass(frozen=True, slots=True)
class PrepAnswer:
    """The patient answered one item of the check-list for an appointment."""

    appointment: int
    item: str
    answer: str


@dataclass(frozen=True, slots=True)
class IdentityLocked:
    """That was one too many: until then (UTC) this number is told no details."""

    until: dt.datetime

"""What a CSV of appointments holds, and what can be said about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from profiles import Language

OPTIONAL_COLUMNS: Final = ("language", "channel", "status", "sms_consent", "voice_consent")
COLUMNS: Final = (
    "external_id",
    "clinic",
    "first_name",
    "last_name",
    "date_of_birth",
    "phone",
    "language",
    "procedure",
    "starts_at",
    "channel",
    "status",
    "sms_consent",
    "voice_consent",
)


class Channel(StrEnum):
    """How the patient wants to be reached; `auto` leaves the choice to the kind of phone."""

    SMS = "sms"
    VOICE = "voice"
    AUTO = "auto"


class RowStatus(StrEnum):
    """What the clinic's own system says of the appointment."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """One good row. `clinic` is a profile's id, `phone` is E.164, `starts_at` is aware and UTC.

    `row` is the row as a spreadsheet numbers it. Who the patient is stays out of the `repr`.
    """

    row: int
    external_id: str
    clinic: str
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    date_of_birth: dt.date = field(repr=False)
    phone: str = field(repr=False)
    language: Language
    procedure: str
    starts_at: dt.datetime
    channel: Channel
    status: RowStatus
    sms_consent: bool
    voice_consent: bool

    def consents(self) -> tuple[tuple[str, bool], ...]:
        """By channel, whether the patient agreed to it."""
        return (("sms", self.sms_consent), ("voice", self.voice_consent))


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row, or the whole file, can't be used: `what` is wrong and what to do `instead`.

    `row` counts as a spreadsheet does: the header is 1, blank rows count, and 0 stands for the
    file as a whole. `column` is empty where no single column is to blame. No personal data.
    """

    row: int
    column: str
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{_place(self.row, self.column)}: {self.what}; {self.instead}"


@dataclass(frozen=True, slots=True)
class RowNote:
    """Something that was understood, or left out without harm; placed like a `RowProblem`."""

    row: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"{_place(self.row, self.column)}: {self.what}"


def _place(row: int, column: str) -> str:
    place = f"row {row}" if row else "the file"
    return f"{place}, {column}" if column else place


@dataclass(frozen=True, slots=True)
class CsvResult:
    """What a file gave, each part in the file's order. A row with a problem is not in `rows`.

    `bad_cells` are the trimmed cells by column of each row that has a problem, by its number, as
    far as the row could be taken apart.
    """

    rows: tuple[AppointmentRow, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    notes: tuple[RowNote, ...] = ()
    bad_cells: Mapping[int, Mapping[str, str]] = field(default_factory=dict, repr=False)

"""The clinics' CSV of appointments: bytes in; checked rows, problems and notes out.

Nothing is stored here. Spelling is forgiven wherever only one meaning is possible; everything else
is a problem that says where it is, what is wrong and what would be right. One bad row stops no
other row. No text made here repeats what a cell says: a cell may hold a name, whatever its column
is called, and these texts are printed and logged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from appointment_csv.cells import CellError, happens_twice, readers_for
from appointment_csv.model import (
    COLUMNS,
    AppointmentRow,
    Channel,
    CsvResult,
    RowNote,
    RowProblem,
    RowStatus,
)
from appointment_csv.table import MAX_BYTES, MAX_ROWS, TableError, open_table
from profiles import Profile

__all__ = [
    "COLUMNS",
    "MAX_BYTES",
    "MAX_ROWS",
    "AppointmentRow",
    "Channel",
    "CsvResult",
    "RowNote",
    "RowProblem",
    "RowStatus",
    "read_appointments",
]


def read_appointments(
    raw: bytes, profiles: Mapping[str, Profile], *, now: dt.datetime | None = None
) -> CsvResult:
    """Read a whole file. `profiles` are the loaded clinics by id.

    `now` is aware and tells which birth dates lie ahead; without it the system's clock does.
    Raises nothing for whatever the file holds: one that can't be read at all is a result with
    problems and no rows.
    """
    try:
        table = open_table(raw)
    except TableError as error:
        return CsvResult(problems=error.problems)
    reading = _Reading(profiles, now or dt.datetime.now(dt.UTC))
    for row, cells in table.rows():
        if isinstance(cells, RowProblem):
            reading.problems.append(cells)
        else:
            reading.add(row, cells)
    if not (reading.rows or reading.problems):
        reading.notes.append(RowNote(0, "", "has a header and no appointments"))
    return CsvResult(
        rows=tuple(reading.rows),
        problems=tuple(reading.problems),
        notes=(*table.notes, *reading.notes),
        bad_cells=reading.bad_cells,
    )


class _Reading:
    """What the rows read so far came to."""

    def __init__(self, profiles: Mapping[str, Profile], now: dt.datetime) -> None:
        self.rows: list[AppointmentRow] = []
        self.problems: list[RowProblem] = []
        self.notes: list[RowNote] = []
        self.bad_cells: dict[int, Mapping[str, str]] = {}
        self._profiles = profiles
        self._readers = {
            clinic: readers_for(profile, profiles, now) for clinic, profile in profiles.items()
        }
        self._clinic_unknown = readers_for(None, profiles, now)
        self._first_with: dict[str, tuple[int, AppointmentRow | None]] = {}

    def add(self, row: int, cells: Mapping[str, str]) -> None:
        """Check one row, and keep it or what is wrong with it."""
        values, problems = self._read_cells(row, cells)
        appointment = None if problems else AppointmentRow(row=row, **values)
        external_id = values.get("external_id", "")
        first_row, first = self._first_with.setdefault(external_id, (row, appointment))
        if external_id and first_row != row:
            if appointment and replace(appointment, row=first_row) == first:
                what = f"repeats row {first_row} and was left out"
                self.notes.append(RowNote(row, "external_id", what))
                return
            problems.append(_given_twice(row, first_row))
        if appointment and not problems:
            self.rows.append(appointment)
            self._note_second_hour(appointment)
        if problems:
            self.problems += problems
            self.bad_cells[row] = cells

    def _read_cells(
        self, row: int, cells: Mapping[str, str]
    ) -> tuple[dict[str, Any], list[RowProblem]]:
        values: dict[str, Any] = {}
        problems: list[RowProblem] = []
        readers = self._readers.get(cells["clinic"].casefold(), self._clinic_unknown)
        for column, read in readers.items():
            try:
                values[column] = read(cells[column])
            except CellError as error:
                problems.append(RowProblem(row, column, error.what, error.instead))
        return values, problems

    def _note_second_hour(self, appointment: AppointmentRow) -> None:
        if happens_twice(appointment.starts_at, self._profiles[appointment.clinic].zone):
            what = "comes twice that night as the clocks go back; the first one was taken"
            self.notes.append(RowNote(appointment.row, "starts_at", what))


def _given_twice(row: int, first_row: int) -> RowProblem:
    return RowProblem(
        row,
        "external_id",
        f"is also in row {first_row}, with other values",
        "keep the row that is right and delete the other",
    )

"""From a file's bytes to rows of cells by column: encoding, delimiter, header, quotes."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from appointment_csv.model import COLUMNS, OPTIONAL_COLUMNS, RowNote, RowProblem

MAX_BYTES: Final = 20 * 1024 * 1024
# Far above a clinic's day; keeps a file of nothing but bad rows from filling the memory.
MAX_ROWS: Final = 100_000
# A quoted cell may hold line breaks. One that goes on for longer is an opening quotation mark that
# nobody closed, and searching the rest of the file for its end would take rows along with it.
_MAX_LINES_PER_ROW: Final = 50

_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_BLANKS: Final = ' \r\n",;\t'
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AS: Final = "save it as 'CSV UTF-8' and use that file"
_BROKEN_QUOTES: Final = (
    "has a quotation mark that is not closed, or a cell with a line break or far too much text",
    'close the quotation mark, write one inside a quoted cell as "", and keep a value on one line',
)
_TOO_LONG: Final = (
    f"was not read, nor what follows: one file may hold {MAX_ROWS:,} rows",
    "put these rows into a file of their own",
)
_GUESSED: Final = RowNote(
    0, "", "is not UTF-8 and was read as Windows-1252: check the names that have accents"
)
_NO_OPTIONS: Final = dict.fromkeys(OPTIONAL_COLUMNS, "")


class TableError(Exception):
    """A file that gives no rows at all, and why."""

    def __init__(self, *problems: RowProblem) -> None:
        super().__init__(*problems)
        self.problems = problems


class _Records:
    """The records of a file with their numbers, which count blank lines as a spreadsheet does.

    A record is its trimmed cells, or None where the quotation marks make no sense.
    """

    def __init__(self, source: io.StringIO, delimiter: str) -> None:
        self._source = source
        self._delimiter = delimiter
        self._row = 0
        self._next_line = 0

    def __iter__(self) -> Iterator[tuple[int, list[str] | None]]:
        while line := self._source.readline():
            self._row += 1
            if not line.isspace():
                self._next_line = self._source.tell()
                yield self._row, self._record_from(line)

    def resume_at_next_line(self) -> None:
        """Take the lines after the record's first one for records of their own.

        A stray quotation mark joins rows; this way it costs the one row that it stands in.
        """
        self._source.seek(self._next_line)

    def _record_from(self, line: str) -> list[str] | None:
        further = itertools.islice(iter(self._source.readline, ""), _MAX_LINES_PER_ROW - 1)
        lines = itertools.chain((line,), further)
        split = csv.reader(lines, delimiter=self._delimiter, strict=True, skipinitialspace=True)
        try:
            return [cell.strip() for cell in next(split)]
        except csv.Error:
            return None


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header is understood. `rows` can be read once.

    `positions` tells where in a row each known column is; `width` is the number of columns.
    """

    positions: Mapping[str, int]
    width: int
    delimiter: str
    notes: tuple[RowNote, ...]
    records: _Records

    def rows(self) -> Iterator[tuple[int, dict[str, str] | RowProblem]]:
        """Each row that isn't blank, with its number: its trimmed cells, or why it has none.

        The cells have an entry for every column, empty where the file lacks an optional one.
        """
        for row, cells in self.records:
            if cells is not None and not any(cells):
                continue
            if row > MAX_ROWS:
                yield row, RowProblem(row, "", *_TOO_LONG)
                return
            by_column = self._by_column(row, cells)
            if isinstance(by_column, RowProblem):
                self.records.resume_at_next_line()
            yield row, by_column

    def _by_column(self, row: int, cells: list[str] | None) -> dict[str, str] | RowProblem:
        if cells is None or self._holds_other_rows(cells):
            return RowProblem(row, "", *_BROKEN_QUOTES)
        what = f"has {len(cells)} cells where the header has {self.width}"
        if len(cells) < self.width:
            instead = "keep the place of an empty cell, or the cells after it slip to the left"
            return RowProblem(row, "", what, instead)
        if any(cells[self.width :]):
            instead = f"put a value that holds {_DELIMITERS[self.delimiter]} in quotation marks"
            return RowProblem(row, "", what, instead)
        found = {column: cells[position] for column, position in self.positions.items()}
        return _NO_OPTIONS | found

    def _holds_other_rows(self, cells: list[str]) -> bool:
        """Whether a stray quotation mark has drawn the rows that follow into a cell of this one.

        No value of ours has a line break; a cell of another column may, but not with as many
        delimiters as a row has.
        """
        known = self.positions.values()
        return any(
            position in known or cell.count(self.delimiter) >= self.width - 1
            for position, cell in enumerate(cells)
            if "\n" in cell or "\r" in cell
        )


def open_table(raw: bytes) -> Table:
    """Find out how the file is written. Raises `TableError`."""
    text, notes = _decode(raw)
    source = io.StringIO(text, newline="")
    delimiter = _sniff_delimiter(source)
    records = _Records(source, delimiter)
    for row, cells in records:
        if cells is None:
            raise TableError(RowProblem(row, "", *_BROKEN_QUOTES))
        if any(cells):
            positions, ignored = _read_header(row, cells)
            break
    else:
        raise _whole_file("is empty", f"start it with the header {','.join(COLUMNS)}")
    if ignored:
        notes += (RowNote(row, "", f"columns that are not used: {ignored}"),)
    return Table(positions, len(cells), delimiter, notes, records)


def _decode(raw: bytes) -> tuple[str, tuple[RowNote, ...]]:
    if len(raw) > MAX_BYTES:
        raise _whole_file(
            f"is larger than {MAX_BYTES // 1024**2} MB", "split it into smaller files"
        )
    if raw.startswith(_WORKBOOKS):
        raise _whole_file("is a spreadsheet workbook, not CSV", _SAVE_AS)
    is_utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise _whole_file("holds NUL bytes, so it is not plain text", _SAVE_AS)
        return text, (_GUESSED,) if encoding == "cp1252" else ()
    raise _whole_file("is in an encoding that can't be read", _SAVE_AS)


def _whole_file(what: str, instead: str) -> TableError:
    return TableError(RowProblem(0, "", what, instead))


def _sniff_delimiter(source: io.StringIO) -> str:
    """The delimiter that finds the most known columns in the header; leaves `source` rewound."""
    header = next((line for line in source if line.strip(_BLANKS)), "")
    source.seek(0)

    def columns_found(delimiter: str) -> int:
        return sum(
            _column_name(cell.strip(_BLANKS)) is not None for cell in header.split(delimiter)
        )

    return max(_DELIMITERS, key=columns_found)


_BY_SQUEEZED_NAME: Final = {column.replace("_", ""): column for column in COLUMNS}


def _column_name(cell: str) -> str | None:
    """The column that a header cell means, whatever its case, spaces, hyphens and underscores."""
    return _BY_SQUEEZED_NAME.get(re.sub(r"[\s_-]+", "", cell).casefold())


def _read_header(row: int, cells: list[str]) -> tuple[dict[str, int], str]:
    """Where each column is, and the names of the columns that mean nothing here, for a note.

    Names from the file are told only once the row has proved to be a header: in a file without
    one they would be a patient's.
    """
    positions: dict[str, int] = {}
    ignored: list[str] = []
    problems: list[RowProblem] = []
    for position, cell in enumerate(cells):
        column = _column_name(cell)
        if column is None:
            ignored.append(cell)
        elif column in positions:
            problems.append(
                RowProblem(row, column, "stands in the header twice", "keep one of the two columns")
            )
        else:
            positions[column] = position
    missing = [name for name in COLUMNS if name not in positions and name not in OPTIONAL_COLUMNS]
    if not positions:
        what = "is not a header: none of its cells is the name of a column"
        problems = [RowProblem(row, "", what, f"start with {','.join(COLUMNS)}")]
    elif missing:
        what = f"the header lacks {', '.join(missing)}"
        problems.insert(0, RowProblem(row, "", what, "add what is missing to the header"))
    if problems:
        raise TableError(*problems)
    return positions, textwrap.shorten(", ".join(filter(None, ignored)), 200)

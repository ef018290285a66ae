"""What holds for every file: nothing is lost, doubled, changed by reading it again, or told on."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from appointment_csv import (
    COLUMNS,
    AppointmentRow,
    Channel,
    CsvResult,
    RowNote,
    RowProblem,
    RowStatus,
    read_appointments,
)
from tests.support.csv_files import DATA, GOOD, NOW, csv_file, sample_profiles

PROFILES = sample_profiles()
FIRST_START = dt.datetime.fromisoformat("2000-01-01T00:00")
LAST_START = dt.datetime.fromisoformat("2099-12-31T23:59")

calm = settings(deadline=None)  # a busy machine is not a fault


def read(raw: bytes) -> CsvResult:
    return read_appointments(raw, PROFILES, now=NOW)


def printable(longest: int) -> st.SearchStrategy[str]:
    visible = st.text(
        st.characters(exclude_categories=["C", "Z"], include_characters=" "),
        min_size=1,
        max_size=longest,
    )
    return visible.map(lambda text: " ".join(text.split())).filter(bool)


@st.composite
def appointments(draw: st.DrawFn) -> AppointmentRow:
    """Any good row but for its number; at the turn of the clocks always the earlier moment."""
    clinic = draw(st.sampled_from(sorted(PROFILES)))
    zone = PROFILES[clinic].zone
    local = draw(st.datetimes(FIRST_START, LAST_START))
    moment = local.replace(second=0, microsecond=0, tzinfo=zone).astimezone(dt.UTC)
    return AppointmentRow(
        row=0,
        external_id=draw(printable(64)),
        clinic=clinic,
        first_name=draw(printable(100)),
        last_name=draw(printable(100)),
        date_of_birth=draw(st.dates(dt.date(1905, 11, 21), dt.date(2026, 11, 20))),
        phone=draw(st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True)),
        language=draw(st.sampled_from(["en", "es"])),
        procedure=draw(st.sampled_from(sorted(PROFILES[clinic].procedures))),
        starts_at=moment,
        channel=draw(st.sampled_from(Channel)),
        status=draw(st.sampled_from(RowStatus)),
        sms_consent=draw(st.booleans()),
        voice_consent=draw(st.booleans()),
    )


def as_cells(row: AppointmentRow) -> dict[str, str]:
    local = row.starts_at.astimezone(PROFILES[row.clinic].zone)
    cells = {column: str(getattr(row, column)) for column in COLUMNS}
    return cells | {"starts_at": local.strftime("%Y-%m-%dT%H:%M")}


@dataclasses.dataclass(frozen=True)
class Spelling:
    """One of the ways in which the same rows can be written down."""

    columns: tuple[str, ...]
    titled: bool
    delimiter: str
    line_end: str
    quoting: Literal[0, 1]
    encoding: str

    def write(self, rows: list[dict[str, str]]) -> bytes:
        out = io.StringIO()
        writer = csv.writer(
            out, delimiter=self.delimiter, lineterminator=self.line_end, quoting=self.quoting
        )
        titles = (column.replace("_", " ").title() for column in self.columns)
        writer.writerow(titles if self.titled else self.columns)
        writer.writerows([row[column] for column in self.columns] for row in rows)
        return out.getvalue().encode(self.encoding)


spellings = st.builds(
    Spelling,
    columns=st.permutations(COLUMNS).map(tuple),
    titled=st.booleans(),
    delimiter=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
PLAIN = Spelling(COLUMNS, False, ",", "\n", csv.QUOTE_MINIMAL, "utf-8")


@calm
@given(st.lists(appointments(), max_size=4, unique_by=lambda row: row.external_id), spellings)
def test_any_good_rows_come_back_whatever_way_they_are_written(
    rows: list[AppointmentRow], spelling: Spelling
) -> None:
    result = read(spelling.write([as_cells(row) for row in rows]))
    assert result.problems == ()
    assert [dataclasses.replace(row, row=0) for row in result.rows] == rows
    assert [row.row for row in result.rows] == list(range(2, 2 + len(rows)))
    assert read(PLAIN.write([as_cells(row) for row in result.rows])).rows == result.rows


cells_of_any_kind = st.one_of(
    st.sampled_from([*GOOD.values(), "", "iowa-radiology", "no", "es", "2027-03-14T02:30"]),
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=8),
)
rows_of_any_kind = st.lists(
    st.dictionaries(st.sampled_from(COLUMNS), cells_of_any_kind, max_size=4).map(
        lambda changes: {**GOOD, **changes}
    ),
    max_size=6,
)


@calm
@given(rows_of_any_kind, spellings)
def test_the_way_of_writing_changes_neither_rows_nor_problems(
    rows: list[dict[str, str]], spelling: Spelling
) -> None:
    assert read(spelling.write(rows)) == read(PLAIN.write(rows))


@calm
@given(rows_of_any_kind)
def test_every_row_is_kept_or_told_and_reading_again_gives_the_same(
    rows: list[dict[str, str]],
) -> None:
    raw = PLAIN.write(rows)
    result = read(raw)
    kept = {row.row for row in result.rows}
    bad = {problem.row for problem in result.problems}
    repeated = {note.row for note in result.notes if note.column == "external_id"}
    blank = {number for number, row in enumerate(rows, 2) if not any(row.values())}
    assert kept | bad | repeated | blank == set(range(2, 2 + len(rows)))
    assert not kept & bad
    assert not repeated & (kept | bad)
    assert read(raw) == result


@settings(calm, max_examples=300)
@given(
    st.one_of(
        st.binary(),
        st.builds(lambda text: csv_file({}) + text.encode(), st.text('a",;\t\r\n\0 é1-')),
        st.builds(lambda at, noise: csv_file({})[:at] + noise, st.integers(0, 300), st.binary()),
    )
)
def test_no_bytes_whatever_make_it_fail(raw: bytes) -> None:
    result = read(raw)
    assert result.rows or result.problems or result.notes
    assert all(problem.what and problem.instead for problem in result.problems)


secrets = st.from_regex(r"Q[0-9][a-z]Z[0-9]{4}", fullmatch=True)


@calm
@given(
    st.dictionaries(st.sampled_from(COLUMNS), secrets, min_size=1),
    st.sampled_from(["row", "header", "cells", "quotes", "clinic"]),
)
def test_nothing_that_a_cell_says_is_told_on(values: dict[str, str], kind: str) -> None:
    raw = csv_file({}, dict(values), dict(values))
    if kind == "header":
        raw = b"\n".join(raw.splitlines()[1:])
    elif kind == "cells":
        raw = raw.replace(b",kyphoplasty", b"")
    elif kind == "quotes":
        raw = raw.replace(b"Q", b'"Q')
    elif kind == "clinic":
        raw = raw.replace(b"ara-health", b"elsewhere")
    result = read(raw)
    told = " ".join(map(str, (*result.problems, *result.notes)))
    for value in (*values.values(), *(GOOD[each] for each in PERSONAL), "8285550173"):
        assert value not in told
        assert value not in repr(result.problems)


PERSONAL = ("first_name", "last_name", "date_of_birth", "phone")


def test_a_row_is_printed_without_the_patient() -> None:
    (row,) = read(csv_file({})).rows
    for value in (*(GOOD[each] for each in PERSONAL), "8285550173", "1944"):
        assert value not in repr(row)


def test_an_external_id_given_twice_is_told_with_the_earlier_row() -> None:
    result = read((DATA / "external-id-twice.csv").read_bytes())
    assert [row.row for row in result.rows] == [2, 3]
    assert result.notes == (RowNote(4, "external_id", "repeats row 2 and was left out"),)
    assert result.problems == (
        RowProblem(
            5,
            "external_id",
            "is also in row 2, with other values",
            "keep the row that is right and delete the other",
        ),
    )


def test_a_good_row_does_not_replace_a_bad_one_of_the_same_id() -> None:
    bad, good = {"external_id": "A-1", "phone": "none"}, {"external_id": "A-1"}
    result = read(csv_file(bad, good))
    assert result.rows == ()
    assert [(problem.row, problem.column) for problem in result.problems] == [
        (2, "phone"),
        (3, "external_id"),
    ]


def test_rows_without_an_external_id_are_not_doubles_of_each_other() -> None:
    problems = read(csv_file({"external_id": ""}, {"external_id": ""})).problems
    assert [(problem.row, problem.what) for problem in problems] == [
        (2, "is empty"),
        (3, "is empty"),
    ]


def test_a_problem_and_a_note_read_as_a_sentence_with_their_place() -> None:
    assert str(RowProblem(3, "phone", "is empty", "write it")) == "row 3, phone: is empty; write it"
    assert str(RowProblem(0, "", "is empty", "fill it")) == "the file: is empty; fill it"
    assert str(RowNote(1, "", "columns that are not used: Room")) == (
        "row 1: columns that are not used: Room"
    )

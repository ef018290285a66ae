"""What is wrong with a file, or with how a row is written, is told by its place and in words."""

from __future__ import annotations

import codecs
import time
import tracemalloc

import pytest

from appointment_csv import (
    COLUMNS,
    MAX_BYTES,
    MAX_ROWS,
    CsvResult,
    RowNote,
    RowProblem,
    read_appointments,
)
from tests.support.csv_files import DATA, GOOD, NOW, csv_file, sample_profiles

PROFILES = sample_profiles()
HEADER = ",".join(COLUMNS)
SAVE_AS = "save it as 'CSV UTF-8' and use that file"
BROKEN_QUOTES = (
    "",
    "has a quotation mark that is not closed, or a cell with a line break or far too much text",
    'close the quotation mark, write one inside a quoted cell as "", and keep a value on one line',
)


def read(raw: bytes) -> CsvResult:
    return read_appointments(raw, PROFILES, now=NOW)


def example(name: str) -> CsvResult:
    return read((DATA / name).read_bytes())


EMPTY = RowProblem(0, "", "is empty", f"start it with the header {HEADER}")
UNUSABLE_FILES = {
    "empty.csv": EMPTY,
    "only-blank-rows.csv": EMPTY,
    "no-header.csv": RowProblem(
        1,
        "",
        "is not a header: none of its cells is the name of a column",
        f"start with {HEADER}",
    ),
    "columns-missing.csv": RowProblem(
        1,
        "",
        "the header lacks last_name, date_of_birth, starts_at",
        "add what is missing to the header",
    ),
    "column-twice.csv": RowProblem(
        1, "phone", "stands in the header twice", "keep one of the two columns"
    ),
    "header-quote-unclosed.csv": RowProblem(1, *BROKEN_QUOTES),
}


@pytest.mark.parametrize("name", UNUSABLE_FILES)
def test_a_file_that_cannot_be_used_gives_one_problem_and_nothing_else(name: str) -> None:
    assert example(name) == CsvResult(problems=(UNUSABLE_FILES[name],))


@pytest.mark.parametrize(
    ("raw", "what", "instead"),
    [
        pytest.param(b"", "is empty", EMPTY.instead, id="no bytes"),
        pytest.param(codecs.BOM_UTF8, "is empty", EMPTY.instead, id="only a mark"),
        pytest.param(
            b"x" * (MAX_BYTES + 1), "is larger than 20 MB", "split it into smaller files", id="size"
        ),
        pytest.param(
            b"PK\x03\x04rest", "is a spreadsheet workbook, not CSV", SAVE_AS, id="workbook"
        ),
        pytest.param(
            csv_file({"first_name": "A\0nn"}),
            "holds NUL bytes, so it is not plain text",
            SAVE_AS,
            id="NUL",
        ),
        pytest.param(
            HEADER.encode("utf-16-le"),
            "holds NUL bytes, so it is not plain text",
            SAVE_AS,
            id="UTF-16 without its mark",
        ),
        pytest.param(
            codecs.BOM_UTF16_LE + b"abc",
            "is in an encoding that can't be read",
            SAVE_AS,
            id="half a UTF-16 character",
        ),
        pytest.param(
            csv_file({}) + b"\x81\x8d", "is in an encoding that can't be read", SAVE_AS, id="noise"
        ),
    ],
)
def test_bytes_that_are_not_text_are_refused_as_a_whole(
    raw: bytes, what: str, instead: str
) -> None:
    assert read(raw) == CsvResult(problems=(RowProblem(0, "", what, instead),))


def test_a_file_of_exactly_the_largest_size_is_read() -> None:
    raw = csv_file({})
    assert len(read(raw + b"\n" * (MAX_BYTES - len(raw))).rows) == 1


def test_a_header_with_several_mistakes_tells_all_of_them() -> None:
    result = read(b"external id,clinic,phone,language,Clinic,PHONE,starts-at\n")
    assert [(problem.row, problem.column, problem.what) for problem in result.problems] == [
        (
            1,
            "",
            "the header lacks first_name, last_name, date_of_birth, procedure",
        ),
        (1, "clinic", "stands in the header twice"),
        (1, "phone", "stands in the header twice"),
    ]


@pytest.mark.parametrize(
    ("name", "problem", "good_rows"),
    [
        ("quote-unclosed.csv", RowProblem(3, *BROKEN_QUOTES), [2, 4, 5]),
        ("text-after-quote.csv", RowProblem(2, *BROKEN_QUOTES), [3]),
        (
            "cells-too-many.csv",
            RowProblem(
                2,
                "",
                "has 14 cells where the header has 13",
                "put a value that holds commas in quotation marks",
            ),
            [3],
        ),
        (
            "cells-too-few.csv",
            RowProblem(
                2,
                "",
                "has 12 cells where the header has 13",
                "keep the place of an empty cell, or the cells after it slip to the left",
            ),
            [3],
        ),
    ],
)
def test_a_row_that_cannot_be_split_costs_no_other_row(
    name: str, problem: RowProblem, good_rows: list[int]
) -> None:
    result = example(name)
    assert result.problems == (problem,)
    assert [row.row for row in result.rows] == good_rows


@pytest.mark.parametrize("column", ["last_name", "remarks"])
def test_two_stray_quotation_marks_never_join_two_patients(column: str) -> None:
    """The cells of both rows together are as many as the header's, so counting would not tell."""
    columns = (*COLUMNS, "remarks")
    plain = csv_file({"remarks": "OPEN"}, {"remarks": "SHUT"}, {}, columns=columns).decode()
    if column == "last_name":
        plain = plain.replace(GOOD["last_name"], "OPEN", 1).replace(GOOD["last_name"], "SHUT", 1)
    raw = plain.replace("OPEN", '"open').replace("SHUT", 'shut"').encode()
    result = read(raw)
    assert result.problems == (RowProblem(2, *BROKEN_QUOTES),)
    assert [row.row for row in result.rows] == [3, 4]
    assert result.rows[0].external_id == "A-1002"


def test_a_line_break_in_a_value_is_told_like_the_stray_quotation_mark_it_mostly_is() -> None:
    result = read(csv_file({"first_name": "Rosa\nlind"}, {}))
    what = "has 11 cells where the header has 13"
    assert result.problems[0] == RowProblem(2, *BROKEN_QUOTES)
    assert [(problem.row, problem.what) for problem in result.problems[1:]] == [(3, what)]
    assert [row.row for row in result.rows] == [4]


def test_a_remark_may_go_over_several_lines_and_counts_as_one_row() -> None:
    columns = ("remarks", *COLUMNS)
    result = read(csv_file({"remarks": "one,\r\ntwo,\nthree"}, {}, columns=columns))
    assert [row.row for row in result.rows] == [2, 3]
    assert result.problems == ()


def test_a_file_of_stray_quotation_marks_is_read_in_good_time() -> None:
    lines = 20_000
    started = time.process_time()
    result = read(HEADER.encode() + b"\n" + b'a",b,"c\n' * lines)
    assert len(result.problems) == lines
    assert time.process_time() - started < 10


def test_rows_beyond_the_limit_are_told_once() -> None:
    result = read(HEADER.encode() + b"\n" + b"x\n" * MAX_ROWS)
    assert len(result.problems) == MAX_ROWS
    assert result.problems[-1] == RowProblem(
        MAX_ROWS + 1,
        "",
        "was not read, nor what follows: one file may hold 100,000 rows",
        "put these rows into a file of their own",
    )


def test_a_day_of_ten_thousand_appointments_is_read_in_little_time_and_memory() -> None:
    raw = csv_file(*({} for _ in range(10_000)))
    started = time.process_time()
    assert len(read(raw).rows) == 10_000
    assert time.process_time() - started < 5
    peaks = [peak_memory(csv_file(*({} for _ in range(rows)))) for rows in (500, 2_000)]
    assert peaks[1] < 4.5 * peaks[0]
    assert peaks[1] < 4_000_000


def peak_memory(raw: bytes) -> int:
    tracemalloc.start()
    read(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_an_office_file_is_understood_and_says_what_was_guessed_and_left_out() -> None:
    result = example("office-semicolons.csv")
    assert [row.row for row in result.rows] == [2, 4]
    first, second = result.rows
    assert (first.first_name, first.last_name, first.language) == ("José; María", "Núñez", "es")
    assert (second.last_name, second.phone, second.language) == ("O'Hara", "+18285550174", "en")
    assert result.problems == ()
    assert result.notes == (
        RowNote(
            0, "", "is not UTF-8 and was read as Windows-1252: check the names that have accents"
        ),
        RowNote(1, "", "columns that are not used: Room"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_usual_way_to_save_a_file_gives_the_same_rows(
    encoding: str, delimiter: str, line_end: str
) -> None:
    plain = csv_file({"first_name": "Begoña"}, {}).decode()
    raw = plain.replace("\r\n", line_end).replace(",", delimiter).encode(encoding)
    result = read(raw)
    assert result.rows == read(plain.encode()).rows
    assert len(result.rows) == 2
    assert result.problems == ()


def test_utf_16_is_read_in_either_byte_order() -> None:
    plain = csv_file({})
    little = codecs.BOM_UTF16_LE + plain.decode().encode("utf-16-le")
    big = codecs.BOM_UTF16_BE + plain.decode().encode("utf-16-be")
    assert read(little) == read(big) == read(plain)


def test_blank_rows_are_skipped_and_counted() -> None:
    header, row = csv_file({}).decode().splitlines()
    result = read(f"\n{header}\n\n{',' * 12}\n  \n{row}\n\n".encode())
    assert [row.row for row in result.rows] == [6]
    assert result.problems == ()


def test_empty_cells_beyond_the_header_do_no_harm() -> None:
    header, row = csv_file({}).decode().splitlines()
    assert len(read(f"{header}\n{row},,\n".encode()).rows) == 1


def test_spaces_around_values_and_before_quotation_marks_do_no_harm() -> None:
    header, row = csv_file({}).decode().splitlines()
    spaced = row.replace(",", "  ,  ").replace(GOOD["last_name"], f'"{GOOD["last_name"]}, Jr"', 1)
    spaced = spaced.replace('Jr"  ,', 'Jr",')
    result = read(f"{header}\n{spaced}\n".encode())
    assert result.problems == ()
    assert result.rows[0].last_name == f"{GOOD['last_name']}, Jr"


def test_a_header_alone_is_noted() -> None:
    assert read(csv_file()) == CsvResult(
        notes=(RowNote(0, "", "has a header and no appointments"),)
    )


def test_many_unused_columns_are_told_in_one_short_note() -> None:
    extra = tuple(f"Column {number}" for number in range(200))
    (note,) = read(csv_file({}, columns=(*COLUMNS, *extra, ""))).notes
    assert (note.row, note.column) == (1, "")
    assert note.what.startswith("columns that are not used: Column 0, Column 1,")
    assert note.what.endswith(" [...]")
    assert len(note.what) < 240


def test_a_header_of_one_endless_word_is_refused_not_raised() -> None:
    assert read(b"x" * 200_000).problems == (RowProblem(1, *BROKEN_QUOTES),)

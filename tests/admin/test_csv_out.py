"""CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io

import pytest

from admin.csv_out import csv_response, harmless


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=cmd|' /C calc'!A0"]
)
def test_a_formula_becomes_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "1", "a=1", "pat@example.org", "2026-11-21"])
def test_other_cells_stay(cell: str) -> None:
    assert harmless(cell) == cell


def test_it_is_read_back_as_it_was() -> None:
    rows = [("a,b", 'say "hi"'), ("two\nlines", "José")]
    response = csv_response("x.csv", ("one", "two"), rows)
    text = response.get_data().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["one", "two"], *map(list, rows)]
    assert response.headers["Content-Disposition"] == 'attachment; filename="x.csv"'
    assert response.content_type == "text/csv; charset=utf-8"


def test_rows_are_taken_one_by_one() -> None:
    taken = 0

    def rows() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield ("x",)

    lines = csv_response("x.csv", ("one",), rows()).iter_encoded()  # type: ignore[arg-type] # endless
    for _ in range(4):
        next(iter(lines))
    assert taken == 2

"""CSV for spreadsheets, sent while it is read from the database."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from flask import Response

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_response(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A download called `name`. `rows` are taken one after the other while it is sent; they must
    not hold a transaction open between two of them."""
    response = Response(_lines(heads, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "\ufeff"  # without it Excel takes UTF-8 for something else
    yield _line(heads)
    for row in rows:
        yield _line(row)


def _line(row: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell

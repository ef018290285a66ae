"""The results as a table to read and as JSON to keep, with what is known of the machine."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import sqlite3
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.measure import Figure

_PACKAGES: Final = (
    "flask", "msgspec", "psycopg", "sqlalchemy", "twilio", "werkzeug"
)  # fmt: skip
_HEADINGS: Final = ("lane", "figure", "unit", "min", "median", "max", "target", "met")
_LEFT_ALIGNED: Final = 3


def machine(now: dt.datetime) -> dict[str, Any]:
    """What the figures depend on: the machine, how busy it is, and what runs on it."""
    return {
        "date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load_1_minute": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _PACKAGES},
    }


def table(figures: Sequence[Figure]) -> str:
    """The figures in aligned columns, and their notes beneath."""
    rows = [_HEADINGS, *map(_cells, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < _LEFT_ALIGNED else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    notes = dict.fromkeys(
        f"{figure.name.partition(':')[0]}: {figure.note}" for figure in figures if figure.note
    )
    return "\n".join([*lines, *notes])


def _cells(figure: Figure) -> tuple[str, ...]:
    target = figure.target
    wanted = f"{target.limit} {_short(target.value)}" if target else ""
    met = {True: "yes", False: "NO", None: ""}[figure.is_met]
    if not figure.rounds:
        return (figure.lane, figure.name, figure.unit, "-", "not measured", "-", wanted, "")
    low, high = min(figure.rounds), max(figure.rounds)
    values = map(_short, (low, figure.median, high))
    return (figure.lane, figure.name, figure.unit, *values, wanted, met)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def write_json(
    folder: Path, figures: Sequence[Figure], facts: dict[str, Any], *, quick: bool
) -> Path:
    """Write all rounds of all figures to a new file named after the time; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{facts['date'].replace(':', '')}.json"
    content = {
        "machine": facts,
        "quick": quick,
        "figures": [_as_json(figure) for figure in figures],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _as_json(figure: Figure) -> dict[str, Any]:
    rounds, target = figure.rounds, figure.target
    return {
        "lane": figure.lane,
        "name": figure.name,
        "unit": figure.unit,
        "rounds": list(rounds),
        "min": min(rounds, default=None),
        "median": figure.median if rounds else None,
        "max": max(rounds, default=None),
        "target": {target.limit.name.lower(): target.value} if target else None,
        "met": figure.is_met,
        "note": figure.note,
    }

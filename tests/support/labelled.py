"""Labelled messages under tests/data, one a line with tabs between the fields."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parent.parent / "data"


def labelled(name: str) -> list[list[str]]:
    """The fields of every line of tests/data/`name`; the message is the last field."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line]

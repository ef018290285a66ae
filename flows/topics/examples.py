"""The messages that topics are learnt from: examples/*.tsv, which a nurse can read and extend.

A line has three fields with tabs between: the label, the family and the message. The label is a
topic, a node of the content where patients must not get the topic's usual answer
(`problem.ate`), `unknown`, or two labels with `+` between for two questions in one. A family is a
group of messages that say much the same; what is learnt is tried out on families that were left
out, never on siblings of what was learnt from. The file's name begins with the language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

EXAMPLES: Final = Path(__file__).parent / "examples"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Example:
    """One message; `labels` are what it asks for, one or two."""

    language: str
    labels: tuple[str, ...]
    family: str
    text: str


def read_examples(folder: Path = EXAMPLES) -> list[Example]:
    """Every example of a folder, in the order of files and lines.

    Raises `ValueError` that names the file and line of one without three fields.
    """
    return [
        _example(path, number, line)
        for path in sorted(folder.glob("*.tsv"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    ]


def _example(path: Path, number: int, line: str) -> Example:
    fields = line.split("\t")
    if len(fields) != 3 or not all(fields):
        raise ValueError(f"{path.name}, line {number}: write label, family and message, with tabs.")
    label, family, text = fields
    return Example(path.name[:2], tuple(label.split("+")), family, text)


def families(examples: Iterable[Example]) -> list[str]:
    """The names of the families, sorted, the language before each."""
    return sorted({f"{example.language}:{example.family}" for example in examples})

"""YAML is read the same by the quick loader and by the one whose errors people are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import yaml_text
from tests.support.processes import ROOT
from yaml_text import load_yaml, one_line

FILES = sorted(
    path
    for folder in ("clinics", "cli", "flows/content", "tests/data")
    for path in (ROOT / folder).rglob("*.yaml")
)


def read(text: str) -> object:
    """What a text says, or what is wrong with it."""
    try:
        return load_yaml(text)
    except yaml.YAMLError as error:
        return one_line(error)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_both_loaders_read_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text(encoding="utf-8")
    quickly = read(text)
    monkeypatch.setattr(yaml_text, "_QUICK", yaml_text._CLEAR)
    assert read(text) == quickly


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: b: c", "line 1: mapping values are not allowed here"),
        ("a: [1", "line 1: expected ',' or ']', but got '<stream end>', while parsing a flow"),
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' is written twice"),
        ("1: {2: [x]}\n? [y]\n: z", "before a ':' stands something other than a name"),
    ],
)
def test_a_mistake_is_told_in_the_same_words_everywhere(text: str, told: str) -> None:
    assert told in str(read(text))

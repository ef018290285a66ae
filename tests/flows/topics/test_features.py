"""Concepts: every file is read, a thing that no example need name is known for what it is."""

from __future__ import annotations

import re

import msgspec
import pytest

from flows.lexicon import expand_all
from flows.text import fold, words
from flows.topics.features import CONCEPTS, Reader, topic_phrases

_KEY = re.compile(r"^([A-Z_]+): ", re.MULTILINE)
_PHRASE = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_FILES = sorted(CONCEPTS.glob("*.yaml"))


def _concepts(text: str) -> set[str]:
    reader = Reader((), topic_phrases())
    said = [reader.word(word) for word in words(text)]
    return {name[2:] for name in reader.between(said) if name.startswith("c:")}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("can I have cantaloupe", "FOOD"),
        ("puedo cenar pupusas", "FOOD"),
        ("un buchito de agua de jamaica", "BEVERAGE"),
        ("is Lixiana one of those", "THINNER"),
        ("tomo nolotil", "NSAID"),
        ("when can I play pickleball", "HOBBY"),
        ("cuándo puedo trapear", "CHORES"),
        ("can I mop the floor", "CHORES"),
        ("may I wear my housecoat", "GARMENT"),
        ("dejo mi andadera", "MOBILITY_AID"),
        ("me voy en remís", "RIDE"),
        ("the 14th at 9:30", "DATE"),
        ("a las 9 y media", "CLOCK"),
        ("tengo varicela", "ILL"),
    ],
)
def test_a_thing_is_known_for_what_it_is(text: str, concept: str) -> None:
    assert concept in _concepts(text)


def test_a_concept_stands_in_one_file() -> None:
    names = [name for path in _FILES for name in _KEY.findall(path.read_text(encoding="utf-8"))]
    assert len(names) > 50
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [path.stem for path in _FILES])
def test_phrases_are_plain_words(name: str) -> None:
    text = (CONCEPTS / f"{name}.yaml").read_text(encoding="utf-8")
    for concept, phrases in msgspec.yaml.decode(text, type=dict[str, str]).items():
        for phrase in filter(None, expand_all(fold(phrases))):
            assert _PHRASE.fullmatch(phrase), f"{concept}: {phrase}"

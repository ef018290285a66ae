"""Every clinical fact is told, in both languages, within three texts of a first hello."""

from pathlib import Path

import pytest

from flows.library import default_library
from tests.support.scenarios import FOLDER, load, name_of
from tests.support.scenarios_by_engine import EngineTalk

FACTS = [f"F{number:02d}" for number in range(1, 38)]
FILES = [FOLDER / "facts" / f"{fact}.{language}.txt" for fact in FACTS for language in ("en", "es")]
MOST_TEXTS = 3


def test_every_fact_has_a_scenario_in_both_languages() -> None:
    assert sorted((FOLDER / "facts").iterdir()) == FILES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_answer_names_the_fact_as_its_source(path: Path) -> None:
    turns = EngineTalk(load(path)).hold()
    node = default_library().nodes[turns[MOST_TEXTS - 1].session.said]
    assert path.name[:3] in getattr(node, "source", ())


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_route_is_a_hello_and_keys(path: Path) -> None:
    hello, *keys = load(path).texts
    assert hello.body == {"en": "hi", "es": "hola"}[path.stem[-2:]]
    assert all(len(text.body) == 1 for text in keys)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_answer_is_checked_for_words_of_the_fact(path: Path) -> None:
    answer = load(path).texts[MOST_TEXTS - 1]
    assert any(line.word == "<" for line in answer.expected)

"""Concepts and patterns over small lexicons of their own, and the work on long texts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.lexicon import Lexicon, Pattern, expand
from flows.optout import plain_language_opt_out
from flows.text import marked_words
from flows.triage import find_flag

BUSY = settings(deadline=None)  # a busy machine is not a fault

LEXICON = Lexicon(
    {
        "LEG": "leg(s|), pierna(s|)",
        "NUMB": "numb, fell asleep",
        "CANT": "cant, not able to",
        "MOVE": "move",
        "IGNORE": "leg of (the|our) trip",
        "BREATHE": "breathe",
    },
    fillers="really",
    forgiving={"BREATHE", "LEG"},
    ordinary="breather",
    spellings={"nmb": "numb"},
)


def units(text: str, pattern: str) -> list[tuple[int, ...]]:
    """Where `pattern` matches `text`."""
    return list(Pattern.parse(pattern).matches(LEXICON.read(marked_words(text))))


def test_brackets_stand_for_every_choice() -> None:
    assert set(expand("a(b|c|) d")) == {"ab d", "ac d", "a d"}
    assert set(expand("(x|y(1|2))")) == {"x", "y1", "y2"}
    assert list(expand("plain words")) == ["plain words"]


def test_the_longest_phrase_wins_and_fillers_are_skipped() -> None:
    reading = LEXICON.read(marked_words("the last leg of our trip really fell asleep"))
    assert reading.words == ["the", "last", "leg of our trip", "fell asleep"]
    assert [set(concepts) for concepts in reading.concepts] == [set(), set(), {"IGNORE"}, {"NUMB"}]
    assert reading.places == {"IGNORE": [2], "NUMB": [3]}
    assert reading.has("NUMB", 2, 4)
    assert not reading.has("NUMB", 0, 3)
    assert not reading.has("LEG", 0, 4)


def test_slips_and_known_wrong_spellings_are_put_right() -> None:
    reading = LEXICON.read(marked_words("brethe breather nmb legg"))
    assert reading.words == ["brethe", "breather", "nmb", "legg"]
    assert reading.places == {"BREATHE": [0], "NUMB": [2]}


@pytest.mark.parametrize(
    ("text", "pattern", "found"),
    [
        ("my legs are numb", "LEG NUMB", [(1, 3)]),
        ("numb legs", "LEG NUMB", [(0, 1)]),
        ("legs a b c d e f numb", "LEG NUMB", []),
        ("legs a b c d e f numb", "LEG NUMB ~6", [(0, 7)]),
        ("legs. numb", "LEG NUMB", []),
        ("legs, numb", "LEG NUMB", [(0, 2)]),
        ("cant move", "CANT+MOVE", [(0, 1)]),
        ("cant a b move", "CANT+MOVE", [(0, 3)]),
        ("cant a b c move", "CANT+MOVE", []),
        ("cant, move", "CANT+MOVE", []),
        ("move cant", "CANT+MOVE", []),
        ("cant a move", "CANT>MOVE", []),
        ("cant move", "CANT>MOVE", [(0, 1)]),
        ("cant move my leg", "CANT+MOVE LEG", [(0, 1, 3)]),
        ("leg: cant move", "CANT+MOVE LEG", [(0, 2, 3)]),
        ("cant breathe", "CANT+MOVE|BREATHE", [(0, 1)]),
        ("numb", "LEG|NUMB", [(0,)]),
        ("nothing here", "LEG NUMB", []),
    ],
)
def test_patterns(text: str, pattern: str, found: list[tuple[int, ...]]) -> None:
    assert units(text, pattern) == found


def test_a_pattern_may_use_names_for_alternatives() -> None:
    pattern = Pattern.parse("CANT+VERB", {"VERB": "MOVE|BREATHE"})
    assert pattern.concepts == {"CANT", "MOVE", "BREATHE"}
    assert pattern.key == {"CANT"}


SOUP = st.lists(
    st.sampled_from([*"no cant my legs chest numb if will what . , ? and but i pain pee".split()]),
    max_size=40,
).map(" ".join)


@BUSY
@given(st.one_of(SOUP, st.text(max_size=200)), st.one_of(st.none(), SOUP))
def test_any_text_gets_an_answer_and_always_the_same(text: str, previous: str | None) -> None:
    assert find_flag(text, previous) == find_flag(text, previous)
    assert plain_language_opt_out(text) is plain_language_opt_out(text)


@pytest.mark.parametrize(
    "piece",
    [
        *("leg numb ", "no , ", "cant i my leg if ", "chest ", "if ", "i dont have chest pain "),
        *("will my chest pain ", "xqzwv brqath ", "stop my texts if ", "pee nothing cant "),
        *("a", "😢", "no more texts, "),
    ],
)
def test_the_longest_text_of_any_kind_takes_little_time(piece: str) -> None:
    """Measured at 10 ms and less; the bound leaves room for a busy machine, not for a square."""
    text = (piece * 1600)[:1600]
    started = time.thread_time()
    find_flag(text, text)
    plain_language_opt_out(text)
    assert time.thread_time() - started < 0.5

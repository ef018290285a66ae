"""From what a patient wrote to keys and options: the rules, and that they never surprise."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.matching import PhraseIndex, pressed_keys
from flows.text import words

BUSY = settings(deadline=None)  # a busy machine is not a fault

KEYS = "0123456789"
SMALL = st.text("abé ñ'o", min_size=1, max_size=12)
PHRASES = st.lists(st.tuples(SMALL, st.sampled_from(["x.a", "x.b", "x.c"])), max_size=8)
INDEX = PhraseIndex(
    [
        ("Blood thinners", "prep.thinners"),
        ("blood", "prep.blood"),
        ("aspirin", "prep.thinners"),
        ("medicine", "prep.medicines"),
        ("medicines", "prep.medicines"),
        ("shower", "recovery.bath"),
        ("shoulder", "other.shoulder"),
        ("tower", "other.tower"),
        ("mañana", "other.morning"),
        ("can't come", "other.change"),
        ("eat", "prep.fasting"),
    ]
)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("1", "1"),
        (" 1 ", "1"),
        ("1.", "1"),
        ("#1", "1"),
        ("(1)", "1"),
        ("one", "1"),
        ("One, please!", "1"),
        ("option 1", "1"),
        ("Opción 2", "2"),
        ("el número tres, gracias", "3"),
        ("la segunda", "2"),
        ("press zero", "0"),
        ("1️⃣", "1"),
        ("１", "1"),
        ("*", "*"),
        ("#", "#"),
        ("*️⃣", "*"),
        ("1 or 2", "12"),
        ("1 o 2", "12"),
        ("2 and 1", "21"),
        ("1/2", "12"),
        ("1 1", "1"),
        ("10", ""),
        ("1 or 10", ""),
        ("1st", ""),
        ("1a", ""),
        ("100 1", ""),
        ("828-436-5500", ""),
        ("10:30", ""),
        ("I have 2 questions", ""),
        ("please", ""),
        ("y", ""),
        ("", ""),
        ("**", ""),
        ("١", ""),  # Arabic-Indic one
        ("፩", ""),  # Ethiopic one, a digit that is no decimal
    ],
)
def test_keys_that_a_text_consists_of(text: str, keys: str) -> None:
    assert pressed_keys(text) == tuple(keys)


@BUSY
@given(st.text(max_size=30), st.integers(min_value=10), st.text(max_size=30))
@example("", 10, "\u20e3")
@example("1 or ", 12, "")
def test_no_key_is_taken_from_a_longer_number(before: str, number: int, after: str) -> None:
    assert pressed_keys(f"{before}{number}{after}") == ()


@BUSY
@given(st.text(max_size=1600))
def test_only_keys_are_found(text: str) -> None:
    found = pressed_keys(text)
    assert set(found) <= set(KEYS) | {"*", "#"}
    assert len(set(found)) == len(found)


@BUSY
@given(
    st.sampled_from(KEYS),
    st.lists(st.sampled_from(["option", "please", "número", "the", "gracias", "OK"]), max_size=4),
    st.lists(st.sampled_from(["thanks", "por favor", "."]), max_size=3),
)
def test_politeness_changes_no_key(key: str, before: list[str], after: list[str]) -> None:
    assert pressed_keys(" ".join([*before, key, *after])) == (key,)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Blood thinners?", ["prep.thinners"]),
        ("are blood thinners bad for my blood", ["prep.thinners", "prep.blood"]),
        ("my blood", ["prep.blood"]),
        ("I CAN’T COME", ["other.change"]),
        ("manana", ["other.morning"]),
        ("what a great heater", []),  # "eat" lies inside words only
        ("eot", []),  # too short to guess
        ("shower please", ["recovery.bath"]),
        ("", []),
    ],
)
def test_phrases_in_a_text(text: str, found: list[str]) -> None:
    assert list(INDEX.inside(words(text))) == found


def test_the_tail_of_a_very_long_text_is_not_read() -> None:
    assert INDEX.inside(["word"] * 70 + ["aspirin"]) == ()
    assert INDEX.inside(["word"] * 50 + ["aspirin"]) == ("prep.thinners",)


@BUSY
@given(PHRASES, st.text(max_size=1600))
def test_finding_never_fails_and_invents_nothing(phrases: list[tuple[str, str]], text: str) -> None:
    index = PhraseIndex(phrases)
    said = words(text)
    for found in (index.exact(said), index.inside(said)):
        assert set(found) <= {meaning for _, meaning in phrases}
        assert len(set(found)) == len(found)
    assert index.inside(said) == index.inside(said) == PhraseIndex(phrases).inside(said)


@BUSY
@given(PHRASES, SMALL)
def test_order_of_the_content_changes_nothing(phrases: list[tuple[str, str]], text: str) -> None:
    said = words(text)
    expected = set(PhraseIndex(phrases).inside(said))
    for other in itertools.islice(itertools.permutations(phrases), 6):
        assert set(PhraseIndex(other).inside(said)) == expected


@BUSY
@given(PHRASES.filter(bool), st.data())
def test_a_phrase_as_the_whole_text_means_just_what_it_says(
    phrases: list[tuple[str, str]], data: st.DataObject
) -> None:
    phrase, meaning = data.draw(st.sampled_from(phrases))
    index = PhraseIndex(phrases)
    said = words(phrase.upper())
    if said:
        assert meaning in index.exact(said)
        assert index.inside(said) == index.exact(said)

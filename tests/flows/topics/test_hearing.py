"""What speech recognition makes of names and hesitations, put right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.text import words
from flows.topics.hearing import SAYS_NOTHING, Ear, sound

KNOWN = frozenset("do i take my when can the what about is a to plan".split())
EAR = Ear(("coumadin", "eliquis", "metformin", "vertebroplasty", "lantus"), KNOWN.__contains__)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("do i take my coo ma din", "do i take my coumadin"),
        ("what about el a quiz", "what about eliquis"),
        ("when can i take my met foreman", "when can i take my metformin"),
        ("verte bro plasty", "vertebroplasty"),
        ("vertibroplastie", "vertebroplasty"),
        ("is my land us", "is my lantus"),
    ],
)
def test_a_name_in_pieces_is_put_together(heard: str, meant: str) -> None:
    assert EAR.hear(words(heard)) == meant.split()


@pytest.mark.parametrize(
    "text",
    ["what about the lake", "do i plan to", "is it quiz", "coo", "", "5 10", "i a to"],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert EAR.hear(words(text)) == words(text)


def test_words_that_are_known_are_never_taken_for_a_name() -> None:
    everything = Ear(("coumadin",), lambda _: True)
    assert everything.hear(["coo", "ma", "din"]) == ["coo", "ma", "din"]


def test_hesitations_are_left_out_unless_there_is_nothing_else() -> None:
    assert EAR.hear(["um", "can", "uh", "i"]) == ["can", "i"]
    assert EAR.hear(["uh"]) == ["uh"]
    assert {"um", "uh", "pues"} <= SAYS_NOTHING


@pytest.mark.parametrize(("one", "other"), [("llego", "yego"), ("hace", "ase"), ("vaca", "baka")])
def test_words_that_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcdeilmnoqtuz", min_size=1, max_size=12), max_size=12))
def test_hearing_never_adds_words(said: list[str]) -> None:
    assert len(EAR.hear(said)) <= len(said)

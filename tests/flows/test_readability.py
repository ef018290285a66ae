"""The reading grade: what raises it, what does not, and how it places known texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.readability import grade

BUSY = settings(deadline=None)  # a busy machine is not a fault

EASY = "Please do not eat. You may call us. We are glad to help you."
HARD = (
    "Subsequent to radiological confirmation, multidisciplinary consultation determines the "
    "appropriateness of percutaneous augmentation."
)


def test_easy_and_hard_texts_lie_on_either_side_of_the_limit() -> None:
    assert grade(EASY) < 3
    assert grade(HARD) > 15


@pytest.mark.parametrize(
    "text", ["", "1 2 3", "?", "Which one do you mean?", "Treatments.", HARD[:40]]
)
def test_a_few_words_have_no_grade(text: str) -> None:
    assert grade(text) == 0


def test_the_formula() -> None:
    """Ten words of one syllable in two sentences: 0.39 * 5 + 11.8 * 1 - 15.59."""
    assert grade("The cat sat on it. The dog sat on it.") == pytest.approx(-1.84)


def test_shorter_sentences_are_easier() -> None:
    long = "We look at the scan and then we talk with you and then you go home to rest."
    short = "We look at the scan. Then we talk with you. Then you go home to rest now."
    assert grade(short) < grade(long)


def test_longer_words_are_harder() -> None:
    assert grade("Tell us what you take. Tell us what hurts.") < grade(
        "Inform personnel of medications. Inform personnel of discomfort now."
    )


def test_names_that_patients_must_meet_count_as_easy_words() -> None:
    named = "In kyphoplasty we fill the bone. In kyphoplasty you rest."
    plain = "In that care we fill the bone. In that care you rest."
    assert grade(named) < 6
    assert abs(grade(named) - grade(plain)) < 3


def test_a_placeholder_counts_as_one_short_word() -> None:
    assert grade("Call us at {phone} if you can. We will help.") == grade(
        "Call us at it if you can. We will help."
    )


@pytest.mark.parametrize("mark", [".", "!", "?", ":", ";", "\n"])
def test_every_sentence_end_counts(mark: str) -> None:
    assert grade(f"The cat sat on it{mark} The dog sat on it{mark}") == pytest.approx(-1.84)


@BUSY
@given(st.text(max_size=400))
def test_any_text_has_a_grade(text: str) -> None:
    assert isinstance(grade(text), float)
    assert grade(text) == grade(text)

"""Normalisation: what differs only in typing becomes equal, and nothing explodes."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.text import SOFT, STRONG, clauses, marked_words, normalise, within_one_typo, words

BUSY = settings(deadline=None)  # a busy machine is not a fault
LETTERS = st.text(string.ascii_lowercase[:6], max_size=8)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Can't BREATHE", "cant breathe"),
        ("can’t breathe", "cant breathe"),
        ("can´t breathe", "cant breathe"),
        ("¿Cuándo dejo de comer?", "cuando dejo de comer"),
        ("MAÑANA en el baño", "manana en el bano"),
        ("sooooo baaaad", "soo baad"),
        ("call 5550000", "call 5550000"),
        ("help 😢😢 me", "help me"),
        ("1️⃣", "1"),
        ("st\u200bop", "stop"),
        ("  x-ray /\tMRI_scan ", "x ray mri scan"),
        ("ﬁrst ½", "first 1 2"),
        ("", ""),
        ("?!…", ""),
    ],
)
def test_normalise_folds_case_accents_apostrophes_and_punctuation(text: str, normal: str) -> None:
    assert normalise(text) == normal
    assert words(text) == normal.split()


def test_pauses_and_sentence_ends_are_told_apart() -> None:
    assert marked_words("no pain, but 100.4 fever!") == [
        *("no", "pain", SOFT, "but", "100.4", "fever", STRONG)
    ]
    assert marked_words("wait... my leg - numb\nhelp 😢") == [
        *("wait", SOFT, "my", "leg", SOFT, "numb", SOFT, "help", SOFT)
    ]
    assert marked_words("well-known dr. smith") == ["well", "known", "dr", STRONG, "smith"]


def test_an_accented_si_is_a_yes_and_pauses_while_a_plain_one_may_be_if() -> None:
    assert marked_words("Sí no puedo") == ["si", SOFT, "no", "puedo"]
    assert marked_words("si no puedo así") == ["si", "no", "puedo", "asi"]


def test_clauses_end_where_a_new_thought_may_begin() -> None:
    assert clauses("No chest pain, but I can't breathe! and my leg is numb") == [
        *("no chest pain", "i cant breathe", "my leg is numb")
    ]
    assert clauses("No tengo fiebre pero me duele; ¿qué hago?") == [
        *("no tengo fiebre", "me duele", "que hago")
    ]
    assert clauses(" ... ") == []


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("menu", "menu", True),
        ("menu", "meun", True),
        ("menu", "men", True),
        ("menu", "mmenu", True),
        ("menu", "manu", True),
        ("menu", "nemu", False),
        ("menu", "me", False),
        ("menu", "mneuu", False),
        ("", "a", True),
        ("", "ab", False),
    ],
)
def test_one_slip_is_an_edit_or_two_neighbours_swapped(a: str, b: str, near: bool) -> None:
    assert within_one_typo(a, b) is near


def _one_slip_away(word: str) -> set[str]:
    """Every word one slip from `word`, made the slow and obvious way."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    missing = {left + right[1:] for left, right in cuts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    wrong = {left + c + right[1:] for left, right in cuts if right for c in "abcdef"}
    added = {left + c + right for left, right in cuts for c in "abcdef"}
    return missing | swapped | wrong | added | {word}


@BUSY
@given(LETTERS, LETTERS)
def test_one_slip_agrees_with_making_every_slip(a: str, b: str) -> None:
    assert within_one_typo(a, b) is (b in _one_slip_away(a))
    assert within_one_typo(a, b) is within_one_typo(b, a)


@BUSY
@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_and_words_hold_no_blank(text: str) -> None:
    normal = normalise(text)
    assert normalise(normal) == normal
    assert all(word and not word.isspace() for word in words(text))


@BUSY
@given(st.text(alphabet="aAáñ1.,!? '\n", max_size=60))
def test_clauses_and_marks_keep_every_word_in_order(text: str) -> None:
    kept = [word for word in marked_words(text) if word not in (STRONG, SOFT)]
    assert normalise(" ".join(kept)) == normalise(text)
    assert all(clause for clause in clauses(text))
